package job_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// Whatever people, workers, clocks and stores do, and in whatever order: the promises of the design hold.
// A case is a list of commands; go test -rapid.checks=3000 -run TestWhateverHappens tries more of them.
//
// The cases that have a name of their own lie elsewhere:
//   - lost reply of the claim: TestALostReplyOfTheClaimIsRecognised; of the finish and of the store, and a
//     store that fails between picture and finish: TestAStoredPictureIsNeverMadeAgain
//   - stale message number: TestMessagesThatMeanNothingAreAcknowledged
//   - cancel, then retry while the first worker runs: TestCancelAndRetryDuringACallWaitForItsPicture and
//     TestARetryGoesOnWhenTheOldCallBringsNothing
//   - delete and the same key again: TestAJobThatComesAgainHasNothingOfItsFormerLife
//   - a worker that stores after its lease: TestALateWorkerOnlyAddsItsPicture
//   - a crash between picture and finish with one call allowed: TestACrashAfterThePictureCostsNoCall, below, with others of its kind
func TestWhateverHappensThePromisesHold(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		commands := rapid.SliceOfN(rapid.Custom(draw), 1, 40).Draw(r, "commands")
		if broken := play(t, commands); len(broken) > 0 {
			r.Fatalf("%s\nafter\n%s", strings.Join(broken, "\n"), script(commands))
		}
	})
}

func TestACrashAfterThePictureCostsNoCall(t *testing.T) {
	for name, script := range map[string][]command{
		"one call allowed": {{do: "submit"}, {do: "deliver", stop: stop{"after", "images.put", 1}}, {do: "crash"}},
		"past its deadline, and the next message lost": {
			{do: "submit", body: 2},
			{do: "deliver", stop: stop{"after", "images.put", 1}},
			{do: "crash"},
			{do: "pass", pass: 10 * time.Minute},
			{do: "sweep"},
			{do: "pass", pass: time.Hour},
			{do: "sweep"},
		},
		"canceled before anybody looked": {
			{do: "submit", body: 1},
			{do: "deliver", stop: stop{"after", "images.put", 1}},
			{do: "crash"},
			{do: "pass", pass: time.Hour},
			{do: "sweep"},
			{do: "cancel"},
		},
		"the lease ended, and another waits for its slot": {
			{do: "submit", body: 1},
			{do: "deliver", stop: stop{"in", "generator.generate", 1}},
			{do: "pass", pass: 5 * time.Minute},
			{do: "sweep"},
			{do: "deliver", stop: stop{"before", "pacer.reserve", 1}},
			{do: "release", stop: stop{"after", "images.put", 1}},
			{do: "release"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			broken := play(t, script, func(m *machine) {
				if j := m.incarnations[0].record; len(j.Images) != 1 || j.Status != job.Succeeded && j.Status != job.Canceled || m.h.studio.calls != 1 {
					t.Errorf("got %s %+v after %d calls", j.Status, j.Failure, m.h.studio.calls)
				}
			})
			if len(broken) > 0 {
				t.Error(strings.Join(broken, "\n"))
			}
		})
	}
}

// play carries the commands out in a harness of their own and returns what was broken.
func play(t *testing.T, commands []command, look ...func(*machine)) (broken []string) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	synctest.Test(t, func(t *testing.T) {
		m := &machine{h: open(t, dir), calm: true, armed: map[stop]int{}, days: map[string]int64{}}
		defer m.h.db.Close()
		m.h.budget(1e9)
		m.h.retention(30 * time.Minute)
		m.h.fault.Before, m.h.fault.After = m.before, m.after
		m.h.studio.do = m.call
		for _, c := range commands {
			wait(time.Millisecond) // no worker is quicker
			m.carryOut(c)
			m.check()
		}
		m.drain()
		for _, l := range look {
			l(m)
		}
		broken = m.broken
	})
	return broken
}

// carryOut does what a command says, as far as it makes sense at this point.
func (m *machine) carryOut(c command) {
	switch c.do {
	case "submit":
		m.submit(c)
	case "deliver":
		m.deliver(c)
	case "repeat":
		m.repeat(c)
	case "release", "crash":
		if len(m.standing) > 0 {
			m.let(m.standing[c.which%len(m.standing)], c)
		}
	case "pass":
		m.calm = m.calm && len(m.standing) == 0
		wait(c.pass)
	case "sweep":
		_, err := m.h.sweeper.Sweep(m.h.t.Context())
		m.allow("sweep", err, jobtest.ErrFault)
	case "cancel", "retry", "delete":
		if len(m.incarnations) > 0 {
			m.change(c, m.incarnations[len(m.incarnations)-1-c.which%len(m.incarnations)])
		}
	case "batch", "append":
		m.request(c)
	case "cancel batch", "retry batch", "seal batch", "delete batch":
		if len(m.groups) > 0 {
			m.control(c, m.groups[len(m.groups)-1-c.which%len(m.groups)])
		}
	case "expire":
		m.expire()
	case "arm":
		m.armed[stop{c.stop.when, c.stop.op, 0}] = c.times
	case "restart":
		m.restart()
	}
}

func caller(c command) job.Caller {
	if c.other {
		return bob
	}
	return ann
}

