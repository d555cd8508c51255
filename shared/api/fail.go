package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// retrySoon is when a client may come back to a store that did not answer.
const retrySoon = 5 * time.Second

// NewProblem makes a problem of a status; without a code it gets that of the status.
func NewProblem(status int, code, detail string, fields ...ProblemField) *Problem {
	title := cmp.Or(titles[status], http.StatusText(status))
	return &Problem{Type: blank, Title: title, Status: status, Code: cmp.Or(code, codeOf(status)), Detail: detail, Errors: fields}
}

// refuseFor makes a problem that a client may meet with the same request, after a time.
func refuseFor(after time.Duration, status int, code, detail string) *Problem {
	p := NewProblem(status, code, detail)
	p.RetryAfter = after
	return p
}

// fail answers with an error, which has a line in the log if an operator has to look.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := translate(r, err)
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.Log.ErrorContext(r.Context(), "request failed",
			"request", requestInfoOf(r).number, "method", knownMethod(r), "route", routePattern(r), "status", p.Status, "code", p.Code, "err", err)
	}
	write(w, p)
}

// catch ends a panic as an internal error. The stack goes to the log, the panic's value does not: it may
// hold what a client sent.
func (s *Server) catch(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	s.Log.ErrorContext(r.Context(), "request panicked", "request", requestInfoOf(r).number, "stack", string(debug.Stack()))
	write(w, internal(r))
}

func write(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="easel"`)
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	b, _ := encode(p) // strings and numbers cannot fail
	_, _ = w.Write(b) // a client that has gone away is no concern of ours
}

// translate makes a problem of any error. An error without words for clients is not shown to them.
func translate(r *http.Request, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	known, ok := errors.AsType[*job.Error](err)
	if !ok {
		return internal(r)
	}
	if c, named := coded[known.Code]; named {
		return worded(c.status, known)
	}
	for _, s := range kindStatuses {
		if errors.Is(known.Kind, s.kind) {
			return worded(s.status, known)
		}
	}
	return internal(r)
}

func worded(status int, e *job.Error) *Problem {
	p := NewProblem(status, e.Code, e.Message)
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, ProblemField{Pointer: f.Pointer, Line: f.Line, Detail: f.Detail})
	}
	if n := len(e.Fields); n > 1 {
		p.Detail = several(n)
	}
	p.RetryAfter = e.Wait
	if status == http.StatusServiceUnavailable {
		p.RetryAfter = max(p.RetryAfter, retrySoon)
	}
	return p
}

func several(n int) string {
	return fmt.Sprintf("The request was not accepted: %d things are wrong with it, see errors.", n)
}

func internal(r *http.Request) *Problem {
	p := NewProblem(http.StatusInternalServerError, job.CodeInternal,
		"Easel met an error that it did not expect. Send the request again, with the same Idempotency-Key if it orders something; "+
			"if that fails too, look for the number of this request in the server's log.")
	p.Instance = "urn:uuid:" + requestInfoOf(r).number
	return p
}

// quote shows something that a client sent: on one line, and no longer than a sentence bears.
func quote(s string) string { return strconv.Quote(request.Clip(s)) }
