package job_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/pace"
)

const core = "stability.stable-image-core-v1:1"

var outage = &job.CallError{Class: job.NotExecuted, Code: job.WaitOutage, Message: "No capacity."}

// down is a model that is not there until the time given.
func down(until time.Time) func(context.Context, int) error {
	return func(context.Context, int) error {
		if time.Now().Before(until) {
			return outage
		}
		return nil
	}
}

// learnt reads what is stored of the model.
func (h *harness) learnt() pace.State {
	h.t.Helper()
	p, err := h.db.Pace(h.t.Context(), core)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// work delivers what comes for so long.
func (h *harness) work(d time.Duration) {
	h.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		if delivery, ok := h.next(); ok {
			m, err := job.ParseMessage(delivery.Body)
			if err != nil {
				h.t.Fatal(err)
			}
			h.settle(delivery, h.do(m))
			continue
		}
		wait(time.Second)
	}
}

func TestAnotherProcessSeesThatTheBreakerIsOpen(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = down(time.Now().Add(time.Hour))
		for range 40 {
			h.order(fox, "")
		}
		h.work(2 * time.Minute)
		before := h.studio.calls
		for range 10 { // as functions do that live for a moment
			h.reborn()
			h.work(time.Minute)
		}
		if n := h.studio.calls - before; n < 5 || n > 11 {
			t.Errorf("%d calls in 10 minutes by processes that began while the breaker was open, want one a minute", n)
		}
	})
}

func TestOneSuccessClosesTheBreaker(t *testing.T) {
	inHarness(t, func(h *harness) {
		over := time.Now().Add(10*time.Minute + 30*time.Second)
		h.studio.do = down(over)
		for range 100 {
			h.order(fox, "")
		}
		h.work(time.Until(over))
		before := h.studio.calls
		h.work(2 * time.Minute)
		if n := h.studio.calls - before; n < 50 {
			t.Errorf("%d calls in the two minutes after an outage, at one a second; %d before", n, before)
		}
	})
}

func TestProcessesCountTogether(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = down(time.Now().Add(time.Hour))
		for n := range 5 {
			if p := h.learnt(); p.Breaker.N != n {
				t.Errorf("%d refusals are known after %d", p.Breaker.N, n)
			}
			h.reborn()
			h.order(fox, "")
			h.deliver()
		}
		h.studio.do = nil
		h.run(h.order(fox, "").ID)
		if p := h.learnt(); p.Breaker != (pace.Breaker{}) || p.Passed.Seconds == nil {
			t.Errorf("a success left %+v", p)
		}
	})
}

func TestWhatTwoProcessesLearnAtOnceIsKept(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.order(fox, "")
		d := h.receive()
		h.studio.do = func(context.Context, int) error { // another process writes meanwhile
			p := h.learnt()
			p.Start, p.Breaker = 7, pace.Breaker{Kind: job.WaitOutage, Code: job.WaitOutage, N: 3, Last: time.Now().UTC()}
			if _, err := h.db.SetPace(h.t.Context(), core, p); err != nil {
				t.Error(err)
			}
			return outage
		}
		m, _ := job.ParseMessage(d.Body)
		h.do(m)
		if p := h.learnt(); p.Breaker.N != 4 || p.Version != 2 {
			t.Errorf("got %+v, want the fourth refusal at version 2", p)
		}
	})
}

func TestAThrottleSlowsEveryProcess(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = func(context.Context, int) error {
			return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
		}
		h.order(fox, "")
		h.deliver()
		h.reborn()
		if rate := h.worker.Limiter.Rate(h.t.Context(), core); rate < 29 || rate > 31 {
			t.Errorf("a new process begins with %.1f calls a minute, want half of 60", rate)
		}
	})
}

func TestSuccessesAreWrittenOnceASecond(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.Limiter.Limits = every(10 * time.Millisecond)
		for range 200 {
			h.order(fox, "")
		}
		start := time.Now()
		for range 200 {
			h.deliver()
		}
		took := int(time.Since(start)/time.Second) + 1
		if h.studio.calls != 200 || took > 10 {
			t.Fatalf("%d calls in %d s", h.studio.calls, took)
		}
		for _, op := range []string{"store.pace", "store.setpace"} {
			if n := h.fault.Calls(op); n > took+1 {
				t.Errorf("%d times %s in %d s", n, op, took)
			}
		}
	})
}

