package api

import (
	"errors"
	"fmt"
	"net/http"

	"easel/shared/job"
	"easel/shared/model"
)

// models is the route GET /models.
func (s *Server) models(w http.ResponseWriter, r *http.Request, _ job.Caller) error {
	entries := model.Current()
	switch v := r.URL.Query()["all"]; {
	case v == nil, v[0] == "0", v[0] == "false":
	case v[0] == "1", v[0] == "true":
		entries = model.All()
	default:
		return refuseParameter("all", fmt.Sprintf("all %s is neither 1 nor 0; use all=1 to see retired models too.", quote(v[0])))
	}
	out := listed(entries, "", showModel, s.standard.ID)
	for n, m := range entries {
		if s.Pace != nil && m.Spoken() {
			out.Data[n].PacePerMinute = hundredths(s.Pace(r.Context(), m.ID))
		}
	}
	return answer(w, http.StatusOK, out)
}

func describe(w http.ResponseWriter, _ *http.Request, _ job.Caller) error {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(description) // a client that has gone away is no concern of ours
	return nil
}

// health is the route GET /healthz.
func (s *Server) health(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	if s.Healthy != nil {
		if err := s.Healthy(r.Context()); err != nil {
			return sick(err)
		}
	}
	return live(w, r, c)
}

// live says no more than that the process answers.
func live(w http.ResponseWriter, _ *http.Request, _ job.Caller) error {
	return answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// sick keeps for the log what is not worded for clients.
func sick(cause error) error {
	if _, known := errors.AsType[*job.Error](cause); known {
		return cause
	}
	return fmt.Errorf("%w: %w", refuseFor(retrySoon, http.StatusServiceUnavailable, "unhealthy",
		"Easel cannot do its work just now; the server's log says why. Ask again in a few seconds."), cause)
}
