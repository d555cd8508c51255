package folder

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
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

// batchList is the content of batch.json.
type batchList struct {
	V       int     `json:"v"`
	Batches []Batch `json:"batches"`
}

// orders are what was ordered for the folder.
type orders struct {
	*directory

	changing sync.Mutex
	list     []Batch
	header   []string // of the cells that come
}

// Batch returns what was ordered from a server.
func (o *orders) Batch(server string) (Batch, bool) {
	o.changing.Lock()
	defer o.changing.Unlock()
	i := o.batchOf(server)
	if i < 0 {
		return Batch{}, false
	}
	return o.list[i], true
}

func (o *orders) batchOf(server string) int {
	return slices.IndexFunc(o.list, func(l Batch) bool { return l.Server == server })
}

// Others are what was ordered from other servers.
func (o *orders) Others(server string) []Batch {
	o.changing.Lock()
	defer o.changing.Unlock()
	return slices.DeleteFunc(slices.Clone(o.list), func(l Batch) bool { return l.Server == server })
}

// SetBatch writes a batch in place of that of the same server, durably and all or nothing. Its header is that of the
// cells recorded from now on: set it for every run.
func (o *orders) SetBatch(l Batch) error {
	o.changing.Lock()
	defer o.changing.Unlock()
	changed := slices.Clone(o.list)
	if i := o.batchOf(l.Server); i >= 0 {
		changed[i] = l
	} else {
		changed = append(changed, l)
	}
	data, err := json.MarshalIndent(batchList{V: batchVersion, Batches: changed}, "", "  ")
	if err == nil {
		err = o.store(batchFile, append(data, '\n'))
	}
	if err != nil {
		return o.fail("write", batchFile, err)
	}
	o.list, o.header = changed, l.Header
	return nil
}

// loadBatches refuses a file that it does not understand: without it, all might be ordered again.
func (o *orders) loadBatches() error {
	data, err := o.root.ReadFile(batchFile)
	if absent(err) {
		return nil
	}
	if err != nil {
		return o.fail("read", batchFile, err)
	}
	var l batchList
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("%s in folder %s does not say which batches were ordered for it: %w. "+
			"Bring back a copy of the file. Without it a new batch is made, and what was ordered but not fetched is paid again", batchFile, o.Path, err)
	}
	if l.V > batchVersion {
		return fmt.Errorf("%s in folder %s was written by a newer easel (version %d of the file, and this program knows %d): "+
			"use that one", batchFile, o.Path, l.V, batchVersion)
	}
	o.list = l.Batches
	return nil
}

// headerOf names the columns of the cells that come from a server's rows.
func (o *orders) headerOf(server string) []string {
	o.changing.Lock()
	defer o.changing.Unlock()
	if i := o.batchOf(server); o.header == nil && i >= 0 {
		return o.list[i].Header
	}
	return o.header
}
