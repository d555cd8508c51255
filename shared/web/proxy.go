package web

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"easel/shared/api"
)

// Proxy serves the page on loopback for an API elsewhere and gives each request of the page its credential, so that none
// ever lies in a browser. The browser that opens the address with the token gets a cookie for it; other users of the
// machine, who can reach the port too, do not.
type Proxy struct {
	// Server is the address of the API; a path in it comes before every route.
	Server *url.URL
	// Authorize gives a request to the API its credential, body being its bytes. Nil: it needs none. Its error is shown.
	Authorize func(r *http.Request, body []byte) error
	// Images are origins that the pictures of the API come from.
	Images []string
}

// passed are the paths of the API that the page uses. No other is passed on.
var passed = regexp.MustCompile(`^/(jobs|batches)(/[0-9A-Za-z-]{1,64}(/(image|cancel|retry|jobs|seal))?)?$|^/(models|events|images\.zip)$`)

// Headers that are passed on, there and back. Neither list has one that carries a credential.
var (
	sentOn  = []string{"Accept", "Content-Type", "Idempotency-Key", "Prefer"}
	sentOut = []string{"Date", "Content-Type", "Content-Length", "Content-Disposition", "Location", "Preference-Applied", "Retry-After"}
)

// tokenParameter is the parameter of the printed address that holds the token.
const tokenParameter = "token"

// session is what a visit begins with and what it goes on with. Both are random, and neither is a credential of the API.
type session struct {
	mu     sync.Mutex
	token  string // empty once it was used
	cookie string
}

// Handler returns the proxy and the token that lets one browser in.
func (p Proxy) Handler() (h http.Handler, token string) {
	s := &session{token: rand.Text(), cookie: rand.Text()}
	page := Page{Images: p.Images}.Handler(nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.enter(w, r, page) })
	mux.Handle("GET "+Prefix, page)
	mux.HandleFunc("GET /session", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintln(w, `{"required":false,"signed_in":true}`)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.holds(r):
			refuse(w, http.StatusForbidden, "no_session", "This browser was not let in. Open the address that easel ui has printed; it works once, and starting easel ui again prints another.")
		case !passed.MatchString(r.URL.EscapedPath()):
			refuse(w, http.StatusNotFound, "unknown_path", "The page has no use for this address, so it is not passed on.")
		default:
			p.pass(w, r)
		}
	})
	return api.NewGuard(nil).Wrap(unstored(mux)), s.token
}

// inert is the policy of every answer that is not the page: what a server or a gateway on the way sends as HTML would have
// the origin of the page, and with it the cookie.
const inert = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

// unstored keeps answers out of every cache, and scripts out of them. The page and its own files say otherwise.
func unstored(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Content-Security-Policy", inert)
		next.ServeHTTP(w, r)
	})
}

// enter changes the token for a cookie, once, and leads to an address without it.
func (s *session) enter(w http.ResponseWriter, r *http.Request, page http.Handler) {
	// A program that looks at an address before it opens it, as by HEAD, does not use it up.
	if given := r.URL.Query().Get(tokenParameter); r.Method == http.MethodGet && given != "" && s.spend(given) {
		http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: s.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if !s.known(r) {
		http.Error(w, "Open the address that easel ui has printed. It works once; starting easel ui again prints another.", http.StatusForbidden)
		return
	}
	page.ServeHTTP(w, r)
}

// spend reports whether the token is right, and takes it out of use.
func (s *session) spend(given string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == "" || !same(given, s.token) {
		return false
	}
	s.token = ""
	return true
}

// known reports whether the request comes from the browser that was let in.
func (s *session) known(r *http.Request) bool {
	c, err := r.Cookie(cookieName(r))
	return err == nil && same(c.Value, s.cookie)
}

// holds wants the browser's word too that the page itself asks, or a person. Pages of other ports have the cookie sent
// along, for cookies ignore ports.
func (s *session) holds(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return s.known(r) && (site == "same-origin" || site == "none")
}

// cookieName has the port in it, so that two of these do not overwrite each other's cookie.
func cookieName(r *http.Request) string {
	_, port, _ := net.SplitHostPort(r.Host) // without a port it is that of http
	return "easel_ui_" + port
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// pass sends a request of the page to the API with a credential, and the answer back as it comes.
func (p Proxy) pass(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", "The request is larger than the API takes.")
		return
	}
	out, err := p.request(r, body)
	if err != nil {
		refuse(w, http.StatusBadGateway, "credentials", err.Error())
		return
	}
	answer, err := http.DefaultTransport.RoundTrip(out) // it follows no redirect: where a picture is, is for the browser to know
	if err != nil {
		refuse(w, http.StatusBadGateway, "unreachable", "The server "+p.Server.Host+" does not answer.")
		return
	}
	defer answer.Body.Close()
	for _, name := range sentOut {
		if value := answer.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	if answer.StatusCode == http.StatusUnauthorized { // the page asks for a key then, and here the credential is not the page's
		answer.StatusCode = http.StatusForbidden
	}
	w.WriteHeader(answer.StatusCode)
	stream(w, answer.Body)
}

// request is that of the page anew, with the headers that are passed on and no others.
func (p Proxy) request(r *http.Request, body []byte) (*http.Request, error) {
	to := *p.Server
	to.Path, to.RawQuery = strings.TrimRight(to.Path, "/")+r.URL.Path, r.URL.RawQuery
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the request cannot be passed on")
	}
	if len(body) == 0 {
		out.Body, out.ContentLength = http.NoBody, 0
	}
	for _, name := range sentOn {
		if value := r.Header.Get(name); value != "" {
			out.Header.Set(name, value)
		}
	}
	out.Header.Set("User-Agent", "easel ui")
	if p.Authorize == nil {
		return out, nil
	}
	return out, p.Authorize(out, body)
}

// stream copies what comes as it comes: events are waited for.
func stream(w http.ResponseWriter, from io.Reader) {
	control := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return
			}
			_ = control.Flush() // what cannot be flushed comes at the end
		}
		if err != nil {
			return
		}
	}
}

// refuse answers with a problem, as the API does.
func refuse(w http.ResponseWriter, httpStatus int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(httpStatus)
	_ = json.NewEncoder(w).Encode(api.Problem{Type: "about:blank", Title: http.StatusText(httpStatus), Status: httpStatus, Detail: detail, Code: code})
}
