package local

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"easel/shared/backoff"
	"easel/shared/job"
	"easel/shared/pace"
)

// The states that a server tells of itself, from behind its ports.
const (
	leaseTaken    = "lease taken over"
	foundBefore   = "image found before a call"
	storeHas      = `store answered "exists"`
	halfOpen      = "breaker half open"
	claimUnheard  = "claim whose reply was lost"
	claimRefused  = "claim refused, a call under way"
	canceledAmid  = "cancel during a call"
	erasedLater   = "deletion resumed"
	flowByTimer   = "flow put back by its timer"
	endedByTimer  = "batch ended by its timer"
	lossOfReplies = 0.01 // share of claims and pictures that are stored and seem not to be
)

// witness stands between a besieged server's core and its stores. It writes a line for each rare state into a file, which
// outlives the server, and makes some of them longer or more frequent than they are on a quick disk.
type witness struct {
	file *os.File

	mu     sync.Mutex
	exists map[string]bool // keys of which the store has just said that they are taken
	lost   map[string]bool // writes whose reply was withheld
	due    map[string]bool // batches whose timer has come
	left   map[string]bool // of them those that wait in no flow
}

// attend puts a witness behind the ports of an engine.
func attend(e *engine, path string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	w := &witness{file: file, exists: map[string]bool{}, lost: map[string]bool{}, due: map[string]bool{}, left: map[string]bool{}}
	e.worker.Records = claims{e.worker.Records, w}
	e.worker.Images = seenImages{tardy{e.worker.Images}, w}
	e.worker.Pacer = probedPacer{e.worker.Pacer, w}
	e.worker.Batches = lateEnd{e.worker.Batches}
	e.submitter.Batches = lateEnd{e.submitter.Batches}
	e.submitter.Images = lateDelete{e.submitter.Images}
	e.submitter.Watch = w.watching(e.submitter.Watch, job.Running, job.Canceled, canceledAmid)
	e.sweeper.Watch = w.watching(e.sweeper.Watch, job.Running, job.Queued, leaseTaken)
	e.sweeper.Eraser = laterEraser{e.sweeper.Eraser, w}
	e.sweeper.BatchIndex = dueIndex{e.sweeper.BatchIndex, w}
	e.sweeper.Batches = dueBatches{e.sweeper.Batches, e.sweeper.Lines, w}
	return err
}

// tell writes a line in one piece, so that a kill leaves it whole or away.
func (w *witness) tell(state string) { _, _ = w.file.WriteString(state + "\n") }

// watching tells of one change of state before it is passed on.
func (w *witness) watching(next func(context.Context, job.Status, job.Job), from, to job.Status, state string) func(context.Context, job.Status, job.Job) {
	return func(ctx context.Context, was job.Status, j job.Job) {
		if was == from && j.Status == to {
			w.tell(state)
		}
		if next != nil {
			next(ctx, was, j)
		}
	}
}

// take reports whether something is in a set, and takes it out.
func (w *witness) take(set map[string]bool, what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := set[what]
	delete(set, what)
	return was
}

func (w *witness) has(set map[string]bool, what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return set[what]
}

func (w *witness) put(set map[string]bool, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	set[what] = true
}

var errUnheard = errors.New("the reply was withheld")

// claims withholds the reply of some claims.
type claims struct {
	job.Records
	w *witness
}

func (c claims) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	there, err := c.Records.Update(ctx, t)
	claim := len(t.Jobs) == 1 && t.Jobs[0].Status == job.Running
	switch {
	case !claim:
	case err == nil && rand.Float64() < lossOfReplies:
		c.w.put(c.w.lost, t.WriteID)
		return job.Obstacle{}, errUnheard
	case errors.Is(err, job.ErrCounters) && there.Counters != nil && there.Counters.Charged > 0 && there.Counters.MaxCost > 0:
		c.w.tell(claimRefused)
	case errors.Is(err, job.ErrConflict) && slices.ContainsFunc(there.Jobs, func(j job.Job) bool { return j.WriteID == t.WriteID }) && c.w.take(c.w.lost, t.WriteID):
		c.w.tell(claimUnheard)
	}
	return there, err
}

