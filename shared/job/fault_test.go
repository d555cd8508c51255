package job_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// meanwhile lets something happen once, just before an operation.
func (h *harness) meanwhile(op string, something func()) { h.beforeCall(1, op, something) }

// beforeCall lets something happen once, just before the nth call of an operation from now on.
func (h *harness) beforeCall(nth int, op string, something func()) {
	var calls atomic.Int32
	h.fault.Before = func(_ context.Context, now string) error {
		if now == op && calls.Add(1) == int32(nth) {
			something()
		}
		return nil
	}
}

// stop notes that a batch is canceled, and no more: the sweep has not seen it.
func (h *harness) stop(id string) {
	h.t.Helper()
	if _, err := h.db.Amend(h.t.Context(), job.Difference{BatchID: id, Cancel: true, Set: map[job.Instant]time.Time{job.Stopped: time.Now()}}); err != nil {
		h.t.Error(err)
	}
}

// afterwards lets something happen once, just behind an operation, and returns what takes the operation's place then.
func (h *harness) afterwards(op string, something func() error) {
	var calls atomic.Int32
	h.fault.After = func(_ context.Context, now string, _ any, _ error) error {
		if now == op && calls.Add(1) == 1 {
			return something()
		}
		return nil
	}
}

// portless are all actors, without a port.
func portless() []any {
	d, l := &job.Dispatcher{}, &pace.Limiter{}
	return []any{
		&job.Submitter{Dispatcher: d, Limiter: l}, &worker.Worker{Dispatcher: d, Limiter: l}, &sweep.Sweeper{Dispatcher: d, Limiter: l}, &read.Reader{Limiter: l},
	}
}

// operations are all methods of all ports of all actors.
func operations() (all []string) {
	for _, actor := range portless() {
		for _, port := range jobtest.Ports(actor) {
			for method := range port.Type().Methods() {
				all = append(all, jobtest.Operation(port.Type().Name(), method.Name))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestAFaultStandsBeforeEveryOperationOfEveryPort knows by a second fault behind the first that a call came to the port.
func TestAFaultStandsBeforeEveryOperationOfEveryPort(t *testing.T) {
	inHarness(t, func(h *harness) {
		reached, heard, failure := false, "", jobtest.None
		h.fault.Before = func(context.Context, string) error {
			reached = true
			return errors.New("the port")
		}
		actors, called := []any{h.submit, h.worker, h.sweeper, h.reader}, []string{}
		f := &jobtest.Fault{Rule: func(op string, _ int) jobtest.Failure { heard = op; return failure }}
		f.On(actors...)
		for _, actor := range actors {
			for _, port := range jobtest.Ports(actor) {
				for method := range port.Type().Methods() {
					op := jobtest.Operation(port.Type().Name(), method.Name)
					called = append(called, op)
					for _, failure = range []jobtest.Failure{jobtest.None, jobtest.Before, jobtest.After} {
						heard, reached = "", false
						err := zeroCall(t, port.MethodByName(method.Name))
						fails := errors.Is(err, jobtest.ErrFault)
						if err == nil || heard != op || reached != (failure != jobtest.Before) || fails != (failure != jobtest.None) {
							t.Errorf("%s, failure %d: heard as %q, reached %v, brought %v", op, failure, heard, reached, err)
						}
					}
				}
			}
		}
		slices.Sort(called)
		if diff := cmp.Diff(operations(), slices.Compact(called)); diff != "" {
			t.Errorf("the operations of the harness (-all +called):\n%s", diff)
		}
	})
}

// zeroCall calls a method with a context and zero values, and returns its error.
func zeroCall(t *testing.T, method reflect.Value) error {
	t.Helper()
	args := make([]reflect.Value, method.Type().NumIn())
	for n := range args {
		args[n] = reflect.Zero(method.Type().In(n))
	}
	args[0] = reflect.ValueOf(t.Context())
	out := method.Call(args)
	err, _ := reflect.TypeAssert[error](out[len(out)-1])
	return err
}
