package api

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// GatewayCode begins the codes of answers that a gateway wrote in Easel's place.
const GatewayCode = "gateway_"

// Problem is an error as RFC 9457 has it: the body of every answer of 400 and above, and the error that
// the client returns for it.
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
	Pointer   string `json:"pointer,omitempty"`   // JSON pointer into the body, such as /aspect_ratio; into a line, where the body has lines
	Parameter string `json:"parameter,omitempty"` // of the query, such as limit
	Line      int    `json:"line,omitempty"`      // line of the body, from 1
	Column    string `json:"column,omitempty"`    // of a CSV: the header
	Detail    string `json:"detail"`
	Found     string `json:"-"` // what the request holds, as Detail writes it; for rows that are read here
}

// Error is the detail and, on lines of their own, the kinds of fault that it does not tell already.
func (p *Problem) Error() string {
	var missing prompt.Faults
	for _, f := range p.Errors {
		if !strings.Contains(p.Detail, f.Detail) {
			missing.Add(f.Line, f.Column, f.member(), request.FieldError{Detail: f.Detail, Found: f.Found})
		}
	}
	return p.Detail + missing.Text()
}

// Unwrap returns the core's word for the status, such as job.ErrNotFound, so that errors.Is works on both
// sides of the wire.
func (p *Problem) Unwrap() error {
	if c, known := coded[p.Code]; known {
		return c.kind
	}
	if strings.HasPrefix(p.Code, GatewayCode) && p.Status != http.StatusServiceUnavailable {
		return nil // API Gateway knows no jobs: its 404 is about the address
	}
	for _, s := range kindStatuses {
		if s.status == p.Status {
			return s.kind
		}
	}
	return nil
}

// LineFields are the errors in the core's words, of a request that is one line of many: the reader of the lines knows
// which one it is.
func (p *Problem) LineFields() []request.FieldError {
	if len(p.Errors) == 0 {
		return []request.FieldError{{Detail: p.Detail}}
	}
	fields := make([]request.FieldError, len(p.Errors))
	for n, f := range p.Errors {
		fields[n] = request.FieldError{Pointer: f.Pointer, Detail: f.Detail, Found: f.Found}
	}
	return fields
}

func (f ProblemField) where() string {
	var parts []string
	if f.Line > 0 {
		parts = append(parts, "line "+strconv.Itoa(f.Line))
	}
	if f.Column != "" {
		parts = append(parts, "column "+f.Column)
	}
	if at := f.member(); at != "" {
		parts = append(parts, at)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + ": "
}

func (f ProblemField) member() string {
	if f.Parameter != "" {
		return "?" + f.Parameter
	}
	return f.Pointer
}

// blank is the type of a problem whose status and code say all.
const blank = "about:blank"

// codeMismatch is the core's code for a reused idempotency key, which shares its status with what is invalid.
const codeMismatch = "idempotency_key_reused"

// CodeTooLarge says that a body is larger than what is read.
const CodeTooLarge = "body_too_large"

// kindStatuses is the one table of what each kind of error means over HTTP, for the server and for the
// client. Of several kinds with one status the first is what the client takes it for.
var kindStatuses = []struct {
	kind   error
	status int
}{
	{job.ErrInvalid, http.StatusUnprocessableEntity},
	{job.ErrMismatch, http.StatusUnprocessableEntity},
	{job.ErrNotFound, http.StatusNotFound},
	{job.ErrForbidden, http.StatusForbidden},
	{job.ErrState, http.StatusConflict},
	{job.ErrUnavailable, http.StatusServiceUnavailable},
}

// coded are the codes whose status is not the one of their kind, or that tell apart what shares a status.
var coded = map[string]struct {
	kind   error
	status int
}{
	codeMismatch:             {job.ErrMismatch, http.StatusUnprocessableEntity},
	"idempotency_key_needed": {job.ErrInvalid, http.StatusBadRequest},
	"over_max_cost":          {job.ErrBudget, http.StatusUnprocessableEntity},
	"budget_exceeded":        {job.ErrBudget, http.StatusTooManyRequests},
}

// titles are the phrases of statuses that RFC 9110 has renamed, where Go keeps the old ones.
var titles = map[int]string{
	http.StatusRequestEntityTooLarge: "Content Too Large", http.StatusRequestedRangeNotSatisfiable: "Range Not Satisfiable",
	http.StatusUnprocessableEntity: "Unprocessable Content",
}

// codeOf makes a code of an HTTP status, for answers that have none of their own.
func codeOf(status int) string {
	return strings.ReplaceAll(strings.ToLower(cmp.Or(http.StatusText(status), "unknown")), " ", "_")
}
