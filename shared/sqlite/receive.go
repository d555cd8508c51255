package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"
)

// idle bounds how long a receiver trusts its timer. It is for what no timer sees: a wall clock that was set, a
// computer that slept, a sender that gave up before its message was committed.
const idle = 5 * time.Second

const (
	claimMessages = `UPDATE messages SET receives = receives + 1, visible = ?
		WHERE id IN (SELECT id FROM messages WHERE visible <= ? ORDER BY visible, id LIMIT ?)
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
	for {
		woken := q.db.arrivals.next() // before the look, so that none is missed
		c, err := q.claim(ctx, done)
		if err == nil && c.found {
			return c.Delivery, nil
		}
		if err == nil {
			done = receipt{}
			err = q.wait(ctx, c.next, woken)
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

// look is one look into the queue for all receivers that come before it is made.
type look struct {
	done   []receipt // of each receiver, what it acknowledges; the zero one: nothing
	claims []claim
	err    error
	over   chan struct{} // closed then
}

// claim takes a message that is visible now. Once begun it does not heed the context: a claim whose reply is lost
// would hide its message for the whole visibility timeout.
func (q *Queue) claim(ctx context.Context, done receipt) (claim, error) {
	if err := ctx.Err(); err != nil {
		return claim{}, err
	}
	l, place := q.join(done)
	if place == 0 {
		l.claims, l.err = write(context.WithoutCancel(ctx), q.db.writer, func(x *tx) ([]claim, error) {
			q.close(l)
			return q.claimAll(x, l.done)
		})
		q.close(l) // where it was not made
		close(l.over)
	}
	<-l.over
	if l.err != nil {
		return claim{}, l.err
	}
	return l.claims[place], nil
}

// join adds a receiver to the next look. The first one has to make it.
func (q *Queue) join(done receipt) (l *look, place int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.next == nil {
		q.next = &look{over: make(chan struct{})}
	}
	q.next.done = append(q.next.done, done)
	return q.next, len(q.next.done) - 1
}

// close lets those who come from now on join another look.
func (q *Queue) close(l *look) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.next == l {
		q.next = nil
	}
}

// claimAll acknowledges what receivers have worked and takes a message for each of them, as far as there are any.
func (q *Queue) claimAll(x *tx, done []receipt) ([]claim, error) {
	for _, r := range done {
		if r == (receipt{}) {
			continue
		}
		if _, err := x.exec(ackMessage, r.message, r.receives); err != nil {
			return nil, err
		}
	}
	claims := make([]claim, 0, len(done))
	for now := q.db.now().UnixMicro(); len(claims) < len(done); {
		taken, err := q.take(x, now, len(done)-len(claims))
		if err != nil {
			return nil, err
		}
		if len(taken) == 0 {
			next, err := upcoming(x)
			return append(claims, slices.Repeat([]claim{next}, len(done)-len(claims))...), err
		}
		for _, m := range taken {
			if m.receives > q.opts.MaxReceives {
				err = moveToDeadLetters(x, m.id, now)
			} else {
				claims = append(claims, claim{Delivery: m.delivery(), found: true})
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return claims, nil
}

// received is a message as its receive leaves it.
type received struct {
	id       int64
	body     string
	receives int
}

func (r received) delivery() Delivery {
	return Delivery{Body: r.body, Receipt: receipt{r.id, r.receives}.String(), Receives: r.receives}
}

// take receives as many messages as are visible, but not more than that, in one statement.
func (q *Queue) take(x *tx, now int64, most int) (all []received, err error) {
	err = x.query(claimMessages, []any{now + q.opts.Visibility.Microseconds(), now, most}, func(row scanner) error {
		var m received
		err := row.Scan(&m.id, &m.body, &m.receives)
		all = append(all, m)
		return err
	})
	slices.SortFunc(all, func(a, b received) int { return cmp.Compare(a.id, b.id) })
	return all, err
}

func moveToDeadLetters(x *tx, id, now int64) error {
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
func (q *Queue) wait(ctx context.Context, next time.Time, woken <-chan struct{}) error {
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
	case <-woken:
	case <-timer.C:
	}
	return nil
}

// arrivals tells receivers that there may be messages.
type arrivals struct {
	mu    sync.Mutex
	woken chan struct{}
}

// next returns what is closed when a message may have come.
func (a *arrivals) next() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.woken == nil {
		a.woken = make(chan struct{})
	}
	return a.woken
}

// tell wakes all who wait.
func (a *arrivals) tell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.woken != nil {
		close(a.woken)
		a.woken = nil
	}
}
