package job_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/pace"
	"easel/shared/sqlite"
	"easel/shared/worker"
)

// machine is a harness in which commands are carried out, with what must be true of it.
type machine struct {
	h            *harness
	incarnations []*incarnation
	standing     []*hand       // workers that stand still
	seen         []job.Message // messages that were received
	armed        map[stop]int  // operations that fail, and how often
	calm         bool          // nothing failed, died or came too late so far
	groups       []string      // the batches that were made
	days         map[string]int64
	mu           sync.Mutex
	broken       []string
}

// incarnation is one incarnation of a job: a deleted job may come again under its ID.
type incarnation struct {
	id, owner, key string
	body           int
	created        time.Time
	record         job.Job         // as it was last written
	asked, gone    bool            // its deletion was asked for, was done
	calls          map[int]int     // executed, by round
	unpaid         int             // calls that were not executed, and claims without a call
	stored         map[string]bool // pictures
}

// hand is a worker at work on one message.
type hand struct {
	m           *machine
	id          string // of the job that its message names
	sends       int    // the number of its message
	copied      bool   // it came by a second way
	late        bool   // it has nothing to do
	stop        stop
	answer      string
	incarnation *incarnation // that it claimed
	round       int
	idle        bool      // there was a picture when it took its slot
	until       time.Time // the end of its lease
	passed      map[string]int
	stands      chan struct{}
	resume      chan bool // false: die
	finished    chan struct{}
}

type handKey struct{}

func workerOf(ctx context.Context) *hand {
	w, _ := ctx.Value(handKey{}).(*hand)
	return w
}

func (m *machine) must(ok bool, format string, args ...any) {
	if ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = append(m.broken, fmt.Sprintf(format, args...))
}

// allow accepts an error of one kind where something was made to fail, and none otherwise.
func (m *machine) allow(what string, err, kind error) {
	m.must(err == nil || errors.Is(err, kind) && !m.calm, "%s: %v", what, err)
}

// keyed is the incarnation that holds a key, and that holds an ID.
func (m *machine) keyed(owner, key string) *incarnation {
	return m.find(func(l *incarnation) bool { return key != "" && l.owner == owner && l.key == key && !expired(l.record) })
}

func (m *machine) find(match func(*incarnation) bool) *incarnation {
	for _, l := range slices.Backward(m.incarnations) {
		if !l.gone && match(l) {
			return l
		}
	}
	return nil
}

// next receives a message if one is there.
func (h *harness) next() (sqlite.Delivery, bool) {
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Millisecond)
	defer cancel()
	d, err := h.queue.Receive(ctx)
	return d, err == nil
}

// deliver hands the next message to a worker, if there is one now.
func (m *machine) deliver(c command) {
	d, ok := m.h.next()
	if !ok {
		return
	}
	msg, err := job.ParseMessage(d.Body)
	m.must(err == nil, "message: %v", err)
	m.seen = append(m.seen, msg)
	m.start(c, msg, &d)
}

// repeat hands a message that came before to a worker, or one with a number before or after it.
func (m *machine) repeat(c command) {
	if len(m.seen) == 0 {
		return
	}
	msg := m.seen[len(m.seen)-1-c.which%len(m.seen)]
	msg.MessageNo += c.times
	m.start(c, msg, nil)
}

// bring is a queue that delivers a message again.
func (m *machine) bring(msg job.Message, delay time.Duration) {
	_, err := m.h.queue.Send(m.h.t.Context(), []job.Outgoing{{Message: msg, Delay: delay}})
	m.must(err == nil, "send: %v", err)
}