func TestAFailingStoreOfAdviceHoldsNothingUp(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.fault.Rule = func(op string, _ int) jobtest.Failure {
			if strings.HasPrefix(op, "store.") {
				return jobtest.Before
			}
			return jobtest.None
		}
		start := time.Now()
		h.studio.do = down(start.Add(10 * time.Minute))
		for range 20 {
			h.order(fox, "")
		}
		h.work(10 * time.Minute)
		if h.studio.calls < 10 || h.studio.calls > 20 {
			t.Errorf("%d calls in 10 minutes of an outage; the process knows by itself that the breaker is open", h.studio.calls)
		}
		h.work(3 * time.Minute)
		if n := h.studio.calls; n < 30 {
			t.Errorf("%d calls, after an outage with 20 jobs", n)
		}
	})
}

func TestAnotherProcessTellsWhyInOurOwnWords(t *testing.T) {
	for _, code := range []string{job.WaitAccess, job.WaitCredentials} {
		inHarness(t, func(h *harness) {
			h.studio.do = func(context.Context, int) error {
				return &job.CallError{Class: job.Account, Code: code, Message: "Refused: a fox."}
			}
			first := h.order(fox, "")
			h.deliver()
			for range 5 {
				h.order(fox, "")
				h.deliver()
			}
			here := h.order(fox, "")
			h.work(time.Minute)
			stored, _ := json.Marshal(h.learnt())
			if strings.Contains(string(stored), "fox") {
				t.Errorf("the words of an answer are stored: %s", stored)
			}
			h.tellsWhy(here, code, "Refused: a fox.")
			h.reborn()
			h.reader.Limiter = h.worker.Limiter
			h.tellsWhy(h.order(fox, ""), code, "waiting jobs then go on by themselves")
			if h.get(first.ID).RefusedSince == nil {
				t.Error("it is not known since when the account is refused")
			}
		})
	}
}

// tellsWhy wants the page of a job that waits in the line to say why no call is made.
func (h *harness) tellsWhy(j job.Job, code, words string) {
	h.t.Helper()
	shown, err := h.reader.Get(h.t.Context(), ann, j.ID)
	if w := shown.Job.Waiting; err != nil || w == nil || w.Code != code || !strings.Contains(w.Message, words) {
		h.t.Errorf("waiting %+v, %v; want %s and %q", w, err, code, words)
	}
}

func TestTheFirstQuestionIsAnsweredByTheStore(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dir)
		defer h.db.Close()
		if _, err := h.db.SetPace(t.Context(), core, pace.State{Start: 100, Ceiling: 40}); err != nil {
			t.Fatal(err)
		}
		slow := slowPaces{h.db}
		limiter := &pace.Limiter{Store: slow, Limits: func(string) pace.Limits { return pace.Limits{Start: 100} }}
		rates := make(chan float64)
		for range 8 {
			go func() { rates <- limiter.Rate(t.Context(), core) }()
		}
		for range 8 {
			if rate := <-rates; rate != 40 {
				t.Errorf("%.1f calls a minute, the store says 40", rate)
			}
		}
	})
}

// slowPaces takes half a second to read.
type slowPaces struct{ pace.Store }

func (s slowPaces) Pace(ctx context.Context, model string) (pace.State, error) {
	wait(500 * time.Millisecond)
	return s.Store.Pace(ctx, model)
}

func TestAProcessMayLearnForItself(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.worker.Limiter = &pace.Limiter{Limits: every(time.Second)}
		h.studio.do = down(time.Now().Add(10 * time.Minute))
		for range 20 {
			h.order(fox, "")
		}
		h.work(10 * time.Minute)
		if p := h.learnt(); p.Version != 0 || h.studio.calls > 20 {
			t.Errorf("%d calls in 10 minutes of an outage; stored %+v", h.studio.calls, p)
		}
	})
}
