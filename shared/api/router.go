package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/spelling"
)

// router finds the route of a request and asks for the credential that it needs.
type router struct {
	*Server
	guard *Guard
	paths string // what there is, for the answer to a wrong address
}

func (m *router) mux() *http.ServeMux {
	mux := http.NewServeMux()
	allowedOn := map[string][]string{}
	for _, rt := range m.served() {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) {
			if err := m.serve(w, r, rt); err != nil {
				m.fail(w, r, err)
			}
		})
		allowedOn[rt.path] = append(allowedOn[rt.path], rt.method)
		if rt.method == http.MethodGet {
			allowedOn[rt.path] = append(allowedOn[rt.path], http.MethodHead)
		}
	}
	for path, allowed := range allowedOn {
		slices.Sort(allowed)
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			m.refuseMethod(w, r, strings.Join(allowed, ", "))
		})
	}
	for pattern, h := range m.Beside {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		m.fail(w, r, m.unknown(r))
	})
	return mux
}

func (m *router) unknown(r *http.Request) *Problem {
	return NewProblem(http.StatusNotFound, "unknown_path", "There is no "+quote(r.URL.Path)+"."+m.meant(r.URL.Path)+" What there is: "+m.paths+".")
}

// meant proposes an address for one that there is not: /jobs for /job and, as other services have it, for /v1/jobs.
func (m *router) meant(given string) string {
	var known []string
	for entry := range strings.SplitSeq(m.paths, ", ") {
		_, at, _ := strings.Cut(entry, " ")
		if strings.HasSuffix(given, at) {
			given = at
		}
		known = append(known, at)
	}
	return spelling.DidYouMean(given, known)
}

// refuseMethod answers in the place of the mux, whose words for a wrong method are no problem.
func (m *router) refuseMethod(w http.ResponseWriter, r *http.Request, allowed string) {
	said := quote(r.Method) + " is not possible at " + quote(r.URL.Path) + ". "
	if r.Pattern == "/batches/{id}/jobs" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		said += "The jobs of a batch are listed at /jobs?batch_id=ID. "
	}
	w.Header().Set("Allow", allowed)
	m.fail(w, r, NewProblem(http.StatusMethodNotAllowed, "method_not_allowed", said+"Use "+allowed+"; all there is: "+m.paths+"."))
}

func (m *router) serve(w http.ResponseWriter, r *http.Request, rt route) error {
	var caller job.Caller
	if !rt.open {
		var err error
		if caller, err = m.Identify(r); err != nil {
			return err
		}
		requestInfoOf(r).owner = caller.Owner
		if err := m.limits.admit(caller.Owner); err != nil {
			return err
		}
	}
	if err := rt.check(w, r); err != nil {
		return err
	}
	r.SetPathValue("id", canonical(r.PathValue("id")))
	return rt.handle(w, r, caller)
}

// elsewhere has a route with an ID say so where that is a batch's and not a job's, or the other way round. It costs a read,
// of a request that has failed already, and tells a caller of nothing that GET would not show.
func (s *Server) elsewhere(rt route) handler {
	return func(w http.ResponseWriter, r *http.Request, c job.Caller) error {
		err := rt.handle(w, r, c)
		if !errors.Is(err, job.ErrNotFound) {
			return err
		}
		id, now := r.PathValue("id"), job.Present(s.Reader.Now)
		if strings.HasPrefix(rt.path, "/batches/") {
			if j, not := job.FindJob(r.Context(), s.Reader.Records, c, id, now); not == nil && !j.Deleting {
				return NewProblem(http.StatusNotFound, "batch_not_found", fmt.Sprintf("There is no batch %q, but a job: GET %s shows it.", id, jobPath(id)))
			}
		} else if _, _, not := job.FindBatch(r.Context(), s.Reader.BatchRecords, c, id, now); not == nil {
			return NewProblem(http.StatusNotFound, "job_not_found",
				fmt.Sprintf("There is no job %q, but a batch: GET %s shows it, and GET /jobs?batch_id=%[1]s its jobs.", id, batchPath(id)))
		}
		return err
	}
}

// wrap is what happens to every request, whatever its address: a number, the headers that every answer
// has, the guard, a line in the access log, and an end to panics.
func (m *router) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &requestInfo{number: m.NewID()}
		w.Header().Set("X-Request-Id", v.number)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r = r.WithContext(context.WithValue(r.Context(), requestInfoKey{}, v))
		out := &meter{ResponseWriter: w, headless: r.Method == http.MethodHead}
		defer m.note(r, out, time.Now())
		defer m.catch(out, r)
		known := tidy(r)
		p := m.guard.check(r)
		if p == nil && m.cors(out, r) {
			return
		}
		if p == nil && !known {
			p = m.unknown(r)
		}
		if p != nil {
			m.fail(out, r, p)
			return
		}
		next.ServeHTTP(out, r)
	})
}

var slashes = regexp.MustCompile("/+")

// tidy takes doubled and trailing slashes out of the path of a request that is ours to change, and
// reports whether the path is one. The mux would answer what it cleans with a redirect, which a POST does
// not survive; steps up are no path at all, since who stands before this server may read them differently.
func tidy(r *http.Request) bool {
	escaped := slashes.ReplaceAllString("/"+r.URL.EscapedPath(), "/")
	escaped = "/" + strings.Trim(escaped, "/")
	plain, err := url.PathUnescape(escaped)
	if err != nil || path.Clean(plain) != plain {
		return false
	}
	u := *r.URL
	u.Path, u.RawPath = plain, escaped
	r.URL = &u
	return true
}
