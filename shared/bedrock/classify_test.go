package bedrock_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrock"
	"easel/shared/job"
)

// verdict is what a failed call comes to.
type verdict struct {
	class   job.Class
	code    string
	charged bool
}

var (
	throttled   = verdict{class: job.NotExecuted, code: job.WaitThrottled}
	outage      = verdict{class: job.NotExecuted, code: job.WaitOutage}
	access      = verdict{class: job.Account, code: job.WaitAccess}
	credential  = verdict{class: job.Account, code: job.WaitCredentials}
	ambiguous   = verdict{class: job.Ambiguous, code: job.CodeModel}
	unavailable = verdict{class: job.Rejected, code: job.CodeUnavailable}
	filtered    = verdict{class: job.Rejected, code: job.CodeFiltered}
	refused     = verdict{class: job.Rejected, code: job.CodeInvalid}
	unsendable  = verdict{class: job.Rejected, code: job.CodeInvalid, charged: true}
	moderated   = verdict{class: job.Rejected, code: job.CodeFiltered, charged: true}
)

// check makes one call against the handler and compares what comes of it.
func check(t *testing.T, h http.HandlerFunc, want verdict, says string) {
	t.Helper()
	s := serve(t, h)
	ce := failure(t, generator(t, config(s.URL), bedrock.Options{}), t.Context(), order())
	got := verdict{ce.Class, ce.Code, ce.Charged}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(verdict{})); diff != "" {
		t.Errorf("%v: %s", ce, diff)
	}
	if !strings.Contains(ce.Message, says) {
		t.Errorf("message %q lacks %q", ce.Message, says)
	}
	if len(ce.Message) > 700 {
		t.Errorf("message has %d bytes", len(ce.Message))
	}
	if n := s.requests.Load(); n != 1 {
		t.Errorf("%d requests, want exactly one", n)
	}
}

const (
	subscribe = "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions " +
		"(aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock documentation for further details. " +
		"Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 5 minutes."
	user   = "User: arn:aws:iam::123456789012:user/a is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-west-2::foundation-model/stability.stable-image-core-v1:1 "
	legacy = "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock"
	skew   = "Signature expired: 20261101T100000Z is now earlier than 20261101T105500Z (20261101T110000Z - 5 min.)"
	fields = `{"detail":"Invalid field in request. Available fields: ['prompt', 'seed']"}`
)

func TestErrorsOfBedrock(t *testing.T) {
	for _, c := range []struct {
		status  int
		name    string
		message string
		want    verdict
		says    string
	}{
		{429, "ThrottlingException", "Too many requests, please wait before trying again.", throttled, "slower pace"},
		{429, "ModelNotReadyException", "The model is not ready.", outage, "made ready"},
		{429, "SomethingNewException", "", throttled, ""},
		{503, "ServiceUnavailableException", "Bedrock is unable to process your request.", outage, "no capacity"},
		{503, "", "<html>", outage, ""},
		{529, "OverloadedException", "", outage, ""},
		{500, "InternalServerException", "internal", ambiguous, "may have been"},
		{502, "", "<html>bad gateway", ambiguous, "may have been"},
		{408, "ModelTimeoutException", "Model has timed out in processing the request. Try your request again.", ambiguous, "took too long"},
		{408, "", "", ambiguous, "took too long"},
		{424, "ModelErrorException", "", ambiguous, "failed at the picture"},
		{418, "TeapotException", "", ambiguous, "says nothing"},

		{400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account.", access, "Service Quotas"},
		{403, "AccessDeniedException", subscribe, access, "pending"},
		{403, "AccessDeniedException", "AWS Marketplace Agreement Pending after 15 minutes", access, "pending"},
		{403, "MPAgreementBeingCreated", "The agreement is being created.", access, "pending"},
		{403, "AccessDeniedException", user + "with an explicit deny in a service control policy", access, "service control policy"},
		{403, "AccessDeniedException", user + "with an explicit deny in an identity-based policy", access, "explicitly denies"},
		{403, "AccessDeniedException", user + "because no identity-based policy allows the bedrock:InvokeModel action", access, "No policy allows"},
		{403, "AccessDeniedException", user + "because no permissions boundary allows the bedrock:InvokeModel action", access, "permissions boundary"},
		{403, "AccessDeniedException", "You don\u2019t have access to the model with the specified model ID.", access, "model access page"},
		{403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", access, "model access page"},
		{403, "AccessDeniedException", "No.", access, "bedrock:InvokeModel"},
		{403, "", "<html>", access, "bedrock:InvokeModel"},
		{400, "ValidationException", "Operation not allowed", access, "AWS Support"},
		{400, "ValidationException", "The guardrail identifier or version provided in the request does not exist.", access, "guardrail"},

		{403, "UnrecognizedClientException", "The security token included in the request is invalid.", credential, "credentials"},
		{403, "ExpiredTokenException", "The security token included in the request is expired", credential, "expired"},
		{403, "InvalidSignatureException", "The request signature we calculated does not match. The Canonical String was x Signature=abc", credential, "credentials"},
		{403, "InvalidSignatureException", skew, credential, "clock"},
		{403, "InvalidSignatureException", "Signature not yet current: 20261101T120000Z is still later than 20261101T110500Z", credential, "clock"},
		{403, "RequestTimeTooSkewed", "", credential, "clock"},
		{403, "IncompleteSignatureException", "", credential, "credentials"},
		{403, "MissingAuthenticationTokenException", "Missing Authentication Token", credential, "credentials"},
		{403, "AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.", credential, "credentials"},
		{401, "", "", credential, "credentials"},

		{400, "ValidationException", "The provided model identifier is invalid.", unavailable, "us-west-2"},
		{400, "ValidationException", "Invocation of model ID x with on-demand throughput isn\u2019t supported. Retry.", unavailable, "inference profile"},
		{404, "ResourceNotFoundException", "This model version has reached the end of its life. Please refer to the AWS documentation.", unavailable, "retired Stable Image Core 1.1. Order again with another model ("},
		{404, "ResourceNotFoundException", legacy, unavailable, "closed"},
		{403, "AccessDeniedException", legacy, unavailable, "closed"},
		{404, "ResourceNotFoundException", "Could not resolve the foundation model", unavailable, "found no model"},
		{404, "UnknownOperationException", "", unavailable, "found no model"},

		{400, "ValidationException", "This request has been blocked by our content filters. Please adjust your text prompt to submit a new request.", filtered, "content filter"},
		{400, "ValidationException", "Malformed input request: #: required key [prompt] not found.", refused, "required key [prompt]"},
		{400, "ValidationException", fields, refused, "It says: Invalid field in request. Available fields: ['prompt', 'seed']."},
		{400, "ValidationException", "value '" + secretPrompt + "' is too bold", refused, "refused the request. Change"},
		{400, "ValidationException", "value '" + secretPrompt[:20] + "…' is too bold", refused, "refused the request. Change"},
		{400, "ValidationException", "image iVBOR" + strings.Repeat("w0KGgo", 40), refused, "refused the request. Change"},
		{400, "ValidationException", strings.Repeat("long words ", 50), refused, "long words long words"},
		{400, "ValidationException", "a marketplace sign with a bearer token is not allowed", refused, ""},
		{400, "SomethingNewException", "", refused, ""},
		{413, "", "", refused, "smaller input image"},

		{400, "ValidationException", "Response payload size 46523120 bytes exceeds the maximum allowed size of 16777216 bytes", unsendable, "It says: Response payload size 46523120 bytes exceeds the maximum allowed size of 16777216 bytes. Order it with output_format jpeg"},
		{413, "ValidationException", "Response payload size 1 bytes exceeds the maximum allowed size of 16777216 bytes", unsendable, "output_format jpeg"},
		{424, "ModelErrorException", "Response payload size 1 bytes exceeds the maximum allowed size of 16777216 bytes", unsendable, "output_format jpeg"},
	} {
		t.Run(strconv.Itoa(c.status)+c.name+c.says, func(t *testing.T) {
			check(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, c.status, c.name, c.message) }, c.want, c.says)
		})
	}
}

