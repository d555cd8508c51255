package jobtest

import (
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

	mu    sync.Mutex
	calls map[string]int
}

// Calls returns how many calls of an operation were made, the failed ones included.
func (f *Fault) Calls(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// around runs a call as the rule says and returns the error that takes its place, or nil.
func (f *Fault) around(op string, call func()) error {
	failure := f.next(op)
	if failure != Before {
		call()
	}
	if failure == None {
		return nil
	}
	if f.Err != nil {
		return fmt.Errorf("%s: %w", op, f.Err)
	}
	return fmt.Errorf("%s: %w", op, ErrFault)
}

func (f *Fault) next(op string) Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = map[string]int{}
	}
	f.calls[op]++
	if f.Rule == nil {
		return None
	}
	return f.Rule(op, f.calls[op])
}
