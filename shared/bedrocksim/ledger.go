package bedrocksim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Outcome says what a request came to.
type Outcome string

// The outcomes. Executed and filtered calls are those that the real service may charge.
const (
	Executed Outcome = "executed" // the model ran, whether or not its picture arrived
	Refused  Outcome = "refused"  // turned away before the model ran
	Filtered Outcome = "filtered" // moderation kept the picture back
)

// Entry is one request in the ledger.
type Entry struct {
	Time    time.Time `json:"time"`
	Model   string    `json:"model"`
	Prompt  string    `json:"prompt,omitempty"` // as sent, with the words of a style; a file may leave it out
	Hash    string    `json:"prompt_sha256"`    // of the prompt, in hexadecimal
	Seed    int64     `json:"seed"`             // as sent; 0 asked for a random one
	Outcome Outcome   `json:"outcome"`
	Status  int       `json:"status"`          // 0 where the connection was reset
	Bytes   int       `json:"bytes"`           // of the picture
	Fault   string    `json:"fault,omitempty"` // the word that caused the outcome
}

// Filter selects entries; an empty field selects all.
type Filter struct {
	Prompt, Model string
	Seed          *int64
}

// Report is what GET /ledger answers: the entries, oldest first, and what they add up to.
type Report struct {
	Entries []Entry         `json:"entries"`
	Totals  map[Outcome]int `json:"totals"`
	// Repeated is how many orders, by model, prompt and seed, were executed more than once: pictures
	// paid for twice. Orders without a seed are left out.
	Repeated int `json:"repeated"`
}

// key is what makes two requests the same order.
type key struct {
	model, hash string // of the prompt
	seed        int64
}

func (e Entry) key() key { return key{e.Model, e.Hash, e.Seed} }

// PromptHash is the SHA-256 of a prompt in hexadecimal, by which the file of a ledger knows it.
func PromptHash(prompt string) string {
	sum := sha256.Sum256([]byte(prompt))
	return hex.EncodeToString(sum[:])
}

type ledger struct {
	mu      sync.Mutex
	file    *os.File // nil: memory only
	silent  bool     // the file holds no prompts
	entries []Entry
	struck  map[blow]int // how often a word of the prompt has struck
}

// blow is a word that strikes an order.
type blow struct {
	key
	word string
}

// openLedger reads a ledger and makes it ready for more. The line that a killed process did not finish
// is cut off.
func openLedger(path string, silent bool) (*ledger, error) {
	l := &ledger{silent: silent, struck: map[blow]int{}}
	if path == "" {
		return l, nil
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	complete := data[:bytes.LastIndexByte(data, '\n')+1]
	if err := l.load(complete); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(complete) < len(data) {
		if err := os.Truncate(path, int64(len(complete))); err != nil {
			return nil, err
		}
	}
	l.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return l, err
}

func (l *ledger) load(data []byte) error {
	for line := range bytes.Lines(data) {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("line %d is no ledger entry: %w; move the file away to start anew", len(l.entries)+1, err)
		}
		l.entries = append(l.entries, e)
		if e.Fault != "" {
			l.struck[blow{e.key(), e.Fault}]++
		}
	}
	return nil
}

// add records a request. The entry is with the operating system when it returns, so that it survives
// the death of this process.
func (l *ledger) add(e Entry) error {
	kept := e
	if l.silent {
		kept.Prompt = ""
	}
	line, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	if l.file == nil {
		return nil
	}
	_, err = l.file.Write(append(line, '\n'))
	return err
}

// strike reports whether a steering word befalls this request, and counts it if so.
func (l *ledger) strike(k key, w steering) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := blow{k, w.word}
	if w.count > 0 && l.struck[b] >= w.count {
		return false
	}
	l.struck[b]++
	return true
}

func (l *ledger) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Ledger returns the entries that the filter selects, as GET /ledger shows them.
func (s *Server) Ledger(f Filter) Report {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	r := Report{Entries: []Entry{}, Totals: map[Outcome]int{Executed: 0, Refused: 0, Filtered: 0}}
	runs := map[key]int{}
	for _, e := range s.ledger.entries {
		if !f.selects(e) {
			continue
		}
		r.Entries = append(r.Entries, e)
		r.Totals[e.Outcome]++
		if e.Outcome == Executed && e.Seed != 0 {
			runs[e.key()]++
		}
	}
	for _, n := range runs {
		if n > 1 {
			r.Repeated++
		}
	}
	slices.SortStableFunc(r.Entries, func(a, b Entry) int { return a.Time.Compare(b.Time) })
	return r
}

func (f Filter) selects(e Entry) bool {
	return (f.Prompt == "" || PromptHash(f.Prompt) == e.Hash) &&
		(f.Model == "" || f.Model == e.Model) &&
		(f.Seed == nil || *f.Seed == e.Seed)
}

func (s *Server) showLedger(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f := Filter{Prompt: q.Get("prompt"), Model: q.Get("model")}
	if digits := q.Get("seed"); digits != "" {
		seed, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			send(w, *invalid("seed is not a whole number"))
			return
		}
		f.Seed = &seed
	}
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(s.Ledger(f)) // it fails only where the client has hung up
}
