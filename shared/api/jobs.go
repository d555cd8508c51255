package api

import (
	"fmt"
	"net/http"
	"time"

	"easel/shared/job"
	"easel/shared/read"
)

const maxWait = 25 * time.Second // below the 30 s after which gateways give up

// submit takes an order. Once the core has recorded it no error may come back: the client would order,
// and pay, again.
func (s *Server) submit(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	request, err := s.decode(w, r)
	if err != nil {
		return err
	}
	receipt, err := s.Submitter.Submit(r.Context(), c, request, key)
	if err != nil {
		return err
	}
	shown, err := s.follow(w, r, c, receipt)
	if err != nil {
		return err
	}
	out := show(shown, s.base().of(r))
	w.Header().Set("Location", out.URLs.Self)
	if !out.Ended() {
		w.Header().Set("Retry-After", seconds(max(time.Second, receipt.Wait)))
	}
	if receipt.Created && !out.Ended() {
		return answer(w, http.StatusAccepted, out)
	}
	return answer(w, http.StatusOK, out)
}

// follow waits for the end of a job that was taken, where the client prefers that.
func (s *Server) follow(w http.ResponseWriter, r *http.Request, c job.Caller, receipt job.Receipt) (read.Shown, error) {
	d := s.prefers(w, r)
	if d == 0 && receipt.Created {
		return read.Shown{Job: receipt.Job}, nil
	}
	shown, err := s.Reader.Wait(r.Context(), c, receipt.Job.ID, d)
	if err != nil && receipt.Created {
		return read.Shown{Job: receipt.Job}, nil
	}
	return shown, err
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	d, err := s.patience(w, r)
	if err != nil {
		return err
	}
	life, err := s.linkLifetime(r)
	if err != nil {
		return err
	}
	shown, err := s.Reader.Wait(r.Context(), c, r.PathValue("id"), d)
	if err == nil && life > 0 {
		shown, err = s.Reader.Share(r.Context(), shown.Job, life)
	}
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, show(shown, s.base().of(r)))
}

// patience is how long the answer about a job or a batch is held back: the parameter wait, or else the preference.
func (s *Server) patience(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	d, given, err := asked(r).seconds("wait")
	if err == nil && !given {
		d = s.prefers(w, r)
	}
	return min(d, s.waitLimit()), err
}

// linkLifetime is how long the client wants addresses of pictures to hold; 0: as usual.
func (s *Server) linkLifetime(r *http.Request) (time.Duration, error) {
	d, given, err := asked(r).seconds("expires_in")
	if err != nil || !given {
		return 0, err
	}
	if longest := s.Reader.LongestLink(); d == 0 || d > longest {
		return 0, refuseParameter("expires_in", fmt.Sprintf("expires_in %s is out of range; an address of a picture holds for 1 to %s seconds here. The operator of an embedded server sets the bound with --max-expires-in.",
			quote(asked(r).values.Get("expires_in")), seconds(longest)))
	}
	return d, nil
}

// image leads to a fresh address of the job's newest picture.
func (s *Server) image(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	life, err := s.linkLifetime(r)
	if err != nil {
		return err
	}
	link, err := s.Reader.Image(r.Context(), c, r.PathValue("id"), life)
	if err != nil {
		return err
	}
	w.Header().Set("Location", absolute(s.base().of(r), link.URL))
	w.WriteHeader(http.StatusFound)
	return nil
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	filter, err := readFilter(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.List(r.Context(), c, filter)
	if err != nil {
		return parametric(r, err)
	}
	out := JobList{Data: []Job{}, HasMore: page.Next != ""}
	if out.HasMore {
		out.NextCursor = &page.Next
	}
	for _, shown := range page.Jobs {
		out.Data = append(out.Data, show(shown, s.base().of(r)))
	}
	return answer(w, http.StatusOK, out)
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	j, err := s.Submitter.Cancel(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.changed(w, r, http.StatusOK, j)
}

func (s *Server) retry(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	j, err := s.Submitter.Retry(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.changed(w, r, http.StatusAccepted, j)
}

// changed answers with a job after a change. Where no address of a picture can be made the job is shown
// without: the change has happened, and an error would deny it.
func (s *Server) changed(w http.ResponseWriter, r *http.Request, status int, j job.Job) error {
	shown, err := s.Reader.Show(r.Context(), j)
	if err != nil {
		shown = read.Shown{Job: j}
	}
	return answer(w, status, show(shown, s.base().of(r)))
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	if err := s.Submitter.Delete(r.Context(), c, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// waitLimit bounds how long an answer may wait for a job.
func (s *Server) waitLimit() time.Duration {
	if s.MaxWait != 0 {
		return max(0, s.MaxWait)
	}
	return maxWait
}
