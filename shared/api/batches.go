package api

import (
	"net/http"

	"easel/shared/job"
	"easel/shared/read"
)

// batchRoutes are the routes of batches.
type batchRoutes struct{ endpoint }

func (t *batchRoutes) routes() []route {
	list := []route{
		{method: http.MethodGet, path: "/batches", handle: t.list, takes: []string{"owner", "limit", "cursor"}},
		{method: http.MethodGet, path: "/batches/{id}", handle: t.get, takes: []string{"wait"}},
	}
	if t.submitter == nil {
		return list
	}
	return append(list,
		route{method: http.MethodPost, path: "/batches", handle: t.create, takes: orderable, body: true},
		route{method: http.MethodPost, path: "/batches/{id}/jobs", handle: t.append, takes: orderable, body: true},
		route{method: http.MethodPost, path: "/batches/{id}/seal", handle: t.seal},
		route{method: http.MethodPost, path: "/batches/{id}/cancel", handle: t.cancel},
		route{method: http.MethodPost, path: "/batches/{id}/retry", handle: t.retry, takes: filters, body: true},
		route{method: http.MethodDelete, path: "/batches/{id}", handle: t.remove},
	)
}

func (t *batchRoutes) create(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	return t.submit(w, r, c, "")
}

func (t *batchRoutes) append(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	return t.submit(w, r, c, r.PathValue("id"))
}

// submit takes many jobs, or says what would become of them. Once the core has recorded them no error may come back.
func (t *batchRoutes) submit(w http.ResponseWriter, r *http.Request, c job.Caller, id string) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	d, err := t.draft(w, r, id)
	if err != nil {
		return err
	}
	d.batch.Key = key
	if d.dry {
		return t.plan(w, r, c, d)
	}
	plan, err := t.submitter.SubmitBatch(r.Context(), c, d.batch)
	if err != nil {
		return d.worded(err)
	}
	out := t.shown(r, plan.Batch, plan.Counters)
	out.Order = showPlan(plan)
	w.Header().Set("Location", out.URLs.Self)
	if !job.BatchStatus(out.Status).Ended() {
		w.Header().Set("Retry-After", seconds(soon(plan.Time, out.EndsAt)))
	}
	return answer(w, changedStatus(plan.Created || plan.Added+plan.Restarted > 0), out)
}

// plan answers a dry run.
func (t *batchRoutes) plan(w http.ResponseWriter, r *http.Request, c job.Caller, d *draft) error {
	plan, err := t.submitter.PlanBatch(r.Context(), c, d.batch)
	if err != nil {
		return d.worded(err)
	}
	out := showPlan(plan)
	out.BatchID = plan.Batch.ID
	return answer(w, http.StatusOK, out)
}

// changedStatus is that of a request for jobs: 202 says that it has made or begun some, 200 that all was there.
func changedStatus(changed bool) int {
	if changed {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// shown is a batch after a change.
func (t *batchRoutes) shown(r *http.Request, b job.Batch, c job.Counters) Batch {
	return showBatch(t.reader.ShowBatch(r.Context(), b, c), t.base.of(r))
}

func (t *batchRoutes) get(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	d, err := t.patience.wanted(w, r)
	if err != nil {
		return err
	}
	shown, err := t.reader.WaitBatch(r.Context(), c, r.PathValue("id"), d)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showBatch(shown, t.base.of(r)))
}

func (t *batchRoutes) list(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	q := asked(r)
	limit, fields := q.limit()
	if err := refuse(fields); err != nil {
		return err
	}
	page, err := t.reader.Batches(r.Context(), c, read.BatchFilter{
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
		out.Data = append(out.Data, showBatch(shown, t.base.of(r)))
	}
	return answer(w, http.StatusOK, out)
}

func (t *batchRoutes) seal(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, counters, err := t.submitter.Seal(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, t.shown(r, b, counters))
}

func (t *batchRoutes) cancel(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, counters, err := t.submitter.CancelBatch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, t.shown(r, b, counters))
}

func (t *batchRoutes) remove(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	b, counters, err := t.submitter.DeleteBatch(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, t.shown(r, b, counters))
}

// retriedBatch tells of a retry also that nothing was retried.
type retriedBatch struct {
	Batch
	Retried int  `json:"retried"`
	HasMore bool `json:"has_more"`
}

func (t *batchRoutes) retry(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	which, err := t.choice(w, r)
	if err != nil {
		return err
	}
	plan, n, more, err := t.submitter.RetryBatch(r.Context(), c, r.PathValue("id"), which)
	if err != nil {
		return err
	}
	return answer(w, changedStatus(n > 0), retriedBatch{t.shown(r, plan.Batch, plan.Counters), n, more})
}
