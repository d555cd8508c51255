package folder

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// batchVersion is the version that batch.json carries. A later one is refused: it may say what this program cannot keep.
const batchVersion = 1

// Batch says what was ordered for the folder from one server. It is written before the first request, so that whatever
// happens then the same batch is found again.
type Batch struct {
	Server    string    `json:"server"`
	Batch     string    `json:"batch"`
	Key       string    `json:"key"` // the Idempotency-Key that the batch was made with
	Source    string    `json:"source,omitempty"`
	Header    []string  `json:"header,omitempty"` // of the source, if it is a CSV
	Expand    string    `json:"expand,omitempty"` // how its rows were multiplied, as it was said
	Left      int       `json:"left,omitempty"`   // rows that were to be made and had not ended when the last run did
	CreatedAt time.Time `json:"created_at"`
}

// batches is the content of batch.json.
type batches struct {
	V       int     `json:"v"`
	Batches []Batch `json:"batches"`
}

// Batch returns what was ordered from a server.
func (f *Folder) Batch(server string) (Batch, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.batchOf(server)
	if i < 0 {
		return Batch{}, false
	}
	return f.batches[i], true
}

func (f *Folder) batchOf(server string) int {
	return slices.IndexFunc(f.batches, func(l Batch) bool { return l.Server == server })
}

// Others are what was ordered from other servers.
func (f *Folder) Others(server string) []Batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.batches), func(l Batch) bool { return l.Server == server })
}

// Pictures is how many pictures lie in the folder that the manifest knows, and how many others.
func (f *Folder) Pictures() (known, unknown int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.index.with(flagMade)), f.unknown
}

// SetBatch writes a batch in place of that of the same server, durably and all or nothing. Its header is that of the
// cells recorded from now on: set it for every run.
func (f *Folder) SetBatch(l Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed := slices.Clone(f.batches)
	if i := f.batchOf(l.Server); i >= 0 {
		changed[i] = l
	} else {
		changed = append(changed, l)
	}
	data, err := json.MarshalIndent(batches{V: batchVersion, Batches: changed}, "", "  ")
	if err == nil {
		err = f.store(batchFile, append(data, '\n'))
	}
	if err != nil {
		return f.fail("write", batchFile, err)
	}
	f.batches, f.header = changed, l.Header
	return nil
}

// loadBatches refuses a file that it does not understand: without it, all might be ordered again.
func (f *Folder) loadBatches() error {
	data, err := f.root.ReadFile(batchFile)
	if absent(err) {
		return nil
	}
	if err != nil {
		return f.fail("read", batchFile, err)
	}
	var l batches
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("%s in folder %s does not say which batches were ordered for it: %w. "+
			"Bring back a copy of the file. Without it a new batch is made, and what was ordered but not fetched is paid again", batchFile, f.Path, err)
	}
	if l.V > batchVersion {
		return fmt.Errorf("%s in folder %s was written by a newer easel (version %d of the file, and this program knows %d): "+
			"use that one", batchFile, f.Path, l.V, batchVersion)
	}
	f.batches = l.Batches
	return nil
}