func (m *machine) submit(c command) {
	key := ""
	if c.which < 3 {
		key = fmt.Sprint("key ", c.which)
	}
	who := caller(c)
	before := m.keyed(who.Owner, key)
	receipt, err := m.h.submit.Submit(m.h.t.Context(), who, bodies[c.body], key)
	switch {
	case errors.Is(err, job.ErrState):
		m.must(key != "" && m.deleted(who.Owner, key), "a key whose job was not deleted is refused: %v", err)
	case before != nil && errors.Is(err, job.ErrMismatch):
		m.must(before.body != c.body, "the same request again was taken for another: %v", err)
	case err != nil:
		m.allow("submit", err, job.ErrUnavailable)
	case before != nil:
		m.must(before.body == c.body, "another request passed for the first of its key")
		m.must(!receipt.Created && receipt.Job.ID == before.id, "a key that is in use made another job")
	default:
		m.must(receipt.Created, "a new job passed for one that was there")
	}
	m.register(who.Owner, key, c.body) // what was recorded counts, though its reply may have been lost
	m.must(err != nil || m.find(func(l *incarnation) bool { return l.id == receipt.Job.ID }) != nil, "an accepted job was not recorded")
}

// register notes the jobs that are new in the store.
func (m *machine) register(owner, key string, body int) {
	jobs, more, err := m.h.db.List(m.h.t.Context(), job.Query{Owner: owner, Limit: 100})
	m.must(err == nil && more == nil, "list: %v, more %v", err, more)
	for _, j := range jobs {
		if m.lived(j) == nil {
			m.incarnations = append(m.incarnations, &incarnation{
				id: j.ID, owner: owner, key: key, body: body, created: j.CreatedAt,
				record: j, calls: map[int]int{}, stored: map[string]bool{},
			})
		}
	}
}

// lived is the incarnation that a record is of.
func (m *machine) lived(j job.Job) *incarnation {
	return m.find(func(l *incarnation) bool { return l.id == j.ID && l.created.Equal(j.CreatedAt) })
}

// change cancels, retries or deletes a job, and holds the answer against the record before it.
func (m *machine) change(c command, l *incarnation) {
	if now := m.find(func(now *incarnation) bool { return now.id == l.id }); now != nil {
		l = now
	}
	ctx, was, err := m.h.t.Context(), l.record, error(nil)
	if was.BatchID != "" && was.Status == job.Queued && was.CancelNo < m.counters(was.BatchID).CancelNo {
		was.Status = job.Canceled
	}
	stranger := caller(c).Owner != l.owner
	if c.do == "delete" && !stranger {
		l.asked = l.asked || allowed(c.do, was)
	}
	switch c.do {
	case "cancel":
		_, err = m.h.submit.Cancel(ctx, caller(c), l.id)
	case "retry":
		_, err = m.h.submit.Retry(ctx, caller(c), l.id)
	case "delete":
		err = m.h.submit.Delete(ctx, caller(c), l.id)
	}
	switch {
	case errors.Is(err, job.ErrUnavailable) && !m.calm:
	case l.gone || expired(was):
		m.must(c.do == "delete" || errors.Is(err, job.ErrNotFound), "%s of a job that is gone: %v", c.do, err)
	case stranger:
		m.must(errors.Is(err, job.ErrNotFound), "%s by a stranger: %v", c.do, err)
		m.must(l.record.Version == was.Version, "a stranger changed the record")
	case c.do == "retry" && was.BatchID != "" && (errors.Is(err, job.ErrBudget) || m.counters(was.BatchID).When(job.Removing) != nil):
	default:
		m.must((err == nil) == allowed(c.do, was), "%s of a job that was %s, round %d: %v", c.do, was.Status, was.Generation, err)
		l.gone = l.gone || c.do == "delete" && err == nil
	}
}

// allowed is the table of the design: what may be done with a job in which state.
func allowed(do string, j job.Job) bool {
	switch do {
	case "cancel":
		return j.Status == job.Queued || j.Status == job.Running || j.Status == job.Canceled
	case "retry":
		return !j.Deleting && (j.Status == job.Failed || j.Status == job.Canceled || j.Generation > 1 && !j.Status.Ended())
	}
	return j.Status != job.Running && (j.Lease == nil || !time.Now().Before(j.Lease.Until))
}

var errAnswers = map[string]*job.CallError{
	"throttled": {Class: job.NotExecuted, Code: job.WaitThrottled},
	"outage":    {Class: job.NotExecuted, Code: job.WaitOutage},
	"access":    {Class: job.Account, Code: job.WaitAccess},
	"filtered":  {Class: job.Rejected, Code: job.CodeFiltered, Charged: true},
	"refused":   {Class: job.Rejected, Code: job.CodeInvalid},
	"unsure":    {Class: job.Ambiguous, Code: job.CodeModel},
}

// call is the model. A call that began counts until its answer says that it was not executed.
func (m *machine) call(ctx context.Context, _ int) error {
	w := workerOf(ctx)
	l := w.incarnation
	m.must(!w.idle, "job %s was called again although its picture was stored before it took its slot", l.id)
	for _, other := range m.standing {
		m.must(other.incarnation != l || other.stop.when != "in" || time.Now().After(other.until), "job %s was called while another call for it ran", l.id)
	}
	l.calls[w.round]++
	m.must(l.calls[w.round] <= l.record.MaxCalls, "%d calls in round %d of job %s", l.calls[w.round], w.round, l.id)
	w.stand("in", "generator.generate")
	err := errAnswers[w.answer]
	if err == nil {
		return nil
	}
	if err.Class == job.Account || err.Class == job.NotExecuted || err.Class == job.Rejected && !err.Charged {
		l.calls[w.round]--
		l.unpaid++
	}
	return err
}
