package bulk

import (
	"maps"
	"sync"

	"easel/shared/bulk/folder"
)

// state is where a row stands in this run.
type state uint8

const (
	idle   state = iota // nothing is asked for it: it failed before, or lies beyond the limit. What came of it is fetched
	away                // nothing is asked for it, and nothing is fetched: a person has deleted the picture, or chosen others
	made                // its picture lies in the folder
	wanted              // to be sent, or sent, and not yet in the folder
	busy                // its picture is being fetched
	ended               // recorded as failed or canceled in this run
	lost                // given up in this run, without a record
)

// tableRow is what memory holds of a row.
type tableRow struct {
	folder.Row
	place
	number int32  // its place in the order of the file, from 0
	offer  *offer // what the server makes of it
	price  int64  // of its picture, in micro-dollars
	part   uint32 // the append that carried it, from 1; 0: not yet answered
	state  state

	ordered bool // before this run, and not made when it was planned
	beyond  bool // the limit
	missing bool // its picture was made before, and its file is gone
	placed  bool // the batch has a job for it under its key
	rescued bool // the batch has a picture for it, under another key or of a canceled job, which is fetched
	again   bool // another picture is asked for, whatever lies there
	skipped bool // others were chosen for this run
	changed bool // the picture that it has is of what it asked for before
	deleted bool // its job was deleted on the server
	silent  bool // its picture will not tell its settings: embed none
}

// rowTable finds the rows of a file by their keys. It is safe for concurrent use.
type rowTable struct {
	mu    sync.Mutex
	rows  []tableRow // in the order of the file
	keys  map[folder.Digest]int32
	names map[int32]string // keys of rows that the batch knows under another than their own
	left  map[string]int   // rows that are wanted or busy, by model
	n     int              // of these, in all
}

func newRowTable() *rowTable {
	return &rowTable{keys: map[folder.Digest]int32{}, names: map[int32]string{}, left: map[string]int{}}
}

func (x *rowTable) get(k folder.Digest) (tableRow, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n, ok := x.keys[k]
	if !ok {
		return tableRow{}, false
	}
	return x.rows[n], true
}

// add puts a row behind the others.
func (x *rowTable) add(r tableRow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r.number = int32(len(x.rows))
	x.keys[r.Key] = r.number
	x.rows = append(x.rows, r)
}

// put replaces a row that is there.
func (x *rowTable) put(r tableRow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows[r.number] = r
}

// rename lets a row be found under another key, by which the batch knows it. Where that is another row's it stays as it
// is, and rename reports that.
func (x *rowTable) rename(n int32, key string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	as := folder.DigestOf(key)
	if _, taken := x.keys[as]; taken {
		return false
	}
	x.keys[as], x.names[n] = n, key
	return true
}

// row is a row by its place in the order of the file.
func (x *rowTable) row(n int32) tableRow {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.rows[n]
}

// renamed is the key by which the batch knows a row, where it is not the row's own.
func (x *rowTable) renamed(n int32) (key string, is bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key, is = x.names[n]
	return key, is
}

// move changes a row's state and keeps count of what is left to do of its model.
func (x *rowTable) move(k folder.Digest, model string, to state) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := &x.rows[x.keys[k]]
	if was, is := r.state.open(), to.open(); was != is {
		d := 1
		if was {
			d = -1
		}
		x.left[model] += d
		x.n += d
	}
	r.state = to
}

// open reports whether the row is to be sent.
func (r tableRow) open() bool { return r.state.open() && !r.rescued }

func (s state) open() bool { return s == wanted || s == busy }

// answered notes that the server has taken the rows of an append.
func (x *rowTable) answered(keys []folder.Digest, partNumber uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range keys {
		x.rows[x.keys[k]].part = partNumber
	}
}

// open is how many rows are left to do, and by model.
func (x *rowTable) open() (n int, models map[string]int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.n, maps.Clone(x.left)
}

// drop gives up what is left, and returns how much that was.
func (x *rowTable) drop() (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.rows {
		if x.rows[i].state.open() {
			x.rows[i].state = lost
			n++
		}
	}
	x.n = 0
	clear(x.left)
	return n
}
