package api

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // of openapi.yaml
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"easel/shared/job"
	"easel/shared/model"
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

	limits   *limits
	standard model.Model // of a request that names none
}

//go:embed openapi.yaml
var description []byte

// New returns the API as a handler.
func New(s Server) http.Handler {
	s.complete()
	m := &router{Server: &s, guard: s.guard(), paths: s.paths()}
	return m.wrap(m.mux())
}

// complete sets what was left out, and what the routes share.
func (s *Server) complete() {
	s.limits = newLimits(s.Rate)
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if s.NewID == nil {
		s.NewID = uuid.NewString
	}
	if s.MaxWait = max(0, cmp.Or(s.MaxWait, maxWait)); s.Submitter != nil {
		s.Model = s.Submitter.Model
	}
	s.standard, _ = model.Find(cmp.Or(s.Model, "core"))
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
