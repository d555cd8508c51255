package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// idle bounds how long a receiver trusts its timer. It is for what no timer sees: a wall clock that was set, a
// computer that slept, a sender that gave up before its message was committed.
const idle = 5 * time.Second

const (
	claimMessage = `UPDATE messages SET receives = receives + 1, visible = ?
		WHERE id = (SELECT id FROM messages WHERE visible <= ? ORDER BY visible, id LIMIT 1)
		RETURNING id, body, receives`
	nextVisible = `SELECT min(visible) FROM messages`
	// The receive that finds a message used up is none.
	buryMessage = `INSERT INTO dead_letters (id, job, message_no, body, sent, died, receives)
		SELECT id, job, message_no, body, sent, ?, receives - 1 FROM messages WHERE id = ?`
	deleteMessage = `DELETE FROM messages WHERE id = ?`
)

// Receive waits for a visible message, oldest first, and hides it for the visibility timeout. It returns the
// context's error if that ends before. A message that has been received too often goes to the dead letters instead.
func (q *Queue) Receive(ctx context.Context) (Delivery, error) { return q.receive(ctx, receipt{}) }

// Next acknowledges a message, as [Queue.Ack] does, and then receives one. Both are one piece of work: a worker that goes on
// waits for one commit and not for two. If it returns an error it is not known whether the message was acknowledged.
func (q *Queue) Next(ctx context.Context, done string) (Delivery, error) {
	r, err := parseReceipt(done)
	if err != nil {
		return Delivery{}, fmt.Errorf("acknowledge and receive: %w", err)
	}
	return q.receive(ctx, r)
}

func (q *Queue) receive(ctx context.Context, done receipt) (Delivery, error) {
	defer q.db.signal() // a receiver that leaves may hold the token that others wait for
	for {
		c, err := q.claim(ctx, done)
		if err == nil && c.found {
			return c.Delivery, nil
		}
		if err == nil {
			err = q.wait(ctx, c.next)
		}
		if err != nil {
			return Delivery{}, fmt.Errorf("receive: %w", err)
		}
	}
}

// claim is what a look into the queue brought: a delivery, or when to look again.
type claim struct {
	Delivery
	found bool
	next  time.Time // zero if the queue is empty
}

// claim takes a message that is visible now. Once begun it does not heed the context: a claim whose reply is lost
// would hide its message for the whole visibility timeout.
func (q *Queue) claim(ctx context.Context, done receipt) (claim, error) {
	if err := ctx.Err(); err != nil {
		return claim{}, err
	}
	now := q.db.now().UnixMicro()
	return write(context.WithoutCancel(ctx), q.db.writer, func(x *tx) (claim, error) {
		if done != (receipt{}) {
			if _, err := x.exec(ackMessage, done.message, done.receives); err != nil {
				return claim{}, err
			}
		}
		for {
			id, d, err := q.take(x, now)
			if errors.Is(err, sql.ErrNoRows) {
				return upcoming(x)
			}
			if err != nil || d.Receives <= q.opts.MaxReceives {
				return claim{Delivery: d, found: true}, err
			}
			if err := bury(x, id, now); err != nil {
				return claim{}, err
			}
		}
	})
}

func (q *Queue) take(x *tx, now int64) (id int64, d Delivery, err error) {
	args := []any{now + q.opts.Visibility.Microseconds(), now}
	if err := x.row(claimMessage, args, &id, &d.Body, &d.Receives); err != nil {
		return 0, Delivery{}, err
	}
	d.Receipt = receipt{id, d.Receives}.String()
	return id, d, nil
}

func bury(x *tx, id, now int64) error {
	if _, err := x.exec(buryMessage, now, id); err != nil {
		return err
	}
	_, err := x.exec(deleteMessage, id)
	return err
}

func upcoming(x *tx) (claim, error) {
	var next sql.NullInt64
	if err := x.row(nextVisible, nil, &next); err != nil || !next.Valid {
		return claim{}, err
	}
	return claim{next: time.UnixMicro(next.Int64)}, nil
}

// wait returns when there may be something to receive: at next, or sooner.
func (q *Queue) wait(ctx context.Context, next time.Time) error {
	pause := idle
	if !next.IsZero() {
		pause = min(idle, next.Sub(q.db.now()))
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-q.db.writer.stop:
		return ErrClosed
	case <-q.db.wake:
	case <-timer.C:
	}
	return nil
}
