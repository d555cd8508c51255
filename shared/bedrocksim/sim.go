// Package bedrocksim stands in for Amazon Bedrock Runtime at the level of its wire protocol, so that Easel
// runs without an AWS account and its tests can ask for every failure that the real service has. It takes
// InvokeModel for the catalogue's models, validates as they do with tables of its own, keeps their quotas,
// takes their time, draws a picture that follows the prompt, and fails on demand: by words in a prompt such
// as [sim:500], or for all requests by chance. A word that it does not know is refused with those it does.
//
// It keeps a ledger of every request, which is what a test reads to see what was paid for and how often.
// Since the ledger holds prompts, the package belongs on a loopback address. It never imports the adapter
// that calls it.
//
// # Where it differs from Bedrock
//
// A request that Bedrock refuses is refused, in the order body, signature, headers, model, fields, with the
// words that AWS prints or users report. Nothing was compared with a call of the real service. What is known
// to differ, or is a guess:
//
//   - It checks that there is a signature and its region, not the signature. Errors of wrong credentials come by
//     [sim:denied] alone.
//   - Core and Ultra refuse mode, image, strength, style_preset, width and height and take png or jpeg in lower
//     case (PyPI bedrock-image-mcp-server 0.5.0). The page of Ultra in the user guide, as of October 2026, still
//     lists image; it describes version 1:0, which has ended. The sentence about an unknown field is that of
//     Ultra 1:0 (GitHub BerriAI/litellm#6826); the order in which it lists the fields is a guess.
//   - Wrong types, lengths, enums and ranges have the words of the validator that answers for other models of
//     Bedrock ("expected type: Integer, found: Null", "8192 is not less or equal to 2048", "expected maxLength:
//     2048, actual: 4680", "none is not a valid enum value"; each quoted in public repositories on GitHub). Whether Stability's models use them is not known. Bedrock may list several faults; the first
//     is told here.
//   - The words about an input image (base64, type, sides, mode, aspect_ratio beside it) are the simulator's. The
//     user guide gives 64 pixels as the smallest side (SD3.5 Large); the largest area is a bound of the simulator.
//   - A length counts characters of Unicode. The user guide does not say what it counts.
//   - A guardrail of any well-formed name exists and lets everything pass. That identifier and version belong
//     together, that its configuration in the body needs it, and that it needs application/json is said in the
//     API reference of InvokeModel; the words are the simulator's. So are those about a content type.
//   - A model is known by its ID; ARNs are not. The 13 image services are refused without "us." as Bedrock does,
//     and with it because they are not simulated.
//   - A reply over 16,777,216 bytes is refused ("Response payload size N bytes exceeds the maximum allowed size of
//     16777216 bytes"; PyPI bedrock-image-mcp-server 0.5.0). That it is a ValidationException with status 400, and
//     that the call counts as paid, are guesses. No picture of the simulator is that large unless
//     [sim:oversized] swells it.
//   - The same request with a seed draws the same picture on every machine. Of the real models that holds within
//     minutes, and hours apart they occasionally differ (PyPI bedrock-image-mcp-server 0.5.0).
//   - Quotas count calls in a sliding minute. How Bedrock counts them is not documented.
//   - Nothing is filtered unless [sim:filtered] or [sim:output] asks for it.
//   - SDXL 1.0 follows its pages of the user guide; it answers where [Options] say so, as for a private arrangement.
package bedrocksim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"time"
)

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
	Silent bool   // the file holds hashes of the prompts and not their words, so that it may outlive them

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
	dice   func() float64
	brush  chan struct{} // one token for each call that draws, so that a burst cannot take all memory
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
	calls, err := openLedger(opts.Ledger, opts.Silent)
	if err != nil {
		return nil, fmt.Errorf("open the simulator's ledger: %w", err)
	}
	s := &Server{
		opts: opts, mux: http.NewServeMux(), ledger: calls, quota: &quota{times: opts.Quota, calls: map[string][]time.Time{}},
		dice:  chance(opts.Seed),
		brush: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	for _, e := range calls.entries {
		if e.Outcome != Refused {
			s.quota.calls[e.Model] = append(s.quota.calls[e.Model], e.Time)
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

// chance is a seeded source of numbers from 0 to 1 that many requests share.
func chance(seed uint64) func() float64 {
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, 0))
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Float64()
	}
}
