package api

import (
	"net/http"
	"strings"

	"easel/shared/job"
)

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

// title is the phrase of a status. Go keeps three that RFC 9110 has renamed.
func title(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "Content Too Large"
	case http.StatusRequestedRangeNotSatisfiable:
		return "Range Not Satisfiable"
	case http.StatusUnprocessableEntity:
		return "Unprocessable Content"
	}
	return http.StatusText(status)
}

// codeOf makes a code of an HTTP status, for answers that have none of their own.
func codeOf(status int) string {
	text := http.StatusText(status)
	if text == "" {
		return "unknown"
	}
	return strings.ReplaceAll(strings.ToLower(text), " ", "_")
}
