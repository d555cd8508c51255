package lambdahandler_test

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/sqlite"
)

// What Lambda does, and what the template sets.
const (
	pollers     = 5                // ask the queue at the same time
	longPoll    = 20 * time.Second // for each question
	concurrency = 20               // invocations at most, unless a test says otherwise
	rampUp      = time.Minute / 300
	sweepEvery  = time.Minute
	sweepRest   = 50 * time.Millisecond // between two, at least
	sweepTime   = 55 * time.Second
)

// mapping is Lambda between a queue and its function: the pollers that invoke it, one message at a time, and delete what
// it does not name as failed. A failure slows nothing down. The schedule of the sweep belongs to it.
type mapping struct {
	*cloud
	sample events.SQSMessage // as AWS sends them
	slots  chan struct{}     // one token for each invocation that may begin
	wg     sync.WaitGroup

	mu       sync.Mutex
	idle     []*box
	troubles map[string]trouble // that befall a job; once each
	highest  int                // receive count of a job's message
	figures  map[string]int     // of what happened
}

// trouble is what befalls a job between queue and function.
type trouble struct {
	lost  bool          // its first message is gone before any function sees it
	twice bool          // its first message is delivered to two functions
	apart time.Duration // the second so much later
	late  time.Duration // its first message is deleted so long after the work
	stop  string        // the function hangs before this call of a port, and is killed at its timeout
	nth   int           // which of these calls in one invocation; 0: the first
}

// lose reports whether the message is lost, and is true once.
func (t *trouble) lose() bool {
	was := t.lost
	t.lost = false
	return was
}

// double reports whether the message is to be delivered twice, and is true once.
func (t *trouble) double() bool {
	was := t.twice
	t.twice = false
	return was
}

// strike reports whether a function is to hang before a call, and is true once.
func (t *trouble) strike(op string, nth int) bool {
	if t.stop == "" || t.stop != op || nth < t.nth {
		return false
	}
	t.stop = ""
	return true
}

// befall asks what is still to befall a job, and keeps what is left of it.
func (m *mapping) befall(id string, ask func(*trouble) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.troubles[id]
	yes := ask(&t)
	m.troubles[id] = t
	return yes
}

// open puts a function behind the queue of a cloud. The function that closes lets what runs come to its end.
func (c *cloud) open(troubles map[string]trouble) (*mapping, func()) {
	m := &mapping{
		cloud: c, sample: messages(c.t, "worker-good").Records[0], slots: make(chan struct{}, c.concurrency),
		troubles: troubles, figures: map[string]int{},
	}
	ctx, stop := context.WithCancel(c.t.Context())
	for range pollers {
		m.wg.Go(func() { m.poll(ctx) })
	}
	m.wg.Go(func() { m.ramp(ctx) })
	m.wg.Go(func() { m.schedule(ctx) })
	return m, func() {
		stop()
		m.wg.Wait()
	}
}

// ramp lets more and more invocations run at a time.
func (m *mapping) ramp(ctx context.Context) {
	for n := range m.concurrency {
		if n >= pollers {
			pass(ctx, rampUp)
		}
		m.slots <- struct{}{}
	}
}

// schedule invokes the sweep. One that was killed is followed by another process.
func (m *mapping) schedule(ctx context.Context) {
	for ctx.Err() == nil {
		sweep := lambdahandler.Sweep(m.start(m.faults()).sweeper.Sweep, m.db, m.metrics)
		for alive := true; alive && ctx.Err() == nil; {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTime)
			err := sweep(limited)
			cancel()
			alive = !errors.Is(err, errKilled)
			if err != nil && alive && !m.tolerant {
				m.t.Errorf("sweep: %v", err)
			}
			m.rest(ctx)
		}
	}
}

// rest waits for the next sweep.
func (m *mapping) rest(ctx context.Context) {
	pass(ctx, sweepRest)
	select {
	case <-ctx.Done():
	case <-m.waits:
	case <-time.After(m.every - sweepRest):
	}
}

// pass lets time pass, up to the end of the context.
func pass(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// poll holds the message that it has received until an invocation may begin. The visibility timeout runs meanwhile.
func (m *mapping) poll(ctx context.Context) {
	for ctx.Err() == nil {
		asked, cancel := context.WithTimeout(ctx, longPoll)
		d, err := m.queue.Receive(asked)
		cancel()
		if err != nil {
			continue
		}
		if m.befall(parse(d).ID, (*trouble).lose) {
			m.count("lost")
			m.remove(d)
			continue
		}
		if t, twice := m.note(d); twice {
			m.wg.Go(func() {
				wait(t.apart)
				<-m.slots
				m.deliver(d)
			})
		}
		<-m.slots
		m.wg.Go(func() { m.deliver(d) })
	}
}

// deliver invokes the function and gives the slot back that was taken for it.
func (m *mapping) deliver(d sqlite.Delivery) {
	settle := m.invoke(d)
	m.slots <- struct{}{}
	settle()
}

// note counts a delivery and reports whether there is to be another one.
func (m *mapping) note(d sqlite.Delivery) (t trouble, twice bool) {
	m.count("receives")
	id := parse(d).ID
	if id == "" {
		return t, false
	}
	m.mu.Lock()
	m.highest = max(m.highest, d.Receives)
	t = m.troubles[id]
	m.mu.Unlock()
	twice = m.befall(id, (*trouble).double)
	if twice {
		m.count("delivered twice")
	}
	return t, twice
}

// parse returns the message of a job. Poison names none.
func parse(d sqlite.Delivery) job.Message {
	m, _ := job.ParseMessage(d.Body)
	return m
}

// invoke runs the function on one message and returns what is to be done about the message afterwards. A message whose
// number is no longer the record's must be done with at first sight.
func (m *mapping) invoke(d sqlite.Delivery) (settle func()) {
	b, message, e := m.take(), parse(d), m.event(d)
	stale := message.ID != "" && m.get(message.ID).MessageNo > message.MessageNo
	out, alive := b.run(message.ID, e)
	if !alive {
		m.count("killed")
		return func() {}
	}
	if stale {
		m.count("stale")
		if len(b.calls) > 2 {
			m.t.Errorf("a message that no longer counts was worked on: %v", b.calls)
		}
	}
	m.give(b)
	if len(out.BatchItemFailures) > 0 {
		m.count("failed")
		return func() {}
	}
	return func() { m.remove(d) }
}

func (m *mapping) count(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures[what]++
}

func (m *mapping) remove(d sqlite.Delivery) {
	var late time.Duration
	m.befall(parse(d).ID, func(t *trouble) bool {
		late, t.late = t.late, 0
		return true
	})
	if late > 0 {
		m.count("deleted late")
		wait(late)
	}
	if err := m.queue.Ack(context.Background(), d.Receipt); err != nil {
		m.t.Error(err)
	}
}

// event is the delivery as AWS sends it.
func (m *mapping) event(d sqlite.Delivery) events.SQSEvent {
	message := m.sample
	message.MessageId, _, _ = strings.Cut(d.Receipt, "-")
	message.Body, message.ReceiptHandle = d.Body, d.Receipt
	message.Attributes = maps.Clone(message.Attributes)
	message.Attributes["ApproximateReceiveCount"] = strconv.Itoa(d.Receives)
	return events.SQSEvent{Records: []events.SQSMessage{message}}
}

// take returns the environment that was used last, or a new one.
func (m *mapping) take() *box {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.idle); n > 0 {
		b := m.idle[n-1]
		m.idle = m.idle[:n-1]
		return b
	}
	m.figures["cold starts"]++
	return m.newBox()
}

func (m *mapping) give(b *box) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, b)
}
