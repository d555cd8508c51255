package api

import (
	"bytes"
	"context"
	_ "embed" // of openapi.yaml
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"easel/shared/job"
	"easel/shared/read"
)

// MaxBody is the largest body that is read, in bytes: a job with an input image of 3 MB in base64.
const MaxBody = 4 << 20

// Server is what the handler needs. Reader and Identify must be there; a server without a Submitter only
// shows.
type Server struct {
	Submitter *job.Submitter
	Reader    *read.Reader
	// Model is the one that the submitter elsewhere takes for a request that names none, where there is no
	// Submitter here; empty: core.
	Model string

	// Identify says who stands behind a request. A [*Problem] that it returns is the answer, any other error is an
	// internal one.
	Identify func(*http.Request) (job.Caller, error)
	// Besides are the routes of an [Embedded] server. Nil: there are none, and a function links nothing of them.
	Besides interface{ routes(s *Server) []route }
	// Healthy returns why the server cannot do its work: an [*job.Error] with words for clients, or any other error,
	// which the log alone is told. Nil means that it always can.
	Healthy func(context.Context) error

	// Base is the public address, such as https://easel.example.com/prod: addresses in answers begin with it, its
	// host is one of the server's names and its origin the server's own. Empty means the scheme and host that the
	// request came to.
	Base string
	// Hosts are the names under which the server may be called, besides those of loopback; "*" is any, for
	// a server behind a gateway that has checked the name.
	Hosts []string
	// Origins are those whose web pages may use the server, such as https://app.example.com, behind a gateway
	// that answers their preflights and adds the headers that browsers ask for. This server adds none.
	Origins []string
	// Pages are origins whose web pages may use the server too. It answers their preflights and adds the headers itself.
	// Their pages send a key, so there must be keys.
	Pages []string
	// Beside are handlers that are not part of the API, by their patterns, such as /files/ for pictures. Their
	// requests are numbered and guarded as all others are, and need no credential.
	Beside map[string]http.Handler
	// Lenient takes a body without a content type, or with the one that curl sends by itself, for JSON if
	// the request was sent to loopback and not by a web page.
	Lenient bool
	// MaxWait bounds how long an answer may be held back; 0 means 25 s, less than 0 that none is.
	MaxWait time.Duration

	// Pace is how many calls of a model may be begun a minute at present. Nil: it is not shown.
	Pace func(ctx context.Context, model string) float64

	// Rate is how many requests a second one owner may send, twice as many at once; 0 means any number.
	Rate float64

	Log    *slog.Logger  // nil: slog.Default()
	Access *slog.Logger  // gets a line for each request; nil: there is none, as behind a gateway that writes its own
	NewID  func() string // number of a request; nil: a random UUID

	limits *limits
}

//go:embed openapi.yaml
var description []byte

// New returns the API as a handler.
func New(s Server) http.Handler {
	s.limits = newLimits(s.Rate)
	methods := map[string]map[string]route{}
	for _, r := range s.routes() {
		if methods[r.path] == nil {
			methods[r.path] = map[string]route{}
		}
		methods[r.path][r.method] = r
	}
	mux := http.NewServeMux()
	for pattern, m := range methods {
		mux.Handle(pattern, s.dispatch(m))
	}
	for pattern, h := range s.Beside {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, s.unknown(r))
	})
	return s.outer(mux)
}

func (s *Server) unknown(r *http.Request) *Problem {
	return NewProblem(http.StatusNotFound, "unknown_path", "There is no "+quote(r.URL.Path)+". What there is: "+s.paths()+".")
}

// outer is what happens to every request, whatever its address: a number, the headers that every answer
// has, the guard, and an end to panics.
func (s *Server) outer(next http.Handler) http.Handler {
	g := s.guard()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &requestInfo{number: s.number()}
		w.Header().Set("X-Request-Id", v.number)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r = r.WithContext(context.WithValue(r.Context(), requestInfoKey{}, v))
		m := &meter{ResponseWriter: w, headless: r.Method == http.MethodHead}
		defer s.note(r, m, time.Now())
		defer s.catch(m, r)
		known := tidy(r)
		p := g.check(r)
		if p == nil && s.cors(m, r) {
			return
		}
		if p == nil && !known {
			p = s.unknown(r)
		}
		if p != nil {
			s.fail(m, r, p)
			return
		}
		next.ServeHTTP(m, r)
	})
}

func (s *Server) number() string {
	if s.NewID != nil {
		return s.NewID()
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

// catch ends a panic as an internal error. The stack goes to the log, the panic's value does not: it may
// hold what a client sent.
func (s *Server) catch(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	s.log().ErrorContext(r.Context(), "request panicked", "request", requestInfoOf(r).number, "stack", string(debug.Stack()))
	write(w, internal(r))
}

func (s *Server) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

// answer writes a body of success.
func answer(w http.ResponseWriter, status int, value any) error {
	b, err := encode(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that has gone away is no concern of ours
	return nil
}

// encode writes JSON for people too: with & as it is, so that an address can be copied.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
