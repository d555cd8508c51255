package disk

import (
	"runtime"
	"sync"
)

// together makes durable what many have written, in one call for all who wait: a flush of a disk takes as long for a hundred
// files as for one. Those who come while a flush runs may have written too late for it, so that they share the next one.
type together struct {
	flush func() error  // of all that was written before
	turn  chan struct{} // holds the token of the one who flushes

	mu   sync.Mutex
	next *round // the round that callers join now; nil: none has come yet
}

func newTogether(do func() error) *together {
	return &together{flush: do, turn: make(chan struct{}, 1)}
}

// round is one flush.
type round struct {
	over chan struct{} // closed then
	err  error
}

// wait returns once all that was written before the call is durable.
func (t *together) wait() error {
	t.mu.Lock()
	r := t.next
	if r != nil {
		t.mu.Unlock()
		<-r.over
		return r.err
	}
	r = &round{over: make(chan struct{})}
	t.next = r
	t.mu.Unlock()

	t.turn <- struct{}{}
	runtime.Gosched() // those who are about to wait come first
	defer func() { <-t.turn }()
	t.mu.Lock()
	t.next = nil // what is written from now on may come too late
	t.mu.Unlock()
	r.err = t.flush()
	close(r.over)
	return r.err
}
