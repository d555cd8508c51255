package api

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Guard refuses what a web page of another site makes a browser send: requests under a host name that
// leads here by a trick of DNS, and requests with a foreign origin.
type Guard struct {
	hosts   []string
	origin  *http.CrossOriginProtection
	trusted []string
}

// NewGuard returns a guard for a server of these names, besides those of loopback; "*" is any. The pages of
// the trusted origins, such as https://app.example.com, pass.
func NewGuard(hosts []string, trusted ...string) *Guard {
	g := &Guard{origin: http.NewCrossOriginProtection(), trusted: trusted}
	for _, o := range trusted {
		_ = g.origin.AddTrustedOrigin(o) // no browser sends one that is malformed
	}
	for _, h := range hosts {
		g.hosts = append(g.hosts, strings.ToLower(hostname(h)))
	}
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

// check leaves the name open for /healthz alone: probes call by the address that they know.
func (g *Guard) check(r *http.Request) *Problem {
	host := strings.ToLower(hostname(r.Host))
	if !loopback(host) && !slices.Contains(g.hosts, host) && !slices.Contains(g.hosts, "*") && r.URL.Path != "/healthz" {
		return problem(http.StatusForbidden, "wrong_host",
			"This server is not called "+quote(host)+". Call it by the name that it printed when it started, or start it with --url and that name.")
	}
	if g.origin.Check(r) != nil || g.foreign(r) {
		return problem(http.StatusForbidden, "foreign_origin",
			"This request comes from a web page of another origin"+named(r)+", and a web page may use only the server it came from. Call Easel from your server, or serve the page from Easel's own address.")
	}
	return nil
}

// named is the origin of a request, where the browser told more than that it is another.
func named(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return " (" + clip(origin) + ")"
	}
	return ""
}

// foreign looks at the origin of reading requests too, which the standard library lets pass: a list of
// jobs is nothing for other pages.
func (g *Guard) foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(g.trusted, origin) {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host)
}

// hostname is a host without its port and without the brackets of IPv6.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
