package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"easel/shared/request"
)

// Guard refuses what a web page of another site makes a browser send: requests under a host name that
// leads here by a trick of DNS, and requests with a foreign origin. It believes no header that a proxy adds.
type Guard struct {
	names   []string // in the form of hostName
	any     bool     // every name is the server's
	public  string   // the name in the public address, whose pages have the trusted origin and no other
	origin  *http.CrossOriginProtection
	trusted []string
}

// NewGuard returns a guard for a server of these names, besides those of loopback; "*" is any. The pages of
// the trusted origins, such as https://app.example.com, pass.
func NewGuard(hosts []string, trusted ...string) *Guard {
	g := &Guard{origin: http.NewCrossOriginProtection(), any: slices.Contains(hosts, "*"), trusted: trusted}
	for _, o := range trusted {
		_ = g.origin.AddTrustedOrigin(o) // no browser sends one that is malformed
	}
	for _, h := range hosts {
		if n := hostName(h); n != "" { // a server that listens on every address is given none
			g.names = append(g.names, n)
		}
	}
	return g
}

// guard is the guard of everything that the server answers. Its public address is one of its names and its own origin.
func (s *Server) guard() *Guard {
	trusted := slices.Concat(s.Origins, s.Pages)
	u, err := ParseURL(s.Base)
	if err != nil {
		return NewGuard(s.Hosts, trusted...)
	}
	g := NewGuard(slices.Concat(s.Hosts, []string{u.Host}), append(trusted, webOrigin(u))...)
	g.public = hostName(u.Host)
	return g
}

// Wrap puts the guard before a handler that is not part of the API, such as a page.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := g.check(r); p != nil {
			write(w, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// probes are the paths that are answered under every name: probes call by the address that they know.
var probes = []string{"/healthz", "/livez"}

func (g *Guard) check(r *http.Request) *Problem {
	if !g.called(r.Host) && !slices.Contains(probes, r.URL.Path) {
		return NewProblem(http.StatusForbidden, "wrong_host",
			"This server is not called "+quote(hostName(r.Host))+". Call it by the name that it printed when it started, or start it with --url and the address that clients call, such as --url https://easel.example.com.")
	}
	if g.origin.Check(r) != nil || g.foreign(r) {
		note := "" // the browser may tell no more than that it is another
		if origin := r.Header.Get("Origin"); origin != "" {
			note = " (" + request.Clip(origin) + ")"
		}
		return NewProblem(http.StatusForbidden, "foreign_origin",
			"This request comes from a web page of another origin"+note+", and a web page may use only the server it came from. Call Easel from your server, serve the page from Easel's own address, or let the operator name the origin (--cors-origin, on AWS CorsOrigins).")
	}
	return nil
}

// called reports whether the host of a request is one of the server's names.
func (g *Guard) called(host string) bool {
	return g.any || loopback(host) || slices.Contains(g.names, hostName(host))
}

// foreign looks at the origin of reading requests too, which the standard library lets pass: a list of
// jobs is nothing for other pages. Under the public name only the public origin is the server's own: a page that came
// by plain HTTP, or from another port, is none of a server with https.
func (g *Guard) foreign(r *http.Request) bool {
	given := r.Header.Get("Origin")
	if given == "" || slices.Contains(g.trusted, given) {
		return false
	}
	u, err := url.Parse(given)
	return err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) || hostName(r.Host) == g.public
}
