package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"easel/shared/pace"
)

const (
	selectSlot = `SELECT next FROM pace WHERE model = ?`
	putSlot    = `INSERT INTO pace (model, next) VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET next = excluded.next`
)

// paceTable keeps the slots of each model and what its answers have taught.
type paceTable struct {
	*file
	slots slots
}

// slotsAhead is for how long slots are given out without a write: the file says that they are all taken, before the first
// of them is. After a crash the next slot is later than it need be by so much, at the most.
const slotsAhead = int64(time.Second / time.Microsecond)

// slots are the next free slot of each model. They are kept in memory, since this program alone has the file.
type slots struct {
	mu     sync.Mutex
	models map[string]*line
}

// line is the slots of one model, in microseconds since 1970.
type line struct {
	token  chan struct{} // held by the caller that uses the other fields
	loaded bool
	next   int64 // the next free slot
	stored int64 // what the file has for it
}

func (s *slots) line(model string) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.models[model]
	if l == nil {
		if s.models == nil {
			s.models = map[string]*line{}
		}
		l = &line{token: make(chan struct{}, 1)}
		s.models[model] = l
	}
	return l
}

// Reserve implements pace.Pacer. Slots are whole microseconds. Where ok is false, at is when the next slot begins.
func (db *paceTable) Reserve(ctx context.Context, model string, interval, within time.Duration) (at time.Time, ok bool, err error) {
	l := db.slots.line(model)
	select {
	case l.token <- struct{}{}:
		defer func() { <-l.token }()
	case <-ctx.Done():
		return time.Time{}, false, fmt.Errorf("reserve a slot of %s: %w", model, ctx.Err())
	}
	if err := db.loadSlot(ctx, model, l); err != nil {
		return time.Time{}, false, fmt.Errorf("reserve a slot of %s: %w", model, err)
	}
	slot, ok := l.take(pace.NewReservation(db.now(), interval, within))
	if err := db.storeSlot(ctx, model, l); err != nil {
		return time.Time{}, false, fmt.Errorf("reserve a slot of %s: %w", model, err)
	}
	return time.UnixMicro(slot).UTC(), ok, nil
}

// take moves the next slot on by an interval if that slot begins soon enough, or lies so far ahead that the clock must have
// been set back since.
func (l *line) take(r pace.Reservation) (slot int64, ok bool) {
	switch {
	case l.next > r.Ahead:
		slot = r.Now
	case l.next > r.Reach:
		return l.next, false
	default:
		slot = max(l.next, r.Now)
	}
	l.next = slot + r.Interval
	return slot, true
}

func (db *paceTable) loadSlot(ctx context.Context, model string, l *line) error {
	if l.loaded {
		return ctx.Err()
	}
	err := db.read.QueryRowContext(ctx, selectSlot, model).Scan(&l.next)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	l.loaded, l.stored = true, l.next
	return nil
}

// storeSlot writes where the next slot is, with some time ahead, unless the file says so already. What is stored further
// ahead is of a clock that has been set back.
func (db *paceTable) storeSlot(ctx context.Context, model string, l *line) error {
	if ahead := l.stored - l.next; ahead >= 0 && ahead <= slotsAhead {
		return nil
	}
	until := l.next + slotsAhead
	_, err := write(ctx, db.writer, func(x *tx) (int64, error) { return x.exec(putSlot, model, until) })
	if err == nil {
		l.stored = until
	}
	return err
}
