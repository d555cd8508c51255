package jobtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
)

// QueueHarness is an empty queue as [Queue] tests it, with what a worker and the clock do to it.
type QueueHarness struct {
	Queue       job.Queue
	Visibility  time.Duration // the visibility timeout it was opened with, whole seconds
	MaxReceives int           // receives before a message becomes a dead letter

	// Receive returns a message that is visible now, or false if there is none. On a service it waits as long as a
	// message may need to show. It is safe for concurrent use.
	Receive func(ctx context.Context) (Delivery, bool, error)
	Ack     func(ctx context.Context, receipt string) error
	Hide    func(ctx context.Context, receipt string, d time.Duration) error
	// Dead returns the bodies of the dead letters, waiting as Receive does for one to show.
	Dead func(ctx context.Context) ([]string, error)
	// Pass lets time pass: it moves the clock, or waits.
	Pass func(d time.Duration)
}

// Delivery is a message as a worker receives it.
type Delivery struct {
	Body     string
	Receipt  string
	Receives int // the receive count, 1 for the first
}

// Queue is the contract of job.Queue and of what workers expect of the queue behind it.
var Queue = Suite[QueueHarness]{
	"a message arrives as it was sent":              queueArrives,
	"every message of a large batch arrives":        queueBatch,
	"a message sent twice arrives twice":            queueTwice,
	"nothing sent is nothing received":              queueNothing,
	"what was acknowledged does not come back":      queueAck,
	"what was not comes back and is counted":        queueVisibility,
	"a delayed message comes when it is time":       queueDelay,
	"a message may be hidden for longer or not":     queueHide,
	"a message received too often is a dead letter": queueDead,
	"receivers do not share a message":              queueReceivers,
	"a context that has ended sends nothing":        queueEnded,
}

// messages returns n different messages.
func messages(n int) []job.Outgoing {
	out := make([]job.Outgoing, n)
	prefix, group := fresh("job"), fresh("group")
	for i := range out {
		m := job.Message{V: job.RecordVersion, ID: fmt.Sprintf("%s-%d", prefix, i), MessageNo: i + 1}
		out[i] = job.Outgoing{Message: m, Group: group}
	}
	return out
}

func (h QueueHarness) send(t *testing.T, out ...job.Outgoing) {
	t.Helper()
	unsent, err := h.Queue.Send(t.Context(), out)
	if err != nil || len(unsent) > 0 {
		t.Fatalf("send: %d of %d unsent: %v", len(unsent), len(out), err)
	}
}

// receive returns the delivery of a message that has to be there, and checks its receive count.
func (h QueueHarness) receive(t *testing.T, receives int) Delivery {
	t.Helper()
	d, ok, err := h.Receive(t.Context())
	if err != nil || !ok {
		t.Fatalf("receive: a message is %v, want true: %v", ok, err)
	}
	if d.Receives != receives {
		t.Errorf("receive count %d, want %d", d.Receives, receives)
	}
	return d
}

func (h QueueHarness) nothing(t *testing.T, when string) {
	t.Helper()
	d, ok, err := h.Receive(t.Context())
	succeeds(t, "receive "+when, err)
	if ok {
		t.Errorf("received %s %s", d.Body, when)
	}
}

func (h QueueHarness) ack(t *testing.T, d Delivery) {
	t.Helper()
	succeeds(t, "ack", h.Ack(t.Context(), d.Receipt))
}

func (h QueueHarness) hide(t *testing.T, d Delivery, wait time.Duration) {
	t.Helper()
	succeeds(t, "hide", h.Hide(t.Context(), d.Receipt, wait))
}

// drain acknowledges everything that is visible and returns how often each message came.
func (h QueueHarness) drain(t *testing.T) map[job.Message]int {
	t.Helper()
	got := map[job.Message]int{}
	for {
		d, ok, err := h.Receive(t.Context())
		succeeds(t, "receive", err)
		if !ok {
			return got
		}
		m, err := job.ParseMessage(d.Body)
		succeeds(t, "parse a message", err)
		got[m]++
		h.ack(t, d)
	}
}

