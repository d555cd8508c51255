package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"easel/shared/api"
)

// gatewaySays reports whether an answer is a gateway's own. Its 404 says nothing about a job.
func gatewaySays(err error) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && strings.HasPrefix(p.Code, api.GatewayCode)
}

// A refusal is what Amazon API Gateway means by an answer of its own.
type refusal struct {
	status int
	text   string // part of its message, in lower case; empty: any
	code   string // after gateway_
	quoted bool   // whether its message says more; that of a wrong signature repeats a session token
	detail string
}

const signIn = "Sign in again (aws sso login, aws login) or renew them, then send the request once more."

// refusals are gone through in order, and the first that fits counts. An HTTP API says no more than Forbidden, whatever was
// wrong with a signature; a REST API gives the reasons.
var refusals = []refusal{
	{403, "signature expired", "clock", false, "The signature is older than five minutes: the clock of this machine is wrong, or the request was on its way for long. Set the clock and send it again."},
	{403, "signature not yet current", "clock", false, "The signature is from the future: the clock of this machine is wrong. Set it and send the request again."},
	{403, "token included in the request is expired", "credentials_expired", false, "The AWS credentials have expired. " + signIn},
	{403, "token included in the request is invalid", "credentials_unknown", false, "AWS does not know the access key, or the session token does not belong to it. Check which credentials are used (aws sts get-caller-identity)."},
	{403, "credential should be scoped", "scope", true, "The request is signed for another region or service. The service is execute-api, the region that of the API, not that of the models."},
	{403, "signature we calculated", "signature", false, "The signature does not fit: the secret key is another access key's, or something on the way changed the request."},
	{403, "not authorized to", "denied", true, "AWS knows the identity, and it may not call this API. It needs the permission execute-api:Invoke; the stack of Easel has a managed policy with it."},
	{403, "missing authentication token", "unsigned", false, "The request has no signature, or the address names no route of the API: check the path, and the stage in it."},
	{403, "", "forbidden", false, "The gateway refused the request before Easel saw it, and gives no reason. Likely, in this order: it has no AWS signature; the credentials have expired or are another account's; the identity lacks the permission execute-api:Invoke; it is signed for another region than the API's; the clock of this machine is wrong."},
	{401, "", "unauthorized", false, "The gateway wants a token of its issuer (a JWT, as a bearer token): there was none, or it has expired, or it is for another audience. Get a fresh one."},
	{404, "", "not_found", false, "The gateway has no such route. Check the address of the API, and the stage in its path if it has one."},
	{413, "", "too_large", false, "The gateway takes no request of this size. Easel itself takes 4 MiB; make the input image smaller."},
	{429, "", "throttled", false, "More requests come than the gateway lets through. Nothing was done; send it again more slowly."},
	{500, "", "error", false, "The function behind the gateway gave no answer: it failed, or all that may run at a time were busy. Send the request again, with the same Idempotency-Key if it orders something; the function's log group knows more."},
	{502, "", "error", false, "The function behind the gateway gave no answer that can be read. Send the request again, with the same Idempotency-Key if it orders something; the function's log group knows more."},
	{503, "", "unavailable", false, "The gateway got no answer in time (30 s). The request may have arrived: send it again, with the same Idempotency-Key if it orders something, and wait for less at a time."},
	{504, "", "timeout", false, "The gateway got no answer in time (30 s). The request may have arrived: send it again, with the same Idempotency-Key if it orders something, and wait for less at a time."},
}

// readGateway makes a problem of what a gateway answers by itself: JSON with a message and nothing else that
// Easel would send. Anything else is nil.
func readGateway(response *http.Response, body []byte, now time.Time) *api.Problem {
	var said struct{ Message string }
	if err := json.Unmarshal(body, &said); err != nil || said.Message == "" {
		return nil
	}
	for _, r := range refusals {
		if r.status == response.StatusCode && strings.Contains(strings.ToLower(said.Message), r.text) {
			return r.problem(response, said.Message, now)
		}
	}
	return nil
}

func (r refusal) problem(response *http.Response, message string, now time.Time) *api.Problem {
	p := api.NewProblem(r.status, api.GatewayCode+r.code, r.detail)
	p.Instance = response.Header.Get("Apigw-Requestid")
	p.RetryAfter = retryAfter(response.Header.Get("Retry-After"), now)
	if r.quoted {
		p.Detail += " It says: " + quoteLong(message)
	}
	if reason := challenge(response.Header.Get("WWW-Authenticate")); reason != "" {
		p.Detail += " It says: " + quoteLong(reason)
	}
	if r.status == http.StatusForbidden {
		p.Detail += drift(response.Header.Get("Date"), now)
	}
	return p
}

// challenge is the reason for which a token was refused, from the header as RFC 6750 has it.
func challenge(header string) string {
	_, rest, _ := strings.Cut(header, `error_description="`)
	reason, _, _ := strings.Cut(rest, `"`)
	return reason
}

// drift is a sentence about a clock that differs by as much as makes a signature worthless.
func drift(date string, now time.Time) string {
	there, err := http.ParseTime(date)
	if err != nil {
		return ""
	}
	const most = 4 * time.Minute
	switch d := now.Sub(there).Round(time.Second); {
	case d > most:
		return fmt.Sprintf(" The clock of this machine is %s ahead of the gateway's: set it.", d)
	case d < -most:
		return fmt.Sprintf(" The clock of this machine is %s behind the gateway's: set it.", -d)
	}
	return ""
}

// quoteLong shows what a gateway says on one line: it names identities and resources, which are long.
func quoteLong(s string) string { return strconv.Quote(shortened(s, 400)) }

func shortened(s string, most int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
