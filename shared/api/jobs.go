package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/request"
)

// jobRoutes are the routes of jobs.
type jobRoutes struct{ *Server }

func (t jobRoutes) routes() []route {
	return []route{
		{method: http.MethodPost, path: "/jobs", handle: t.submit, body: true},
		{method: http.MethodGet, path: "/jobs", handle: t.list, takes: []string{"status", "batch_id", "model", "starred", "q", "owner", "limit", "cursor"}},
		{method: http.MethodGet, path: "/jobs/{id}", handle: t.get, takes: []string{"wait", "expires_in"}},
		{method: http.MethodGet, path: "/jobs/{id}/image", handle: t.image, takes: []string{"expires_in"}},
		{method: http.MethodPost, path: "/jobs/{id}/cancel", handle: t.change(http.StatusOK, t.Submitter.Cancel)},
		{method: http.MethodPost, path: "/jobs/{id}/retry", handle: t.change(http.StatusAccepted, t.Submitter.Retry)},
		{method: http.MethodPatch, path: "/jobs/{id}", handle: t.modify, body: true},
		{method: http.MethodDelete, path: "/jobs/{id}", handle: t.remove},
	}
}

// submit takes an order. Once the core has recorded it no error may come back: the client would order,
// and pay, again.
func (t jobRoutes) submit(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	request, err := t.decode(w, r)
	if err != nil {
		return err
	}
	receipt, err := t.Submitter.Submit(r.Context(), c, request, key)
	if err != nil {
		return err
	}
	shown, err := t.follow(w, r, c, receipt)
	if err != nil {
		return err
	}
	out := show(shown, t.base(r))
	w.Header().Set("Location", out.URLs.Self)
	if !out.Ended() {
		w.Header().Set("Retry-After", seconds(max(time.Second, receipt.Wait)))
	}
	return answer(w, changedStatus(receipt.Created && !out.Ended()), out)
}

// follow waits for the end of a job that was taken, where the client prefers that.
func (t jobRoutes) follow(w http.ResponseWriter, r *http.Request, c job.Caller, receipt job.Receipt) (read.Shown, error) {
	d := t.preferred(w, r)
	if d == 0 && receipt.Created {
		return read.Shown{Job: receipt.Job}, nil
	}
	shown, err := t.Reader.Wait(r.Context(), c, receipt.Job.ID, d)
	if err != nil && receipt.Created {
		return read.Shown{Job: receipt.Job}, nil
	}
	return shown, err
}

func (t jobRoutes) get(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	d, err := t.wanted(w, r)
	if err != nil {
		return err
	}
	life, err := t.linkLifetime(r)
	if err != nil {
		return err
	}
	shown, err := t.Reader.Wait(r.Context(), c, r.PathValue("id"), d)
	if err == nil && life > 0 {
		shown, err = t.Reader.Share(r.Context(), shown.Job, life)
	}
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, show(shown, t.base(r)))
}

// linkLifetime is how long the client wants addresses of pictures to hold; 0: as usual.
func (t jobRoutes) linkLifetime(r *http.Request) (time.Duration, error) {
	d, given, err := asked(r).seconds("expires_in")
	if err != nil || !given {
		return 0, err
	}
	if longest := t.Reader.LongestLink(); d == 0 || d > longest {
		return 0, refuseParameter("expires_in", fmt.Sprintf("expires_in %s is out of range; an address of a picture holds for 1 to %s seconds here. The operator of an embedded server sets the bound with --max-expires-in.",
			quote(asked(r).values.Get("expires_in")), seconds(longest)))
	}
	return d, nil
}

// image leads to a fresh address of the job's newest picture.
func (t jobRoutes) image(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	life, err := t.linkLifetime(r)
	if err != nil {
		return err
	}
	link, err := t.Reader.Image(r.Context(), c, r.PathValue("id"), life)
	if err != nil {
		return err
	}
	w.Header().Set("Location", absolute(t.base(r), link.URL))
	w.WriteHeader(http.StatusFound)
	return nil
}

func (t jobRoutes) list(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	filter, err := readFilter(r)
	if err != nil {
		return err
	}
	page, err := t.Reader.List(r.Context(), c, filter)
	if err != nil {
		return parametric(r, err)
	}
	return answer(w, http.StatusOK, listed(page.Jobs, page.Next, show, t.base(r)))
}

// change is the route of a change that needs nothing but the ID.
func (t jobRoutes) change(status int, do func(context.Context, job.Caller, string) (job.Job, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, c job.Caller) error {
		j, err := do(r.Context(), c, r.PathValue("id"))
		if err != nil {
			return err
		}
		return t.changed(w, r, status, j)
	}
}

// changed answers with a job after a change. Where no address of a picture can be made the job is shown
// without: the change has happened, and an error would deny it.
func (t jobRoutes) changed(w http.ResponseWriter, r *http.Request, status int, j job.Job) error {
	shown, err := t.Reader.Show(r.Context(), j)
	if err != nil {
		shown = read.Shown{Job: j}
	}
	return answer(w, status, show(shown, t.base(r)))
}

func (t jobRoutes) remove(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	if err := t.Submitter.Delete(r.Context(), c, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// modify changes the one member of a job that a client may change. The answer is the job as GET shows it.
func (t jobRoutes) modify(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	if err := t.media(r); err != nil {
		return err
	}
	data, leave, err := t.readBody(w, r, "A change of a job has one member.")
	if err != nil {
		return err
	}
	defer leave()
	starred, err := readStarred(data)
	if err != nil {
		return err
	}
	j, err := t.Submitter.Star(r.Context(), c, r.PathValue("id"), starred)
	if err != nil {
		return err
	}
	shown, err := t.Reader.Get(r.Context(), c, j.ID)
	if err != nil { // the change has happened
		return t.changed(w, r, http.StatusOK, j)
	}
	return answer(w, http.StatusOK, show(shown, t.base(r)))
}

const starExample = `{"starred": true}`

// readStarred reads the body of PATCH /jobs/{id}. It refuses what it would not heed.
func readStarred(data []byte) (starred bool, err error) {
	if err := checkObject(data, starExample, "", ""); err != nil {
		return false, err
	}
	b, given := &body{}, false
	for name, raw := range each(data) {
		switch {
		case name != "starred":
			b.add(pointerTo(name), "%s cannot be changed; starred alone can. For another picture, submit a new job.", request.Clip(name))
		case given:
			b.add("/starred", "starred is there twice; keep one of them.")
		case string(raw) != "true" && string(raw) != "false":
			b.add("/starred", "starred must be true or false; it is %s.", kindOf(raw))
		default:
			starred = string(raw) == "true"
		}
		given = given || name == "starred"
	}
	if !given && len(b.fields) == 0 {
		b.add("/starred", "starred is missing; send "+starExample+".")
	}
	return starred, refuse(b.fields)
}
