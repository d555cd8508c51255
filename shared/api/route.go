package api

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"easel/shared/job"
)

// handler answers a request of a known caller. The error it returns becomes a problem.
type handler func(http.ResponseWriter, *http.Request, job.Caller) error

// route is one line of the API.
type route struct {
	method, path string
	handle       handler
	takes        []string // parameters of the query
	body         bool     // takes one
	open         bool     // needs no credential
}

// everywhere is what every server of both homes answers.
const everywhere = "POST /jobs, GET /jobs, GET /jobs/{id}, GET /jobs/{id}/image, POST /jobs/{id}/cancel, POST /jobs/{id}/retry, " +
	"PATCH /jobs/{id}, DELETE /jobs/{id}, POST /batches, GET /batches, GET /batches/{id}, POST /batches/{id}/jobs, POST /batches/{id}/seal, " +
	"POST /batches/{id}/cancel, POST /batches/{id}/retry, DELETE /batches/{id}, GET /models, GET /openapi.yaml, GET /healthz, GET /livez"

// paths is what the answer to a wrong address lists.
func paths(besides []route) string {
	var all strings.Builder
	all.WriteString(everywhere)
	for _, r := range besides {
		all.WriteString(", " + r.method + " " + r.path)
	}
	return all.String()
}

// besides are the routes that a server has only with what stands behind them.
func (s *Server) besides() []route {
	if s.Besides == nil {
		return nil
	}
	return s.Besides.routes(s)
}

func (s *Server) routes() []route {
	models := &catalogue{s.standard().ID, s.Pace}
	alike := s.endpoint()
	jobs, batches := jobRoutes{alike}, batchRoutes{alike}
	kept := slices.Concat(jobs.routes(), batches.routes())
	for n, rt := range kept {
		if strings.Contains(rt.path, "{id}") {
			kept[n].handle = alike.elsewhere(rt)
		}
	}
	return slices.Concat(s.besides(), kept, []route{
		{method: http.MethodGet, path: "/models", handle: models.show, takes: []string{"all"}},
		{method: http.MethodGet, path: "/openapi.yaml", handle: describe, open: true},
		{method: http.MethodGet, path: "/healthz", handle: health(s.Healthy).show, open: true},
		{method: http.MethodGet, path: "/livez", handle: live, open: true},
	})
}

// check refuses what the route would ignore. An empty object is what some clients send for no body.
func (t route) check(w http.ResponseWriter, r *http.Request) error {
	if err := checkQuery(r, t.takes); err != nil {
		return err
	}
	if t.body {
		return checkCoding(w, r)
	}
	const enough = 64
	if r.ContentLength > enough {
		return t.bodiless()
	}
	start, err := io.ReadAll(io.LimitReader(r.Body, enough))
	if said := strings.TrimSpace(string(start)); err != nil || len(start) == enough || said != "" && said != "{}" {
		return t.bodiless()
	}
	return nil
}

func (t route) bodiless() error {
	return NewProblem(http.StatusUnprocessableEntity, job.CodeInvalid, t.method+" "+t.path+" takes no body, and nothing in one would be heeded. Leave it out.")
}
