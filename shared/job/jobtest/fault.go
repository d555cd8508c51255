package jobtest

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
)

// ErrFault is the error of a call that failed on demand, where [Fault.Err] gives no other.
var ErrFault = errors.New("failed on demand")

// Failure says what becomes of one call.
type Failure int

// A call is passed on, fails before it has any effect, or takes effect and loses its reply.
const (
	None Failure = iota
	Before
	After
)

// Fault makes calls of the ports it wraps fail. The zero value passes every call on and counts it. It is safe for
// concurrent use.
type Fault struct {
	// Rule decides over the nth call of an operation, counted from 1. Operations are named port.method in lower
	// case, such as records.update, queue.send or inputs.getinput. It is not called twice at a time. Nil: None.
	Rule func(op string, n int) Failure
	// Err is the error of a failed call. Nil: ErrFault.
	Err error

	tally
}

// tally counts the calls of each operation.
type tally struct {
	mu    sync.Mutex
	calls map[string]int
}

// Calls returns how many calls of an operation were made, the failed ones included.
func (t *tally) Calls(op string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[op]
}

// next counts a call and asks a rule about it.
func (t *tally) next(op string, rule func(op string, n int) Failure) Failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[string]int{}
	}
	t.calls[op]++
	if rule == nil {
		return None
	}
	return rule(op, t.calls[op])
}

// faulty is a port whose calls fail on demand.
type faulty[P any] struct {
	fault *Fault
	port  P
}

// around runs a call as the rule says and returns the error that takes its place, or nil.
func around(f *Fault, op string, call func()) error {
	failure := f.next(op, f.Rule)
	if failure != Before {
		call()
	}
	if failure == None {
		return nil
	}
	return fmt.Errorf("%s: %w", op, cmp.Or(f.Err, ErrFault))
}

// failing runs a call as the rule says.
func failing(f *Fault, op string, call func() error) (err error) {
	if fault := around(f, op, func() { err = call() }); fault != nil {
		return fault
	}
	return err
}

// failing1 is [failing] for a call with one result, which a failure leaves empty.
func failing1[A any](f *Fault, op string, call func() (A, error)) (a A, err error) {
	if fault := around(f, op, func() { a, err = call() }); fault != nil {
		return *new(A), fault
	}
	return a, err
}

// failing2 is [failing] for a call with two results.
func failing2[A, B any](f *Fault, op string, call func() (A, B, error)) (a A, b B, err error) {
	if fault := around(f, op, func() { a, b, err = call() }); fault != nil {
		return *new(A), *new(B), fault
	}
	return a, b, err
}
