// Package feed tells the streams of an owner that a record of this owner has changed. It carries names alone: the reader of a
// stream looks at the record, so that a change which is told twice, or late, shows nothing wrong. The feed keeps nothing for
// owners without a stream. For a stream that does not keep up it keeps only that something was lost.
package feed

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Bounds of what watchers take up.
const (
	maxStreams  = 1000        // in all
	maxPerOwner = 16          // of one owner
	maxPending  = 1000        // changes that a stream has not taken, after which they are lost
	maxTaken    = 100         // jobs that are taken at a time
	batchesRest = time.Second // between two looks at batches, whose counters change with every job
)

// ErrTooMany says that no other stream may be opened at present.
var ErrTooMany = errors.New("too many streams are open")

// Kind says what has changed.
type Kind int

// The kinds.
const (
	Job Kind = iota
	Batch
)

// Hub passes changes on to the streams of their owners. Its methods are safe for concurrent use. The zero value is ready.
type Hub struct {
	mu      sync.Mutex
	streams map[string][]*Stream // by owner
	total   int
}

// Watched reports whether any stream is open.
func (h *Hub) Watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total > 0
}

// Tell notes changes of an owner's jobs or batches. It never waits.
func (h *Hub) Tell(owner string, kind Kind, ids ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.streams[owner] {
		s.note(kind, ids)
	}
}

// Open begins a stream of an owner's changes from now on, which its caller closes. It returns [ErrTooMany] where the owner,
// or all together, have as many as there may be.
func (h *Hub) Open(owner string) (*Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.total >= maxStreams || len(h.streams[owner]) >= maxPerOwner {
		return nil, ErrTooMany
	}
	s := &Stream{hub: h, owner: owner, wake: make(chan struct{}, 1), known: map[string]bool{}}
	if h.streams == nil {
		h.streams = map[string][]*Stream{}
	}
	h.streams[owner] = append(h.streams[owner], s)
	h.total++
	return s, nil
}

// Stream is what one watcher has not heard of yet.
type Stream struct {
	hub   *Hub
	owner string
	wake  chan struct{} // holds a token when something was noted

	mu      sync.Mutex
	jobs    []string
	batches []string
	known   map[string]bool // what is in one of the two
	lost    bool
	looked  time.Time // when batches were taken last
}

// Close ends the stream.
func (s *Stream) Close() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.streams[s.owner]
	left := slices.DeleteFunc(slices.Clone(all), func(other *Stream) bool { return other == s })
	h.total -= len(all) - len(left)
	if h.streams[s.owner] = left; len(left) == 0 {
		delete(h.streams, s.owner)
	}
}

// note adds changes. A record that is to be looked at already is looked at once.
func (s *Stream) note(kind Kind, ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		switch {
		case s.known[id]:
			continue
		case len(s.known) == maxPending:
			s.jobs, s.batches, s.known, s.lost = nil, nil, map[string]bool{}, true
		}
		if s.known[id] = true; kind == Batch {
			s.batches = append(s.batches, id)
		} else {
			s.jobs = append(s.jobs, id)
		}
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// News is what has changed.
type News struct {
	Lost    bool // there were too many changes: everything is to be looked at anew
	Jobs    []string
	Batches []string // each at most once a second
}

// Next waits for changes, but no longer than idle, after which the news are empty. It returns the error of a context that
// ends.
func (s *Stream) Next(ctx context.Context, idle time.Duration) (News, error) {
	over := time.After(idle)
	for {
		news, wait := s.take(time.Now())
		if news.Lost || len(news.Jobs)+len(news.Batches) > 0 {
			return news, nil
		}
		select {
		case <-s.wake:
		case <-time.After(wait):
		case <-over:
			return News{}, nil
		case <-ctx.Done():
			return News{}, ctx.Err()
		}
	}
}

// take returns what is to be told now, and after how long to ask again for what is held back.
func (s *Stream) take(now time.Time) (news News, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news.Lost, s.lost = s.lost, false
	news.Jobs = s.jobs[:min(len(s.jobs), maxTaken)]
	s.jobs = s.jobs[len(news.Jobs):]
	if wait = s.looked.Add(batchesRest).Sub(now); len(s.batches) > 0 && wait <= 0 {
		news.Batches, s.batches, s.looked = s.batches, nil, now
	}
	for _, id := range slices.Concat(news.Jobs, news.Batches) {
		delete(s.known, id)
	}
	if len(s.batches) == 0 {
		wait = time.Hour
	}
	return news, wait
}
