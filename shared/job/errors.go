package job

import (
	"errors"
	"fmt"
	"time"

	"easel/shared/request"
)

// What a caller can do about an error, by errors.Is. Adapters return ErrNotFound, ErrExists and
// ErrConflict where their port's comment says so, and whatever their service says otherwise.
var (
	ErrInvalid     = errors.New("invalid")           // mend the request
	ErrNotFound    = errors.New("not found")         // not there, or not yours
	ErrForbidden   = errors.New("forbidden")         // for operators alone
	ErrExists      = errors.New("already exists")    // another writer stored it first: read it
	ErrConflict    = errors.New("version conflict")  // the record changed: look at it and decide again
	ErrCounters    = errors.New("counters changed")  // a batch's counters do not allow the write: look at them and decide again
	ErrState       = errors.New("state forbids it")  // the job's state does not allow this
	ErrMismatch    = errors.New("key reused")        // an idempotency key came with another request
	ErrUnavailable = errors.New("store unavailable") // nothing was recorded: try again
	ErrBudget      = errors.New("over budget")       // it would cost more than is allowed: wait for the next day
)

// Error is an error with words that are safe to show to a client. It is one of the kinds above and
// keeps its cause for the log.
type Error struct {
	Kind    error
	Code    string // machine-readable, such as retired_model
	Message string // what was wrong and what to do
	Fields  []request.FieldError
	Wait    time.Duration // when the same may succeed; 0: unknown
	Cause   error
}

// Error returns the message, with the cause behind it.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause != nil {
		return []error{e.Kind, e.Cause}
	}
	return []error{e.Kind}
}

// NotFound is the error for a job that is not there, or belongs to another owner.
func NotFound(id string) error {
	return &Error{Kind: ErrNotFound, Code: "job_not_found", Message: fmt.Sprintf("There is no job %q. Check the ID; jobs of other owners are not shown.", request.Clip(id))}
}

// Unavailable is the error for a request during which the store failed. what says what could not be done.
func Unavailable(what string, cause error) error {
	return &Error{Kind: ErrUnavailable, Code: "unavailable", Message: what + " Send the request again in a few seconds.", Cause: cause}
}

// Class says what follows from a failed call to a model.
type Class int

// The classes of a [CallError], by whether money may have been spent and whether trying again helps.
const (
	// Ambiguous: the call may have been executed and paid for. It is the zero value, since an
	// unclassified error must not be repeated freely.
	Ambiguous Class = iota
	// Rejected: the model answered, and the answer is final for this input.
	Rejected
	// Account: nothing was executed because the account, its credentials or its access stand in the way.
	Account
	// NotExecuted: nothing was executed and the same call may work later.
	NotExecuted
)

// String names the class in the words of the documentation.
func (c Class) String() string {
	return [...]string{"ambiguous", "rejected", "account", "not executed"}[c]
}

// CallError is what a [Generator] returns for a call that brought no picture.
type CallError struct {
	Class   Class
	Code    string // for Rejected a code of [Failure], for Account and NotExecuted a code of [Waiting]
	Message string // a sentence for the person who ordered, with what to do
	Charged bool   // for Rejected: the model ran, so the call counts
	Cause   error  // for the log; never holds a prompt
}

// Error returns the class, the code and the cause.
func (e *CallError) Error() string {
	return fmt.Sprintf("model call %s (%s): %v", e.Class, e.Code, e.Cause)
}

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Cause }
