// Package bedrocksim stands in for Amazon Bedrock Runtime at the level of its wire protocol, so that Easel
// runs without an AWS account and its tests can ask for every failure that the real service has. It takes
// InvokeModel for the catalogue's models, validates as they do with tables of its own, keeps their quotas,
// takes their time, draws a picture that follows the prompt, and fails on demand: by words in a prompt such
// as [sim:500], or for all requests by chance. A word that it does not know is refused with those it does.
//
// It keeps a ledger of every request, which is what a test reads to see what was paid for and how often.
// Since the ledger holds prompts, the package belongs on a loopback address. It does not check signatures,
// only that there is one, and it never imports the adapter that calls it.
package bedrocksim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"time"
)

// DefaultQuota is a multiple of the real quotas at which nobody who tries Easel waits for long.
const DefaultQuota = 20

// DefaultRegion is the region that serves every text-to-image model of the catalogue.
const DefaultRegion = "us-west-2"

// Options say how real the stand-in is.
type Options struct {
	Region string // served; calls signed for another are refused. Empty: [DefaultRegion]

	// Quota multiplies the catalogue's calls a minute: 1 is the real quota, 0 means none.
	Quota float64

	// Latency is how long every picture takes; 0 gives each model its own time with a spread of 30
	// percent, a negative value none.
	Latency time.Duration

	Retired bool // models that have ended answer, as they do for an account with a private arrangement

	Tiny   bool   // pictures of a sixteenth of the sides, for load tests
	Ledger string // file to keep the ledger in; empty: memory only

	// Faults gives words of the kind [sim:500], without brackets and prefix, a probability of 0..1 to
	// befall any request.
	Faults map[string]float64

	Seed uint64           // of the latencies, of the faults and of pictures without a seed
	Now  func() time.Time // nil: time.Now
}

// Server is the stand-in, an HTTP handler that is safe for concurrent use.
type Server struct {
	opts   Options
	mux    *http.ServeMux
	ledger *ledger
	quota  *quota
	dice   *dice
	brush  chan struct{} // held by whoever draws, so that a burst cannot take all memory
}

// New returns a stand-in and reads the ledger that an earlier one left. It fails on a fault that does not
// exist, a probability outside 0..1, and a ledger that cannot be read or written.
func New(opts Options) (*Server, error) {
	if err := checkFaults(opts.Faults); err != nil {
		return nil, err
	}
	if opts.Region == "" {
		opts.Region = DefaultRegion
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	ledger, err := openLedger(opts.Ledger)
	if err != nil {
		return nil, fmt.Errorf("open the simulator's ledger: %w", err)
	}
	s := &Server{
		opts: opts, mux: http.NewServeMux(), ledger: ledger, quota: newQuota(opts.Quota),
		dice:  &dice{source: rand.New(rand.NewPCG(opts.Seed, 0))},
		brush: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	for _, e := range ledger.entries {
		if e.Outcome != Refused {
			s.quota.note(e.Model, e.Time)
		}
	}
	s.routes()
	return s, nil
}

// Close ends the writing of the ledger.
func (s *Server) Close() error { return s.ledger.close() }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) routes() {
	s.mux.HandleFunc("POST /model/{id}/invoke", s.invoke)
	s.mux.HandleFunc("GET /ledger", s.showLedger)
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "Simulated Amazon Bedrock Runtime. POST /model/{id}/invoke draws a picture; GET /ledger lists the calls.")
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		send(w, answer{status: http.StatusNotFound, name: "UnknownOperationException", message: "The requested operation is not recognized by the service."})
	})
}

// dice is a seeded source that many requests share.
type dice struct {
	mu     sync.Mutex
	source *rand.Rand
}

func (d *dice) float() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.source.Float64()
}

func (d *dice) seed(most int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return 1 + d.source.Int64N(most)
}
