package bedrocksim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"easel/shared/backoff"
)

// invoke answers InvokeModel. The ledger is written when the model begins, not when the client has its
// answer: a client that hangs up pays for its call all the same.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) {
	began := s.opts.Now()
	o, bad := s.receive(w, r)
	a := s.settle(o, bad)
	e := Entry{
		Time: began.UTC(), Model: r.PathValue("id"), Prompt: o.prompt, Hash: PromptHash(o.prompt), Seed: o.seed,
		Outcome: a.outcome, Status: a.status, Bytes: o.drawn, Fault: a.word,
	}
	if err := s.ledger.add(e); err != nil {
		send(w, answer{status: 500, name: "InternalServerException", message: "The simulator cannot write its ledger: " + err.Error()})
		return
	}
	if a.outcome != Refused && backoff.Sleep(r.Context(), s.latency(o)-s.opts.Now().Sub(began)) != nil {
		return
	}
	send(w, a)
}

// settle decides what becomes of a request, and draws the picture where there is to be one.
func (s *Server) settle(o *order, bad *answer) answer {
	if bad != nil {
		bad.outcome = Refused
		return *bad
	}
	fault, struck := s.strike(*o)
	if struck && fault.outcome == Refused {
		return fault
	}
	if !s.quota.take(o.model, s.opts.Now()) {
		return answer{status: 429, name: "ThrottlingException", message: tooMany, outcome: Refused}
	}
	if struck && fault.end != truncated && fault.word != oversized {
		if o.spec.diffusion && fault.reason != "" {
			fault.body = o.withheld(fault.reason)
		}
		return fault
	}
	body, err := s.draw(o)
	if err != nil {
		return *malformed("#/image", err.Error())
	}
	if fault.word == oversized {
		body = append(body, bytes.Repeat([]byte(" "), maxReply)...)
	}
	if len(body) > maxReply {
		fault.message = fmt.Sprintf("Response payload size %d bytes exceeds the maximum allowed size of %d bytes", len(body), maxReply)
		fault.status, fault.name, fault.outcome = http.StatusBadRequest, "ValidationException", Executed
		return fault
	}
	fault.body, fault.status, fault.outcome = body, http.StatusOK, Executed
	return fault
}

// latency is how long the model takes for an order.
func (s *Server) latency(o *order) time.Duration {
	switch {
	case o.slow > 0:
		return o.slow
	case s.opts.Latency != 0:
		return s.opts.Latency
	}
	return time.Duration(float64(o.spec.latency) * (0.7 + 0.6*s.dice()))
}

// receive reads a request up to the point where the model would begin. The order it returns is never
// nil, so that the ledger can say what was refused.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) (*order, *answer) {
	o := &order{model: r.PathValue("id")}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return o, invalid("1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000")
	}
	if err != nil {
		return o, invalid("The request body could not be read.")
	}
	region, bad := signedFor(r.Header.Get("Authorization"), s.opts.Region)
	if bad != nil {
		return o, bad
	}
	if bad := checkHeaders(r.Header); bad != nil {
		return o, bad
	}
	o.guarded = r.Header.Get(guardrailIDHeader) != ""
	if o.spec, bad = s.lookup(o.model, region); bad != nil {
		return o, bad
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return o, invalid("The content type is not supported. Use application/json.")
	}
	return o, o.read(body)
}

// isJSON takes no type for JSON, as the real service does: boto3 sends none unless it is told to.
func isJSON(contentType string) bool {
	t, _, _ := mime.ParseMediaType(contentType)
	return contentType == "" || t == "application/json"
}

// signedFor takes the region out of the credential scope of a SigV4 header. An API key names none.
func signedFor(authorization, served string) (string, *answer) {
	if authorization == "" {
		return "", &answer{status: 403, name: "MissingAuthenticationTokenException", message: "Missing Authentication Token"}
	}
	if bearer, ok := strings.CutPrefix(authorization, "Bearer "); ok && bearer != "" {
		return served, nil
	}
	_, rest, _ := strings.Cut(authorization, "Credential=")
	scope, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 ") || len(parts) != 5 || parts[3] != "bedrock" {
		return "", &answer{status: 403, name: "IncompleteSignatureException", message: "Authorization header requires 'Credential' parameter with a scope for bedrock."}
	}
	return parts[2], nil
}
