package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"easel/shared/job"
)

// Problem is an error as RFC 9457 has it: the body of every answer of 400 and above, and the error that
// [Client] returns for it.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"` // the words of the HTTP status
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`             // what was wrong, what is allowed, what to do next
	Instance string         `json:"instance,omitempty"` // the request's number, to be found in the server's log
	Code     string         `json:"code"`               // for programs, such as retired_model
	Errors   []ProblemField `json:"errors,omitempty"`

	RetryAfter time.Duration `json:"-"` // from the header Retry-After; 0: none was given
}

// ProblemField points at one thing that was wrong with a request.
type ProblemField struct {
	Pointer   string `json:"pointer,omitempty"`   // JSON pointer into the body, such as /aspect_ratio
	Parameter string `json:"parameter,omitempty"` // of the query, such as limit
	Line      int    `json:"line,omitempty"`      // line of the body, from 1
	Detail    string `json:"detail"`
}

// Error is the detail and, on lines of their own, the fields that it does not tell already.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Detail)
	for _, f := range p.Errors {
		if !strings.Contains(p.Detail, f.Detail) {
			b.WriteString("\n  " + f.where() + f.Detail)
		}
	}
	return b.String()
}

// Unwrap returns the core's word for the status, such as job.ErrNotFound, so that errors.Is works on both
// sides of the wire.
func (p *Problem) Unwrap() error {
	if p.Code == codeMismatch {
		return job.ErrMismatch
	}
	if strings.HasPrefix(p.Code, fromGateway) && p.Status != http.StatusServiceUnavailable {
		return nil // API Gateway knows no jobs: its 404 is about the address
	}
	for _, s := range statuses {
		if s.status == p.Status {
			return s.kind
		}
	}
	return nil
}

func (f ProblemField) where() string {
	switch {
	case f.Pointer != "":
		return f.Pointer + ": "
	case f.Parameter != "":
		return "?" + f.Parameter + ": "
	case f.Line > 0:
		return "line " + strconv.Itoa(f.Line) + ": "
	}
	return ""
}
