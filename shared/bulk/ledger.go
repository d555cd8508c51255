package bulk

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// ledgerVersion is the version that batch.json carries. A later one is refused: it may say what this program cannot keep.
const ledgerVersion = 1

// Ledger says what was ordered for the folder from one server. It is written before the first request, so that whatever
// happens then the same batch is found again.
type Ledger struct {
	Server    string    `json:"server"`
	Batch     string    `json:"batch"`
	Key       string    `json:"key"` // the Idempotency-Key that the batch was made with
	Source    string    `json:"source,omitempty"`
	Header    []string  `json:"header,omitempty"` // of the source, if it is a CSV
	Expand    string    `json:"expand,omitempty"` // how its rows were multiplied, as it was said
	Left      int       `json:"left,omitempty"`   // rows that were to be made and had not ended when the last run did
	CreatedAt time.Time `json:"created_at"`
}

// ledgers is the content of batch.json.
type ledgers struct {
	V       int      `json:"v"`
	Batches []Ledger `json:"batches"`
}

// Ledger returns what was ordered from a server.
func (f *Folder) Ledger(server string) (Ledger, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.ledgerOf(server)
	if i < 0 {
		return Ledger{}, false
	}
	return f.ledgers[i], true
}

func (f *Folder) ledgerOf(server string) int {
	return slices.IndexFunc(f.ledgers, func(l Ledger) bool { return l.Server == server })
}

// others are what was ordered from other servers.
func (f *Folder) others(server string) []Ledger {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.ledgers), func(l Ledger) bool { return l.Server == server })
}

// Pictures is how many pictures the folder holds, as far as its manifest knows.
func (f *Folder) Pictures() int {
	known, _ := f.holds()
	return known
}

// holds is how many pictures lie in the folder that the manifest knows, and how many others.
func (f *Folder) holds() (known, unknown int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.index.with(flagMade)), f.unknown
}

// SetLedger writes the ledger in place of that of the same server, durably and all or nothing. Its header is that of the
// cells recorded from now on: set it for every run.
func (f *Folder) SetLedger(l Ledger) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed := slices.Clone(f.ledgers)
	if i := f.ledgerOf(l.Server); i >= 0 {
		changed[i] = l
	} else {
		changed = append(changed, l)
	}
	data, err := json.MarshalIndent(ledgers{V: ledgerVersion, Batches: changed}, "", "  ")
	if err == nil {
		err = f.store(ledgerFile, append(data, '\n'))
	}
	if err != nil {
		return f.fail("write", ledgerFile, err)
	}
	f.ledgers, f.header = changed, l.Header
	return nil
}

// loadLedgers refuses a file that it does not understand: without it, all might be ordered again.
func (f *Folder) loadLedgers() error {
	data, err := f.root.ReadFile(ledgerFile)
	if absent(err) {
		return nil
	}
	if err != nil {
		return f.fail("read", ledgerFile, err)
	}
	var l ledgers
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("%s in folder %s does not say which batches were ordered for it: %w. "+
			"Bring back a copy of the file. Without it a new batch is made, and what was ordered but not fetched is paid again", ledgerFile, f.Path, err)
	}
	if l.V > ledgerVersion {
		return fmt.Errorf("%s in folder %s was written by a newer easel (version %d of the file, and this program knows %d): "+
			"use that one", ledgerFile, f.Path, l.V, ledgerVersion)
	}
	f.ledgers = l.Batches
	return nil
}
