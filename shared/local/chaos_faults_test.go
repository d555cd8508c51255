package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"easel/shared/backoff"
	"easel/shared/bedrocksim"
)

// weather stands between the servers and a simulator that outlives them: what it lets befall their calls
// changes with time.
type weather struct {
	sim     *bedrocksim.Server
	replied chan struct{} // told of each picture that left, if a test listens

	mu     sync.Mutex
	chance *rand.Rand
	now    map[string]bool
	hits   map[string]int         // calls that a fault befell
	calls  map[string][]time.Time // of each model
	spoilt atomic.Int64           // pictures that were made and never arrived
}

// blow is what befalls a share of the calls while a fault is on. Either it answers in the model's place,
// or it spoils the model's answer.
type blow struct {
	share  float64
	refuse func(http.ResponseWriter)
	spoil  func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)
}

// Words of the service, for accounts that may not call yet or no longer.
const (
	accessPending = "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock documentation for further details. Your AWS Marketplace subscription for this model cannot be completed at this time."
	tokenExpired  = "The security token included in the request is expired"
)

var blows = map[string]blow{
	"outage":      {share: 1, refuse: refuse(503, "ServiceUnavailableException", "Bedrock is unable to process your request.")},
	"throttle":    {share: 0.7, refuse: refuse(429, "ThrottlingException", "Too many requests, please wait before trying again.")},
	"access":      {share: 1, refuse: refuse(403, "AccessDeniedException", accessPending)},
	"credentials": {share: 1, refuse: refuse(403, "ExpiredTokenException", tokenExpired)},
	"unanswered":  {share: 0.4, refuse: hangUp},
	"error 500": {share: 0.4, spoil: func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		refuse(500, "InternalServerException", "The system encountered an unexpected error during processing.")(w)
	}},
	"reset":     {share: 0.4, spoil: func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) { hangUp(w) }},
	"truncated": {share: 0.4, spoil: truncate},
	"oversized": {share: 0.3, spoil: bloat},
	"late":      {share: 0.3, spoil: func(w http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder) { hold(w, r, a, 2*callLimit) }},
}

// slow is no fault by itself: the pictures arrive, but time passes before they do.
const slow = "slow"

// slowness is how long a slow call takes.
const slowness = callLimit * 2 / 3

func (w *weather) turn(fault string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now[fault] = on
}

// felt is how many calls a fault has befallen.
func (w *weather) felt(fault string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits[fault]
}

// strike decides what befalls the next call.
func (w *weather) strike(path string) blow {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[path] = append(w.calls[path], time.Now())
	for _, fault := range slices.Sorted(maps.Keys(blows)) {
		if b := blows[fault]; w.now[fault] && w.chance.Float64() < b.share {
			w.hits[fault]++
			return b
		}
	}
	return blow{}
}

// busiest is the highest number of calls of a model within so long a time.
func (w *weather) busiest(model string, span time.Duration) (most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls["/model/"+model+"/invoke"]
	first := 0
	for n, at := range calls {
		for at.Sub(calls[first]) > span {
			first++
		}
		most = max(most, n+1-first)
	}
	return most
}

func (w *weather) slow() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now[slow]
}

func (w *weather) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	b := w.strike(r.URL.Path)
	if b.refuse != nil {
		b.refuse(out)
		return
	}
	answer := httptest.NewRecorder()
	w.sim.ServeHTTP(answer, r)
	switch {
	case b.spoil != nil && answer.Code == http.StatusOK:
		w.spoilt.Add(1)
		b.spoil(out, r, answer)
		return
	case w.slow():
		hold(out, r, answer, slowness)
	default:
		pass(out, answer)
	}
	if answer.Code == http.StatusOK {
		select {
		case w.replied <- struct{}{}:
		default:
		}
	}
}

func refuse(status int, name, message string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-Errortype", name)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

// pass hands on what the simulator answered.
func pass(w http.ResponseWriter, a *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), a.Header())
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.Body.Bytes())
	_ = http.NewResponseController(w).Flush()
}

func hold(w http.ResponseWriter, r *http.Request, a *httptest.ResponseRecorder, d time.Duration) {
	_ = backoff.Sleep(r.Context(), d)
	pass(w, a)
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

func truncate(w http.ResponseWriter, _ *http.Request, a *httptest.ResponseRecorder) {
	w.Header().Set("Content-Length", fmt.Sprint(a.Body.Len()))
	_, _ = w.Write(a.Body.Bytes()[:a.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// bloat answers with more than 32 MiB, which no picture has.
func bloat(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
	w.Header().Set("Content-Type", "application/json")
	block := bytes.Repeat([]byte{' '}, 1<<20)
	for range 33 {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}
