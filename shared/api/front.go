package api

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
)

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