// start lets a worker run until it stands still or has finished.
func (m *machine) start(c command, msg job.Message, d *sqlite.Delivery) {
	w := &hand{
		m: m, id: msg.ID, sends: msg.MessageNo, copied: d == nil, stop: c.stop, answer: c.answer, passed: map[string]int{},
		stands: make(chan struct{}), resume: make(chan bool), finished: make(chan struct{}),
	}
	go func() {
		defer close(w.finished)
		defer func() {
			if cause := recover(); cause != nil {
				m.must(false, "a worker panicked: %v", cause)
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithValue(m.h.t.Context(), handKey{}, w), 3*time.Minute)
		defer cancel()
		out := m.h.worker.Do(ctx, msg)
		if d != nil {
			m.h.settle(*d, out)
		} else if out.Retry {
			m.bring(msg, min(out.After, 15*time.Minute))
		}
	}()
	m.await(w)
}

func (m *machine) await(w *hand) {
	select {
	case <-w.stands:
		m.standing = append(m.standing, w)
	case <-w.finished:
	}
}

// let releases a worker that stands, or lets it die there.
func (m *machine) let(w *hand, c command) {
	if c.do == "crash" {
		m.calm = false
		if w.copied {
			m.bring(job.Message{V: job.RecordVersion, ID: w.id, MessageNo: w.sends}, 15*time.Minute)
		}
	} else {
		w.answer, w.stop = c.answer, c.stop
	}
	m.standing = slices.DeleteFunc(m.standing, func(other *hand) bool { return other == w }) // before it looks
	w.resume <- c.do != "crash"
	m.await(w)
}

// stand stops the worker if this is the place.
func (w *hand) stand(when, op string) {
	w.passed[when+op]++
	if w.stop != (stop{when, op, w.passed[when+op]}) {
		return
	}
	w.stands <- struct{}{}
	if !<-w.resume {
		runtime.Goexit()
	}
}

// restart kills every worker and starts the process anew.
func (m *machine) restart() {
	m.calm = false
	for len(m.standing) > 0 {
		m.let(m.standing[0], command{do: "crash"})
	}
	m.h.reborn()
	m.allow("recover", m.h.db.Recover(m.h.t.Context()), nil)
}

// reborn gives the harness a process that remembers nothing.
func (h *harness) reborn() {
	old := h.worker
	limiter := &pace.Limiter{Limits: old.Limiter.Limits, Store: old.Limiter.Store}
	h.submit.Limiter, h.sweeper.Limiter = limiter, limiter
	h.worker = &worker.Worker{
		Recorder: old.Recorder, Dispatcher: old.Dispatcher, Limiter: limiter, Images: old.Images, Inputs: old.Inputs, Generator: old.Generator, Pacer: old.Pacer, Days: old.Days,
	}
}

// fails takes one failure from those that are armed.
func (m *machine) fails(when, op string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.armed[stop{when, op, 0}] == 0 {
		return nil
	}
	m.armed[stop{when, op, 0}]--
	m.calm = false
	return jobtest.ErrFault
}

func (m *machine) before(ctx context.Context, op string) error {
	if w := workerOf(ctx); w != nil {
		m.must(!w.late || op == "records.get", "a worker whose message did not count, or whose job another held, went on to %s", op)
		w.stand("before", op)
	}
	return m.fails("before", op)
}

func (m *machine) after(ctx context.Context, op string, brought any, err error) error {
	w := workerOf(ctx)
	switch {
	case err != nil:
	case op == "records.get" && w != nil:
		j := brought.(job.Job)
		held := j.Status == job.Running && time.Now().Before(j.Lease.Until)
		w.late = w.passed["afterrecords.get"] == 0 && (w.sends != j.MessageNo || held)
	case op == "pacer.reserve":
		l := m.find(func(l *incarnation) bool { return l.id == w.id })
		w.idle = l != nil && len(l.stored) > 0
	case op == "records.update":
		for _, j := range brought.(job.Transaction).Jobs {
			j.Version++
			m.written(w, j)
		}
	case op == "images.put":
		w.incarnation.stored[brought.(string)] = true
	}
	if w != nil {
		w.stand("after", op)
	}
	return m.fails("after", op)
}