// refuse answers as Bedrock does, or as a proxy does where the error has no name.
func refuse(w http.ResponseWriter, status int, name, message string) {
	body := []byte(message)
	if name != "" {
		w.Header().Set("X-Amzn-Errortype", name+":http://internal.amazon.com/coral/")
		body, _ = json.Marshal(map[string]string{"message": message}) // a string always marshals
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func TestRepliesWithoutAPicture(t *testing.T) {
	tooLong := append(picture(t, "png"), make([]byte, 20<<20)...)
	for name, c := range map[string]struct {
		body string
		want verdict
		says string
	}{
		"prompt filtered":      {`{"finish_reasons":["Filter reason: prompt"]}`, moderated, "refused the prompt"},
		"output filtered":      {`{"finish_reasons":["Filter reason: output image"]}`, moderated, "held it back"},
		"input image filtered": {`{"finish_reasons":["Filter reason: input image"]}`, moderated, "input image"},
		"inference error":      {`{"seeds":[1],"finish_reasons":["Inference error"]}`, ambiguous, "error of its own"},
		"guardrail":            {`{"amazon-bedrock-guardrailAction":"INTERVENED"}`, moderated, "guardrail"},
		"guardrail, odd body":  {`{"amazon-bedrock-guardrailAction":"INTERVENED","images":[],"finish_reasons":"x"}`, moderated, "guardrail"},
		"empty":                {``, ambiguous, "not with a picture"},
		"no images":            {`{"finish_reasons":[null],"images":[]}`, ambiguous, "not with a picture"},
		"garbage":              {`<html>`, ambiguous, "not with a picture"},
		"bad base64":           {`{"finish_reasons":[null],"images":["%%"]}`, ambiguous, "not with a picture"},
		"not an image":         {drawn([]byte("GIF89a, which no model makes")), ambiguous, "not with a picture"},
		"too many pixels":      {drawn(header(60_000, 60_000)), ambiguous, "not with a picture"},
		"too many bytes":       {drawn(tooLong), ambiguous, "not with a picture"},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) }, c.want, c.says)
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"reset":             reset,
		"closed":            func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"truncated":         func(w http.ResponseWriter, _ *http.Request) { truncate(w, 200) },
		"too large a reply": func(w http.ResponseWriter, _ *http.Request) { flood(w, drawn(picture(t, "png"))) },
	} {
		t.Run(name, func(t *testing.T) { check(t, h, ambiguous, "") })
	}
	t.Run("truncated throttle", func(t *testing.T) {
		check(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "ModelNotReadyException:http://internal.amazon.com/")
			truncate(w, 429)
		}, outage, "made ready")
	})
}

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		panic(err)
	}
	conn.Close()
}

func truncate(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"seeds":[7],`)
}

// flood sends a good reply behind more blanks than any picture needs.
func flood(w io.Writer, reply string) {
	_, _ = w.Write(bytes.Repeat([]byte(" "), 33<<20))
	_, _ = io.WriteString(w, reply)
}

func TestGivingUpOnASlowModel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	ce := failure(t, generator(t, config(s.URL), bedrock.Options{}), ctx, order())
	if ce.Class != job.Ambiguous || s.requests.Load() != 1 {
		t.Errorf("got %v after %d requests, want one ambiguous call", ce, s.requests.Load())
	}
}
