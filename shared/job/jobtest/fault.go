package jobtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
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

// Forever is how often a call fails that always fails.
const Forever = math.MaxInt

// Fault stands before every call of the ports that it is put on, by [Fault.On], and makes it fail or tells of it. The zero
// value passes every call on and counts it. It is safe for concurrent use.
//
// Operations are named port.method in lower case, by the type of the field that holds the port, such as records.update,
// queue.send or inputs.getinput.
type Fault struct {
	// Rule decides over the nth call of an operation, counted from 1. It is not called twice at a time. Nil: None.
	Rule func(op string, n int) Failure
	// Err is the error of a call that failed by the rule. Nil: ErrFault.
	Err error

	// Before is asked before a call, and After when it came back: with what it brought, or what it was about where it brings
	// nothing but an error. Of a transaction it is always the transaction. Either may block, end the goroutine as a crash
	// does, or return the error that takes the call's place. Nil: nothing happens.
	Before func(ctx context.Context, op string) error
	After  func(ctx context.Context, op string, brought any, err error) error

	mu    sync.Mutex
	calls map[string]int
}

// Fail is a rule by which the first calls of an operation fail, so many of them.
func Fail(op string, how Failure, times int) func(op string, n int) Failure {
	return func(called string, n int) Failure {
		if called == op && n <= times {
			return how
		}
		return None
	}
}

// Refuse is a [Fault.Before] by which calls of the operations fail that are about one of the IDs.
func Refuse(ids []string, ops ...string) func(ctx context.Context, op string) error {
	return func(ctx context.Context, op string) error {
		about := ""
		if slices.Contains(ops, op) {
			about = About(ctx)
		}
		if slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(about, id) }) {
			return ErrFault
		}
		return nil
	}
}

// Calls returns how many calls of an operation were made, the failed ones included.
func (f *Fault) Calls(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// next counts a call and asks the rule about it.
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

// On puts the fault on every port that the actors have, which are pointers to structs. What several of them hold is wrapped
// once. It panics for a port of which it has no methods yet: give them to faulty.
func (f *Fault) On(actors ...any) {
	shared := map[uintptr]bool{}
	for _, actor := range actors {
		for _, port := range Ports(actor) {
			if !shared[port.UnsafeAddr()] && !port.IsNil() {
				shared[port.UnsafeAddr()] = true
				port.Set(reflect.ValueOf(newFaulty(meeting{f, port.Type().Name(), port.Interface()})))
			}
		}
	}
}

// Ports are the fields of an actor that are ports, those of the structs that it holds too.
func Ports(actor any) []reflect.Value { return ports(reflect.ValueOf(actor)) }

func ports(actor reflect.Value) (all []reflect.Value) {
	for field, value := range reflect.Indirect(actor).Fields() {
		inner := reflect.Indirect(value)
		switch {
		case !field.IsExported():
		case value.Kind() == reflect.Interface:
			all = append(all, value)
		case inner.Kind() == reflect.Struct && strings.HasPrefix(inner.Type().PkgPath(), "easel/shared/"):
			all = append(all, ports(inner)...)
		}
	}
	return all
}

// Operation names a method of a port.
func Operation(port, method string) string { return strings.ToLower(port + "." + method) }

type aboutKey struct{}

// About says what the call is about that a [Fault] asks Before of, so that those of one actor that wait side by side can be
// told apart.
func About(ctx context.Context) string { return fmt.Sprint(ctx.Value(aboutKey{})) }

// meeting is where a fault meets the calls of a port.
type meeting struct {
	fault *Fault
	name  string // of the port
	port  any
}

// meet makes a call as the fault says and returns the error that takes its place, or nil.
func (p meeting) meet(ctx context.Context, method string, about any, call func() (any, error)) error {
	f, op := p.fault, Operation(p.name, method)
	ctx = context.WithValue(ctx, aboutKey{}, about)
	if f.Before != nil {
		if err := f.Before(ctx, op); err != nil {
			return err
		}
	}
	var brought any
	var err, failed error
	failure := f.next(op)
	if failure != Before {
		brought, err = call()
	}
	if failure != None {
		failed = fmt.Errorf("%s: %w", op, cmp.Or(f.Err, ErrFault))
		brought, err = nil, failed
	}
	if f.After != nil {
		if lost := f.After(ctx, op, brought, err); lost != nil {
			return lost
		}
	}
	return failed
}

// meet0 is for a call that brings nothing but an error.
func meet0(ctx context.Context, p meeting, method string, about any, call func() error) (err error) {
	fault := p.meet(ctx, method, about, func() (any, error) {
		err = call()
		return about, err
	})
	return cmp.Or(fault, err)
}

// meet1 is for a call with one result, which a failure leaves empty.
func meet1[A any](ctx context.Context, p meeting, method string, about any, call func() (A, error)) (a A, err error) {
	fault := p.meet(ctx, method, about, func() (any, error) {
		a, err = call()
		return a, err
	})
	if fault != nil {
		return *new(A), fault
	}
	return a, err
}

// meet2 is for a call with two results.
func meet2[A, B any](ctx context.Context, p meeting, method string, about any, call func() (A, B, error)) (a A, b B, err error) {
	fault := p.meet(ctx, method, about, func() (any, error) {
		a, b, err = call()
		return a, err
	})
	if fault != nil {
		return *new(A), *new(B), fault
	}
	return a, b, err
}
