package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"easel/shared/job"
)

// takeSlot moves the model's next slot on by an interval if that slot begins soon enough, or lies so far ahead that
// the clock must have been set back since.
const takeSlot = `INSERT INTO pace (model, next) VALUES (?1, ?2 + ?3)
	ON CONFLICT (model) DO UPDATE SET next = iif(next > ?2 + ?5, ?2, max(next, ?2)) + ?3
	WHERE next <= ?2 + ?4 OR next > ?2 + ?5
	RETURNING next - ?3`

// Reserve implements job.Pacer. Slots are whole microseconds. Where ok is false, at is when the next slot begins.
func (db *DB) Reserve(ctx context.Context, model string, interval, within time.Duration) (time.Time, bool, error) {
	now := ceil(db.now())
	s, err := write(ctx, db.writer, func(x *tx) (slot, error) {
		var s slot
		args := []any{model, now, micro(interval), within.Microseconds(), job.Ahead(interval, within).Microseconds()}
		err := x.row(takeSlot, args, &s.at)
		if err == nil {
			s.taken = true
			return s, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return slot{}, err
		}
		return s, x.row("SELECT next FROM pace WHERE model = ?", []any{model}, &s.at)
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("reserve a slot of %s: %w", model, err)
	}
	return time.UnixMicro(s.at).UTC(), s.taken, nil
}

type slot struct {
	at    int64 // microseconds since 1970
	taken bool
}

// ceil rounds up, because a slot in the past is none.
func ceil(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// micro rounds a pace to the slower side.
func micro(d time.Duration) int64 { return (d + time.Microsecond - 1).Microseconds() }
