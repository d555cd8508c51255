package api

import (
	"context"
	"net/http"

	"easel/shared/job"
	"easel/shared/read"
)

// batchRoutes are the routes of batches.
type batchRoutes struct{ *Server }

func (t batchRoutes) routes() []route {
	return []route{
		{method: http.MethodPost, path: "/batches", handle: t.submit, takes: orderable, body: true},
		{method: http.MethodGet, path: "/batches", handle: t.list, takes: []string{"owner", "limit", "cursor"}},
		{method: http.MethodGet, path: "/batches/{id}", handle: t.get, takes: []string{"wait"}},
		{method: http.MethodPost, path: "/batches/{id}/jobs", handle: t.submit, takes: orderable, body: true},
		{method: http.MethodPost, path: "/batches/{id}/seal", handle: t.change(http.StatusOK, t.Submitter.Seal)},
		{method: http.MethodPost, path: "/batches/{id}/cancel", handle: t.change(http.StatusOK, t.Submitter.CancelBatch)},
		{method: http.MethodPost, path: "/batches/{id}/retry", handle: t.retry, takes: filters, body: true},
		{method: http.MethodDelete, path: "/batches/{id}", handle: t.change(http.StatusAccepted, t.Submitter.DeleteBatch)},
	}
}

// submit takes many jobs for a new batch or the one of an ID, or says what would become of them. Once the core has recorded
// them no error may come back.
func (t batchRoutes) submit(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	d, err := t.draft(w, r)
	if err != nil {
		return err
	}
	d.batch.Key = key
	if d.dry {
		return t.plan(w, r, c, d)
	}
	plan, err := t.Submitter.SubmitBatch(r.Context(), c, d.batch)
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
func (t batchRoutes) plan(w http.ResponseWriter, r *http.Request, c job.Caller, d *draft) error {
	plan, err := t.Submitter.PlanBatch(r.Context(), c, d.batch)
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
func (t batchRoutes) shown(r *http.Request, b job.Batch, c job.Counters) Batch {
	return showBatch(t.Reader.ShowBatch(r.Context(), b, c), t.base(r))
}

func (t batchRoutes) get(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	d, err := t.wanted(w, r)
	if err != nil {
		return err
	}
	shown, err := t.Reader.WaitBatch(r.Context(), c, r.PathValue("id"), d)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, showBatch(shown, t.base(r)))
}

func (t batchRoutes) list(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	q := asked(r)
	f := read.BatchFilter{Owner: q.values.Get("owner"), Cursor: q.values.Get("cursor"), Limit: q.limit()}
	if err := refuse(q.fields); err != nil {
		return err
	}
	page, err := t.Reader.Batches(r.Context(), c, f)
	if err != nil {
		return parametric(r, err)
	}
	return answer(w, http.StatusOK, listed(page.Batches, page.Next, showBatch, t.base(r)))
}

// change is the route of a change that needs nothing but the ID.
func (t batchRoutes) change(status int, do func(context.Context, job.Caller, string) (job.Batch, job.Counters, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, c job.Caller) error {
		b, counters, err := do(r.Context(), c, r.PathValue("id"))
		if err != nil {
			return err
		}
		return answer(w, status, t.shown(r, b, counters))
	}
}

// retriedBatch tells of a retry also that nothing was retried.
type retriedBatch struct {
	Batch
	Retried int  `json:"retried"`
	HasMore bool `json:"has_more"`
}

func (t batchRoutes) retry(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	which, err := t.choice(w, r)
	if err != nil {
		return err
	}
	plan, n, more, err := t.Submitter.RetryBatch(r.Context(), c, r.PathValue("id"), which)
	if err != nil {
		return err
	}
	return answer(w, changedStatus(n > 0), retriedBatch{t.shown(r, plan.Batch, plan.Counters), n, more})
}
