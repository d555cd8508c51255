package api

import (
	"net/http"

	"easel/shared/job"
	"easel/shared/read"
)

func (s *Server) createBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	return s.submitBatch(w, r, c, "")
}

func (s *Server) appendBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	return s.submitBatch(w, r, c, r.PathValue("id"))
}

// submitBatch takes many jobs, or says what would become of them. Once the core has recorded them no error may come back.
func (s *Server) submitBatch(w http.ResponseWriter, r *http.Request, c job.Caller, id string) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	d, err := s.draft(w, r, id)
	if err != nil {
		return err
	}
	d.batch.Key = key
	if d.dry {
		plan, err := s.Submitter.PlanBatch(r.Context(), c, d.batch)
		if err != nil {
			return d.worded(err)
		}
		out := showPlan(plan)
		out.BatchID = plan.Batch.ID
		return answer(w, http.StatusOK, out)
	}
	plan, err := s.Submitter.SubmitBatch(r.Context(), c, d.batch)
	if err != nil {
		return d.worded(err)
	}
	out := s.shownBatch(r, plan.Batch, plan.Counters)
	out.Order = showPlan(plan)
	w.Header().Set("Location", out.URLs.Self)
	if !job.BatchStatus(out.Status).Ended() {
		w.Header().Set("Retry-After", seconds(soon(plan.Time, out.EndsAt)))
	}
	return answer(w, changedStatus(plan.Created || plan.Added+plan.Restarted > 0), out)
}

// changedStatus is that of a request for jobs: 202 says that it has made or begun some, 200 that all was there.
func changedStatus(changed bool) int {
	if changed {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// shownBatch is a batch after a change.
func (s *Server) shownBatch(r *http.Request, b job.Batch, c job.Counters) Batch {
	return showBatch(s.Reader.ShowBatch(r.Context(), b, c), s.base().of(r))
}

func (s *Server) getBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	d, err := s.patience(w, r)
	if err != nil {
		return err
	}
	shown, err := s.Reader.WaitBatch(r.Context(), c, r.PathValue("id"), d)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showBatch(shown, s.base().of(r)))
}

func (s *Server) listBatches(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	q := asked(r)
	limit, fields := q.limit()
	if err := refuse(fields); err != nil {
		return err
	}
	page, err := s.Reader.Batches(r.Context(), c, read.BatchFilter{
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
		out.Data = append(out.Data, showBatch(shown, s.base().of(r)))
	}
	return answer(w, http.StatusOK, out)
}

func (s *Server) sealBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, counters, err := s.Submitter.Seal(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, s.shownBatch(r, b, counters))
}

func (s *Server) cancelBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, counters, err := s.Submitter.CancelBatch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, s.shownBatch(r, b, counters))
}

func (s *Server) deleteBatch(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, counters, err := s.Submitter.DeleteBatch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, s.shownBatch(r, b, counters))
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
	plan, n, more, err := s.Submitter.RetryBatch(r.Context(), c, r.PathValue("id"), which)
	if err != nil {
		return err
	}
	return answer(w, changedStatus(n > 0), retriedBatch{s.shownBatch(r, plan.Batch, plan.Counters), n, more})
}
