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

// paths is what the answer to a wrong address lists: what the servers of both homes answer together, and what this one has
// besides.
func (s *Server) paths() string {
	var all []string
	for _, r := range slices.Concat(s.routes(), s.besides()) {
		all = append(all, r.method+" "+r.path)
	}
	return strings.Join(all, ", ")
}

// besides are the routes that a server has only with what stands behind them.
func (s *Server) besides() []route {
	if s.Besides == nil {
		return nil
	}
	return s.Besides.routes(s)
}

// served are the routes of this server. One without a Submitter only shows.
func (s *Server) served() []route {
	list := s.routes()
	if s.Submitter == nil {
		list = slices.DeleteFunc(list, func(r route) bool { return r.method != http.MethodGet })
	}
	return append(list, s.besides()...)
}

func (s *Server) routes() []route {
	list := slices.Concat(jobRoutes{s}.routes(), batchRoutes{s}.routes(), []route{
		{method: http.MethodGet, path: "/models", handle: s.models, takes: []string{"all"}},
		{method: http.MethodGet, path: "/openapi.yaml", handle: describe, open: true},
		{method: http.MethodGet, path: "/healthz", handle: s.health, open: true},
		{method: http.MethodGet, path: "/livez", handle: live, open: true},
	})
	for n, rt := range list {
		if strings.Contains(rt.path, "{id}") {
			list[n].handle = s.elsewhere(rt)
		}
	}
	return list
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
	var start []byte
	var err error
	if r.ContentLength <= enough {
		start, err = io.ReadAll(io.LimitReader(r.Body, enough))
	}
	said := strings.TrimSpace(string(start))
	if err == nil && r.ContentLength <= enough && len(start) < enough && (said == "" || said == "{}") {
		return nil
	}
	return NewProblem(http.StatusUnprocessableEntity, job.CodeInvalid, t.method+" "+t.path+" takes no body, and nothing in one would be heeded. Leave it out.")
}