// seenImages tells a picture that is found before a call from one that is there already when it is to be stored, and
// withholds the reply of some that are stored.
type seenImages struct {
	job.Images
	w *witness
}

func (s seenImages) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	err := s.Images.Put(ctx, key, data, info)
	switch {
	case errors.Is(err, job.ErrExists):
		s.w.tell(storeHas)
		s.w.put(s.w.exists, key)
	case err == nil && rand.Float64() < lossOfReplies:
		return errUnheard
	}
	return err
}

func (s seenImages) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	info, err := s.Images.Stat(ctx, key)
	if asked := s.w.take(s.w.exists, key); err == nil && !asked {
		s.w.tell(foundBefore)
	}
	return info, err
}

// probedPacer tells of the calls that are let through while the breaker is open. Their slots have a name of their own.
type probedPacer struct {
	pace.Pacer
	w *witness
}

func (p probedPacer) Reserve(ctx context.Context, model string, interval, within time.Duration) (time.Time, bool, error) {
	at, ok, err := p.Pacer.Reserve(ctx, model, interval, within)
	if ok && err == nil && strings.HasSuffix(model, " probes") {
		p.w.tell(halfOpen)
	}
	return at, ok, err
}

// lateEnd is slow to write the end of a batch: kills come before it.
type lateEnd struct{ job.Batches }

func (l lateEnd) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	if _, ends := d.Set[job.Ended]; ends {
		_ = backoff.Sleep(ctx, 60*time.Millisecond)
	}
	return l.Batches.Amend(ctx, d)
}

// lateDelete is slow to remove pictures: kills leave deletions that were begun.
type lateDelete struct{ job.Images }

func (l lateDelete) Delete(ctx context.Context, keys []string) error {
	_ = backoff.Sleep(ctx, 100*time.Millisecond)
	return l.Images.Delete(ctx, keys)
}

// laterEraser tells of the single jobs that the sweep removes. Where nothing expires these are deletions that were left.
type laterEraser struct {
	job.Eraser
	w *witness
}

func (l laterEraser) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error {
	err := l.Eraser.Erase(ctx, id, version, at, until)
	if err == nil {
		l.w.tell(erasedLater)
	}
	return err
}

// dueIndex and dueBatches tell what the sweep does to a batch because its timer has come.
type dueIndex struct {
	job.BatchIndex
	w *witness
}

func (d dueIndex) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	ids, err := d.BatchIndex.DueBatches(ctx, until, limit)
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	clear(d.w.due)
	for _, id := range ids {
		d.w.due[id] = true
	}
	return ids, err
}

type dueBatches struct {
	job.Batches
	lines job.Lines
	w     *witness
}

func (b dueBatches) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	batch, c, err := b.Batches.GetBatch(ctx, id)
	if err == nil && b.w.has(b.w.due, id) && b.left(ctx, batch, c) {
		b.w.put(b.w.left, id)
	}
	return batch, c, err
}

// left reports whether jobs of a batch wait whose flow is not in the line.
func (b dueBatches) left(ctx context.Context, batch job.Batch, c job.Counters) bool {
	for id, counts := range c.Models {
		if counts[job.Queued] == 0 {
			continue
		}
		_, flows, err := b.lines.Flows(ctx, id)
		key := job.FlowKey{Model: id, Owner: batch.Owner, BatchID: batch.ID, CancelNo: c.CancelNo}
		if err == nil && !slices.ContainsFunc(flows, func(f job.Flow) bool { return f.FlowKey == key }) {
			return true
		}
	}
	return false
}

func (b dueBatches) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	c, err := b.Batches.Amend(ctx, d)
	_, ends := d.Set[job.Ended]
	_, again := d.Set[job.Due]
	switch {
	case err != nil || !b.w.has(b.w.due, d.BatchID):
	case ends:
		b.w.tell(endedByTimer)
	case again && len(d.Set) == 1 && c.Queued > 0 && b.w.take(b.w.left, d.BatchID): // its flows were touched before
		b.w.tell(flowByTimer)
	}
	return c, err
}
