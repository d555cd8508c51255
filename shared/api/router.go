package api

import (
	"net/http"
	"slices"
	"strings"

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
	methods := map[string][]string{}
	for _, rt := range m.served() {
		mux.HandleFunc(rt.method+" "+rt.path, func(w http.ResponseWriter, r *http.Request) {
			if err := m.serve(w, r, rt); err != nil {
				m.fail(w, r, err)
			}
		})
		methods[rt.path] = append(methods[rt.path], rt.method)
		if rt.method == http.MethodGet {
			methods[rt.path] = append(methods[rt.path], http.MethodHead)
		}
	}
	for path, allowed := range methods {
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
	if r.Pattern == "/batches/{id}/jobs" {
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
