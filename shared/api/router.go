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
	identify func(*http.Request) (job.Caller, error)
	limits   *limits
	report   reporter
	paths    string // what there is, for the answer to a wrong address
}

func (m *router) mux(list []route) *http.ServeMux {
	methods := map[string]map[string]route{}
	for _, r := range list {
		if methods[r.path] == nil {
			methods[r.path] = map[string]route{}
		}
		methods[r.path][r.method] = r
	}
	mux := http.NewServeMux()
	for pattern, those := range methods {
		mux.Handle(pattern, m.dispatch(those))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		m.report.fail(w, r, m.unknown(r))
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

// dispatch picks the method, since the words of the mux for a wrong one are no problem.
func (m *router) dispatch(methods map[string]route) http.Handler {
	var allowed []string
	for name := range methods {
		allowed = append(allowed, name)
		if name == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	allow := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		rt, ok := methods[method]
		if !ok {
			w.Header().Set("Allow", allow)
			said := quote(r.Method) + " is not possible at " + quote(r.URL.Path) + ". "
			if r.Pattern == "/batches/{id}/jobs" {
				said += "The jobs of a batch are listed at /jobs?batch_id=ID. "
			}
			m.report.fail(w, r, NewProblem(http.StatusMethodNotAllowed, "method_not_allowed", said+"Use "+allow+"; all there is: "+m.paths+"."))
			return
		}
		if err := m.serve(w, r, rt); err != nil {
			m.report.fail(w, r, err)
		}
	})
}

func (m *router) serve(w http.ResponseWriter, r *http.Request, rt route) error {
	var caller job.Caller
	if !rt.open {
		var err error
		if caller, err = m.identify(r); err != nil {
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
