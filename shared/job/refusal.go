package job

import (
	"context"
	"time"

	"easel/shared/pace"
)

// Outcome is what a call teaches the limiter of its model. A call that brought an image has no error.
func (e *CallError) Outcome(began, ended time.Time) pace.Outcome {
	o := pace.Outcome{Began: began, Ended: ended}
	switch {
	case e == nil || e.Class == Rejected && e.Charged:
		o.Result = pace.Passed
	case e.Class == Rejected:
		o.Result = pace.Answered
	case e.Code == WaitThrottled:
		o.Result = pace.Throttled
	default:
		o.Result = pace.Refused
		o.Refusal = pace.Refusal{Kind: e.Class.String(), Code: e.Code, Message: e.Message}
		if e.Class == NotExecuted {
			o.Refusal.Kind = WaitOutage
		}
	}
	return o
}

// Refusal is the error of the last call while the breaker of a model is open, and nil otherwise. Where another process made
// that call the words are ours, since those of an answer are not stored.
func Refusal(ctx context.Context, limiter *pace.Limiter, model string, now time.Time) *CallError {
	r := limiter.Refusal(ctx, model, now)
	if r == nil {
		return nil
	}
	if r.Kind != Account.String() {
		return &CallError{Class: NotExecuted, Code: WaitOutage, Message: r.Message}
	}
	e := &CallError{Class: Account, Code: r.Code, Message: r.Message}
	switch {
	case e.Message != "":
	case e.Code == WaitCredentials:
		e.Message = "AWS does not accept the credentials of this installation. Renew them; waiting jobs then go on by themselves."
	default:
		e.Message = "AWS refuses this account's calls of the model. Look at the account's access to it; waiting jobs then go on by themselves."
	}
	return e
}

// Waiting says why a job waits while the breaker is open.
func (e *CallError) Waiting(until time.Time) Waiting {
	if e.Class == Account {
		return Waiting{Code: e.Code, Message: e.Message, Until: until}
	}
	return Waiting{Code: WaitOutage, Message: "The model failed several times in a row, so it is tried by one job at a time. This job was not sent to it meanwhile.", Until: until}
}

// Failure is the end of a job whose account stays refused.
func (e *CallError) Failure() Failure {
	return Failure{Code: CodeUnavailable, Message: e.Message, Retryable: true}
}

// AccessGrace is how long an account may be refused before a job fails.
const AccessGrace = 30 * time.Minute
