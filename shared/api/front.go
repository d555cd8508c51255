package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// front is what happens to every request, whatever its address: a number, the headers that every answer
// has, the guard, a line in the access log, and an end to panics.
type front struct {
	guard   *Guard
	pages   []string      // origins whose web pages may use the server
	newID   func() string // nil: a random UUID
	access  *slog.Logger  // nil: there is none
	report  reporter
	unknown func(*http.Request) *Problem // says that there is no such address
}

func (f *front) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &requestInfo{number: f.number()}
		w.Header().Set("X-Request-Id", v.number)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r = r.WithContext(context.WithValue(r.Context(), requestInfoKey{}, v))
		m := &meter{ResponseWriter: w, headless: r.Method == http.MethodHead}
		defer f.note(r, m, time.Now())
		defer f.report.catch(m, r)
		known := tidy(r)
		p := f.guard.check(r)
		if p == nil && f.cors(m, r) {
			return
		}
		if p == nil && !known {
			p = f.unknown(r)
		}
		if p != nil {
			f.report.fail(m, r, p)
			return
		}
		next.ServeHTTP(m, r)
	})
}

func (f *front) number() string {
	if f.newID != nil {
		return f.newID()
	}
	return uuid.NewString()
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
