package bulk

import (
	"maps"
	"strconv"
	"sync"
)

// state is where a row stands in this run.
type state uint8

const (
	idle   state = iota // nothing is asked for it: it failed before, or lies beyond the limit
	made                // its picture lies in the folder
	wanted              // to be sent, or sent, and not yet in the folder
	busy                // its picture is being fetched
	ended               // recorded as failed or canceled in this run
	lost                // given up in this run, without a record
)

// ref is what memory holds of a row, beside the hash of its key.
type ref struct {
	at    int64  // in the spool
	print uint64 // begins its fingerprint
	part  uint32 // the append that carried it, from 1; 0: not yet answered
	state state

	ordered bool // before this run, and not made when it was planned
	beyond  bool // the limit
}

// printOf is the beginning of a fingerprint.
func printOf(fingerprint string) uint64 {
	n, _ := strconv.ParseUint(fingerprint[:16], 16, 64) // it is hexadecimal
	return n
}

// index finds the rows of a file by their keys. It is safe for concurrent use.
type index struct {
	mu   sync.Mutex
	rows map[digest]ref
	left map[string]int // rows that are wanted or busy, by model
	n    int            // of these, in all
}

func newIndex() *index { return &index{rows: map[digest]ref{}, left: map[string]int{}} }

func (x *index) get(k digest) (ref, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r, ok := x.rows[k]
	return r, ok
}

func (x *index) put(k digest, r ref) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows[k] = r
}

// move changes a row's state and keeps count of what is left to do of its model.
func (x *index) move(k digest, model string, to state) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rows[k]
	if was, is := r.state.open(), to.open(); was != is {
		d := 1
		if was {
			d = -1
		}
		x.left[model] += d
		x.n += d
	}
	r.state = to
	x.rows[k] = r
}

func (s state) open() bool { return s == wanted || s == busy }

// answered notes that the server has taken the rows of an append.
func (x *index) answered(keys []digest, part uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range keys {
		r := x.rows[k]
		r.part = part
		x.rows[k] = r
	}
}

// open is how many rows are left to do, and by model.
func (x *index) open() (n int, models map[string]int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.n, maps.Clone(x.left)
}

// drop gives up what is left, and returns how much that was.
func (x *index) drop() (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for k, r := range x.rows {
		if r.state.open() {
			r.state = lost
			x.rows[k] = r
			n++
		}
	}
	x.n = 0
	clear(x.left)
	return n
}
