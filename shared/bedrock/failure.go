package bedrock

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"easel/shared/job"
)

// answer is what an error of the SDK says about the reply: all zero where none came.
type answer struct {
	name      string
	status    int
	text      string
	requestID string
}

// failed translates an error of the SDK. An answer inside it is Bedrock's only where the line heard one: the services
// that the SDK asks for credentials answer with the same statuses.
func (c call) failed(err error, l *line) *job.CallError {
	var a answer
	if l.heard.Load() {
		a = examine(err)
	}
	switch {
	case a.status >= 300:
		return c.refused(a)
	case a.status > 0:
		return unsure.because(c.cause("read the reply", err), "The picture was lost on its way: the reply broke off or could not be read.")
	case l.wrote.Load():
		return unsure.because(c.cause("await the reply", err), "The connection to Bedrock ended before the answer came; the picture may have been made and paid for.")
	}
	return c.unsent(err)
}

// refused words an answer with an error status by the table.
func (c call) refused(a answer) *job.CallError {
	r := find(a.name, a.status, a.text)
	cause := fmt.Sprintf("bedrock answered %d %s, request %s", a.status, a.name, a.requestID)
	detail := c.quote(a.text)
	if detail != "" {
		cause += ": " + detail
		detail = " It says: " + strings.TrimRight(detail, ".") + "."
	}
	return &job.CallError{
		Class: r.is.class, Code: r.is.code, Charged: r.ran, Cause: errors.New(cause),
		Message: strings.NewReplacer(
			"{model}", c.model.Name, "{region}", c.region, "{instead}", instead(c.model), "{detail}", detail,
		).Replace(r.say),
	}
}

// unsent is a call of which nothing left this machine.
func (c call) unsent(err error) *job.CallError {
	if aboutCredentials(err) {
		return credentials.because(c.cause("get credentials", err),
			"There are no AWS credentials that work: none was found, or they have expired. Sign in or set them; waiting jobs then go on by themselves.")
	}
	return outage.because(c.cause("reach bedrock", err), fmt.Sprintf("Bedrock in %s could not be reached; the call is repeated.", c.region))
}

func examine(err error) answer {
	var a answer
	if re, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && re.Response != nil && re.Response.Response != nil {
		h := re.Response.Header
		a.status, a.requestID = re.Response.StatusCode, h.Get("X-Amzn-Requestid")
		a.name, _, _ = strings.Cut(h.Get("X-Amzn-Errortype"), ":") // an address may follow; the body may be no JSON
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && a.status > 0 {
		a.name, a.text = api.ErrorCode(), api.ErrorMessage()
	}
	return a
}

// aboutCredentials goes by the SDK's words: it has no type for a failed search for credentials. A
// cancellation during the search says nothing about them.
func aboutCredentials(err error) bool {
	if ended(err) != nil {
		return false
	}
	text := strings.ToLower(err.Error())
	return slices.ContainsFunc([]string{"get identity", "credentials", "sso session", "bearer token"}, func(words string) bool {
		return strings.Contains(text, words)
	})
}

// cause keeps what a log may hold: the words of the network, of the SDK and of AWS, but no error value
// of the SDK, since those carry requests and replies.
func (c call) cause(doing string, err error) error {
	inner := err
	if u, ok := errors.AsType[*url.Error](err); ok {
		inner = u.Err
	}
	text := c.quote(inner.Error())
	if text == "" {
		text = "the words of the error are left out, as they may quote the request"
	}
	if end := ended(err); end != nil {
		return fmt.Errorf("%s: %s: %w", doing, text, end)
	}
	return fmt.Errorf("%s: %s", doing, text)
}

// ended returns the context's error inside err, or nil.
func ended(err error) error {
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			return end
		}
	}
	return nil
}