func queueArrives(t *testing.T, h QueueHarness) {
	want := messages(1)[0]
	h.send(t, want)
	d := h.receive(t, 1)
	got, err := job.ParseMessage(d.Body)
	succeeds(t, "parse a message", err)
	same(t, "message", want.Message, got)
	if d.Receipt == "" {
		t.Error("the receipt is empty")
	}
	h.ack(t, d)
}

func queueBatch(t *testing.T, h QueueHarness) {
	want, out := map[job.Message]int{}, messages(25)
	for _, o := range out {
		want[o.Message] = 1
	}
	h.send(t, out...)
	same(t, "messages", want, h.drain(t))
}

func queueTwice(t *testing.T, h QueueHarness) {
	m := messages(1)[0]
	h.send(t, m)
	h.send(t, m, m)
	same(t, "messages", map[job.Message]int{m.Message: 3}, h.drain(t))
}

func queueNothing(t *testing.T, h QueueHarness) {
	h.nothing(t, "from an empty queue")
	h.send(t)
	h.nothing(t, "after an empty send")
}

func queueAck(t *testing.T, h QueueHarness) {
	h.send(t, messages(1)...)
	h.ack(t, h.receive(t, 1))
	h.Pass(h.Visibility + time.Second)
	h.nothing(t, "after it was acknowledged")
}

func queueVisibility(t *testing.T, h QueueHarness) {
	h.send(t, messages(1)...)
	first := h.receive(t, 1)
	h.nothing(t, "within the visibility timeout")
	h.Pass(h.Visibility + time.Second)
	second := h.receive(t, 2)
	if first.Body != second.Body || first.Receipt == second.Receipt {
		t.Errorf("the second receive has body %s, receipt %q; the first %s, %q",
			second.Body, second.Receipt, first.Body, first.Receipt)
	}
	h.ack(t, second)
	h.Pass(h.Visibility + time.Second)
	h.nothing(t, "after the second receive was acknowledged")
}

func queueDelay(t *testing.T, h QueueHarness) {
	out := messages(2)
	out[0].Delay = 4 * time.Second
	h.send(t, out...)
	same(t, "before the delay has passed", map[job.Message]int{out[1].Message: 1}, h.drain(t))
	h.Pass(5 * time.Second)
	same(t, "after the delay", map[job.Message]int{out[0].Message: 1}, h.drain(t))
}

func queueHide(t *testing.T, h QueueHarness) {
	h.send(t, messages(1)...)
	h.hide(t, h.receive(t, 1), 0)
	long := h.Visibility + 4*time.Second
	h.hide(t, h.receive(t, 2), long)
	h.Pass(h.Visibility + time.Second)
	h.nothing(t, "while it was hidden")
	h.Pass(4 * time.Second)
	h.ack(t, h.receive(t, 3))
}

func queueDead(t *testing.T, h QueueHarness) {
	out := messages(2)
	h.send(t, out[0])
	for n := range h.MaxReceives {
		h.hide(t, h.receive(t, n+1), 0)
	}
	h.send(t, out[1])
	same(t, fmt.Sprintf("after %d receives", h.MaxReceives), map[job.Message]int{out[1].Message: 1}, h.drain(t))
	dead, err := h.Dead(t.Context())
	succeeds(t, "dead letters", err)
	same(t, "dead letters", []string{out[0].Encode()}, dead)
}

func queueReceivers(t *testing.T, h QueueHarness) {
	out := messages(20)
	h.send(t, out...)
	var mu sync.Mutex
	got := map[string]int{}
	raceOf(t, 8, func(int) error {
		for {
			d, ok, err := h.Receive(t.Context())
			if err != nil || !ok {
				return err
			}
			mu.Lock()
			got[d.Body]++
			mu.Unlock()
		}
	})
	want := map[string]int{}
	for _, o := range out {
		want[o.Encode()] = 1
	}
	same(t, "messages of eight receivers", want, got)
}

func queueEnded(t *testing.T, h QueueHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := messages(12)
	unsent, err := h.Queue.Send(ctx, out)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("send: %v, want context.Canceled", err)
	}
	same(t, "unsent", out, unsent)
	if got := slices.Collect(maps.Keys(h.drain(t))); len(got) > 0 {
		t.Errorf("received %v", got)
	}
}
