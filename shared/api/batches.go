package api

import (
	"net/http"

	"easel/shared/job"
)

func (s *Server) createBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	return s.order(w, r, c, "")
}

func (s *Server) appendBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	return s.order(w, r, c, r.PathValue("id"))
}

// order takes many jobs, or says what would become of them. Once the core has recorded them no error may come back.
func (s *Server) order(w http.ResponseWriter, r *http.Request, c job.Caller, id string) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	d, err := s.draft(w, r, id)
	if err != nil {
		return err
	}
	d.order.Key = key
	if d.dry {
		plan, err := s.Submitter.Plan(r.Context(), c, d.order)
		if err != nil {
			return d.worded(err)
		}
		out := showPlan(plan)
		out.BatchID = plan.Batch.ID
		return answer(w, http.StatusOK, out)
	}
	plan, err := s.Submitter.Order(r.Context(), c, d.order)
	if err != nil {
		return d.worded(err)
	}
	out := s.shownBatch(r, plan.Batch)
	out.Order = showPlan(plan)
	w.Header().Set("Location", out.URLs.Self)
	if out.CompletedAt == nil {
		w.Header().Set("Retry-After", seconds(soon(plan.Time, out.EndsAt)))
	}
	if plan.Created || plan.Added+plan.Restarted > 0 {
		return answer(w, http.StatusAccepted, out)
	}
	return answer(w, http.StatusOK, out)
}

// shownBatch is a batch after a change. Where its jobs cannot be counted it is shown without: the change has happened,
// and an error would deny it.
func (s *Server) shownBatch(r *http.Request, b job.Batch) Batch {
	shown, err := s.Reader.ShowBatch(r.Context(), b)
	if err != nil {
		shown = uncounted(b)
	}
	return showBatch(shown, s.base(r))
}

func (s *Server) getBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	shown, err := s.Reader.Batch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showBatch(shown, s.base(r)))
}

func (s *Server) listBatches(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	q := asked(r)
	limit, fields := q.limit()
	if err := refuse(fields); err != nil {
		return err
	}
	page, err := s.Reader.Batches(r.Context(), c, job.BatchFilter{
		Owner: q.values.Get("owner"), Cursor: q.values.Get("cursor"), Limit: limit,
	})
	if err != nil {
		return parametric(r, err)
	}
	out := BatchList{Data: []Batch{}, HasMore: page.Next != ""}
	if out.HasMore {
		out.NextCursor = &page.Next
	}
	for _, shown := range page.Batches {
		out.Data = append(out.Data, showBatch(shown, s.base(r)))
	}
	return answer(w, http.StatusOK, out)
}

func (s *Server) sealBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, err := s.Submitter.Seal(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, s.shownBatch(r, b))
}

func (s *Server) cancelBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, err := s.Submitter.CancelBatch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, s.shownBatch(r, b))
}

func (s *Server) deleteBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, err := s.Submitter.DeleteBatch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, s.shownBatch(r, b))
}

// retriedBatch tells of a retry also that nothing was retried.
type retriedBatch struct {
	Batch
	Retried int  `json:"retried"`
	HasMore bool `json:"has_more"`
}

func (s *Server) retryBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	which, err := s.choice(w, r)
	if err != nil {
		return err
	}
	b, n, more, err := s.Submitter.RetryBatch(r.Context(), c, r.PathValue("id"), which)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if n > 0 {
		status = http.StatusAccepted
	}
	return answer(w, status, retriedBatch{s.shownBatch(r, b), n, more})
}
