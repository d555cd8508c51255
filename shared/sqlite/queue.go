package sqlite

import (
	"context"
	"fmt"
	"sync"
	"time"

	"easel/shared/job"
)

// The defaults of [QueueOptions]: a worker's 180 seconds six times over, and the receives that AWS is set to.
const (
	DefaultVisibility  = 18 * time.Minute
	DefaultMaxReceives = 8
)

// QueueOptions are the choices of [DB.Queue].
type QueueOptions struct {
	Visibility  time.Duration // the visibility timeout; 0: DefaultVisibility
	MaxReceives int           // receives before a message becomes a dead letter; 0: DefaultMaxReceives
}

// Queue delivers messages at least once. It implements job.Queue and does what a worker needs beside: receive,
// acknowledge, hide.
type Queue struct {
	db   *DB
	opts QueueOptions

	mu   sync.Mutex
	next *look // that the receivers who come now share; nil: none has come yet
}

// Delivery is a message that was received and not yet acknowledged.
type Delivery struct {
	Body     string
	Receipt  string // names this receive, not the message: the next receive has another
	Receives int    // the receive count, 1 for the first
}

// Stats says how many messages are in which state.
type Stats struct {
	Visible  int // can be received now
	InFlight int // received, and hidden until acknowledged or until the visibility timeout has passed
	Delayed  int // sent with a delay that has not passed, never received
	Dead     int // in the dead-letter table
}

// Queue returns the file's queue. All queues of one file are the same queue.
func (db *DB) Queue(opts QueueOptions) *Queue {
	if opts.Visibility == 0 {
		opts.Visibility = DefaultVisibility
	}
	if opts.MaxReceives == 0 {
		opts.MaxReceives = DefaultMaxReceives
	}
	return &Queue{db: db, opts: opts}
}

const (
	insertMessage = `INSERT INTO messages (job, message_no, body, sent, visible) VALUES (?, ?, ?, ?, ?)`
	ackMessage    = `DELETE FROM messages WHERE id = ? AND receives = ?`
	hideMessage   = `UPDATE messages SET visible = ? WHERE id = ? AND receives = ?`
	countMessages = `SELECT
		count(*) FILTER (WHERE visible <= ?1),
		count(*) FILTER (WHERE visible > ?1 AND receives > 0),
		count(*) FILTER (WHERE visible > ?1 AND receives = 0),
		(SELECT count(*) FROM dead_letters) FROM messages`
)

// Send implements job.Queue. The messages are taken all or none; if the context ends meanwhile they are returned as
// unsent, although they may have been taken.
func (q *Queue) Send(ctx context.Context, out []job.Outgoing) ([]job.Outgoing, error) {
	if len(out) == 0 {
		return nil, nil
	}
	defer q.db.arrivals.tell()
	now := q.db.now()
	_, err := write(ctx, q.db.writer, func(x *tx) (struct{}, error) {
		for _, m := range out {
			visible := now.Add(m.Delay).UnixMicro()
			if _, err := x.exec(insertMessage, m.ID, m.MessageNo, m.Encode(), now.UnixMicro(), visible); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		return out, fmt.Errorf("send %d messages: %w", len(out), err)
	}
	return nil, nil
}

// Ack removes the message. A receipt that is no longer the message's newest removes nothing and is no error: the
// message has been received again since. It returns job.ErrInvalid for what never was a receipt.
func (q *Queue) Ack(ctx context.Context, handle string) error {
	return q.settle(ctx, "ack", ackMessage, handle)
}

// Hide lets the message be received again after d: with 0 at once. As with [Queue.Ack] a stale receipt does nothing.
func (q *Queue) Hide(ctx context.Context, handle string, d time.Duration) error {
	defer q.db.arrivals.tell()
	return q.settle(ctx, "hide", hideMessage, handle, q.db.now().Add(d).UnixMicro())
}

func (q *Queue) settle(ctx context.Context, call, statement, text string, args ...any) error {
	r, err := parseReceipt(text)
	if err == nil {
		_, err = write(ctx, q.db.writer, func(x *tx) (int64, error) {
			return x.exec(statement, append(args, r.message, r.receives)...)
		})
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", call, text, err)
	}
	return nil
}

// Stats counts the messages of the file.
func (q *Queue) Stats(ctx context.Context) (s Stats, err error) {
	row := q.db.read.QueryRowContext(ctx, countMessages, q.db.now().UnixMicro())
	if err := row.Scan(&s.Visible, &s.InFlight, &s.Delayed, &s.Dead); err != nil {
		return Stats{}, fmt.Errorf("count messages: %w", err)
	}
	return s, nil
}
