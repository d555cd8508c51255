package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"easel/shared/job"
	"easel/shared/model"
)

// catalogue is the route GET /models.
type catalogue struct {
	standard string                                          // ID of the model of a request that names none
	pace     func(ctx context.Context, model string) float64 // nil: it is not shown
}

func (t *catalogue) show(w http.ResponseWriter, r *http.Request, _ job.Caller) error {
	entries := model.Current()
	switch v := r.URL.Query()["all"]; {
	case v == nil, v[0] == "0", v[0] == "false":
	case v[0] == "1", v[0] == "true":
		entries = model.All()
	default:
		return refuseParameter("all", fmt.Sprintf("all %s is neither 1 nor 0; use all=1 to see retired models too.", quote(v[0])))
	}
	out := ModelList{Data: []Model{}}
	for _, m := range entries {
		entry := showModel(m, t.standard)
		if t.pace != nil && m.Spoken() {
			entry.PacePerMinute = math.Round(100*t.pace(r.Context(), m.ID)) / 100
		}
		out.Data = append(out.Data, entry)
	}
	return answer(w, http.StatusOK, out)
}

func describe(w http.ResponseWriter, _ *http.Request, _ job.Caller) error {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(description) // a client that has gone away is no concern of ours
	return nil
}

// health is the route GET /healthz. Nil: the server always can do its work.
type health func(context.Context) error

func (h health) show(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	if h != nil {
		if err := h(r.Context()); err != nil {
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
	p := NewProblem(http.StatusServiceUnavailable, "unhealthy", "Easel cannot do its work just now; the server's log says why. Ask again in a few seconds.")
	p.RetryAfter = 5 * time.Second
	return fmt.Errorf("%w: %w", p, cause)
}
