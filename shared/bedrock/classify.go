package bedrock

import (
	"slices"
	"strings"

	"easel/shared/job"
)

// kind is what follows from an answer.
type kind struct {
	class job.Class
	code  string
}

var (
	throttled   = kind{job.NotExecuted, job.WaitThrottled}
	outage      = kind{job.NotExecuted, job.WaitOutage}
	access      = kind{job.Account, job.WaitAccess}
	credentials = kind{job.Account, job.WaitCredentials}
	filtered    = kind{job.Rejected, job.CodeFiltered}
	gone        = kind{job.Rejected, job.CodeUnavailable}
	invalid     = kind{job.Rejected, job.CodeInvalid}
	unsure      = kind{job.Ambiguous, job.CodeModel}
)

// because is what a call fails with.
func (k kind) because(cause error, message string) *job.CallError {
	return &job.CallError{Class: k.class, Code: k.code, Cause: cause, Message: message}
}

// rule is a line of the table below. What is empty matches anything.
type rule struct {
	name   string // exception name, as in X-Amzn-Errortype, or several of them
	status int    // HTTP status
	text   string // part of the message: lower case, straight apostrophes
	is     kind
	ran    bool   // the model ran before the answer was refused, so the call counts
	say    string // {model}, {region}, {instead} and {detail} are filled in
}

// rules are tried in order; the first that matches decides. Status alone decides little: a retired model
// is a 404 or a 403, a wrong region a 400, and a 429 is not always the caller's quota. Texts are as long
// as they can be or tied to a status, since a message may quote a prompt. What matches no rule is
// [unknown], which counts as perhaps paid for.
var rules = []rule{
	// Calls come too fast, or the model has no room.
	{name: "ThrottlingException", is: throttled, say: tooFast},
	{name: "ModelNotReadyException", is: outage, say: "{model} is being made ready by AWS; the call is repeated shortly."},
	{name: "ServiceUnavailableException", is: outage, say: noCapacity},
	{status: 429, is: throttled, say: tooFast},
	{status: 503, is: outage, say: noCapacity},
	{status: 529, is: outage, say: noCapacity},

	// A picture that Bedrock does not send. The same request makes it again, so it is not repeated. Its status
	// is not known but for being a 4xx.
	{text: "response payload size", is: invalid, ran: true, say: "{model} made a picture that does not fit into a reply of Bedrock, which takes about 12 MB.{detail} Order it with output_format jpeg, or a smaller one."},

	// A call that may have been executed.
	{status: 500, is: unsure, say: "Bedrock reported an internal error; the picture may have been made and paid for."},
	{status: 408, is: unsure, say: "{model} took too long; the call may have been paid for."},
	{status: 424, is: unsure, say: "{model} failed at the picture; the call may have been paid for."},

	// A filter in front of the model, and models that are gone. One of these texts begins with "Access denied".
	{status: 400, text: "blocked by our content filters", is: filtered, say: "The content filter in front of {model} refused the request. Change the prompt or the input image."},
	{status: 400, text: "provided model identifier is invalid", is: gone, say: "Bedrock knows no model {model} in {region}. Check that the region setting is the model's own region. {instead}"},
	{status: 400, text: "on-demand throughput isn't supported", is: gone, say: "{model} cannot be called on demand in {region}, only through an inference profile. {instead}"},
	{text: "reached the end of its life", is: gone, say: "AWS has retired {model}. {instead}"},
	{text: "marked by provider as legacy", is: gone, say: "AWS has closed {model} to accounts that have not used it lately. {instead}"},

	// The clock, then the credentials: one exception name stands for both.
	{status: 403, text: "signature expired", is: credentials, say: wrongClock},
	{status: 403, text: "signature not yet current", is: credentials, say: wrongClock},
	{name: "RequestTimeTooSkewed RequestExpired", is: credentials, say: wrongClock},
	{name: "ExpiredTokenException ExpiredToken", is: credentials, say: outOfDate},
	{text: "security token included in the request is expired", is: credentials, say: outOfDate},
	{text: "security token included in the request", is: credentials, say: notAccepted},
	{name: "UnrecognizedClientException InvalidClientTokenId", is: credentials, say: notAccepted},
	{name: "InvalidSignatureException SignatureDoesNotMatch", is: credentials, say: notAccepted},
	{name: "IncompleteSignatureException IncompleteSignature", is: credentials, say: notAccepted},
	{name: "MissingAuthenticationTokenException MissingAuthenticationToken", is: credentials, say: notAccepted},
	{status: 403, text: "bearer token", is: credentials, say: notAccepted},
	{status: 403, text: "api key", is: credentials, say: notAccepted},
	{status: 401, is: credentials, say: notAccepted},

	// What the account may not do. A guardrail that does not exist is no fault of the order either.
	{name: "ServiceQuotaExceededException", is: access, say: "The AWS account has used up a service quota of Bedrock for {model}. Look at Service Quotas in {region}."},
	{name: "MPAgreementBeingCreated", is: access, say: pending},
	{status: 403, text: "marketplace", is: access, say: pending},
	{status: 403, text: "guardrail", is: access, say: noGuardrail},
	{status: 400, text: "guardrail identifier or version", is: access, say: noGuardrail},
	{status: 403, text: "service control policy", is: access, say: "A service control policy of the AWS organization forbids bedrock:InvokeModel on {model} in {region}."},
	{status: 403, text: "explicit deny", is: access, say: "A policy explicitly denies bedrock:InvokeModel on {model} in {region}."},
	{status: 403, text: "permissions boundary", is: access, say: "A permissions boundary does not allow bedrock:InvokeModel on {model} in {region}."},
	{status: 403, text: "no identity-based policy allows", is: access, say: "No policy allows bedrock:InvokeModel on {model} in {region}. Add it to the role or user that runs Easel."},
	{status: 403, text: "don't have access to the model", is: access, say: "The AWS account has no access to {model}. Request it on the model access page of the Bedrock console in {region}."},
	{status: 400, text: "operation not allowed", is: access, say: "AWS does not let this account call {model} yet. Ask AWS Support to enable Bedrock for it."},
	{name: "AccessDeniedException", is: access, say: denied},
	{status: 403, is: access, say: denied},

	// What is left is about the request.
	{status: 404, is: gone, say: "Bedrock found no model {model} in {region}. {instead}"},
	{status: 400, is: invalid, say: "The model refused the request.{detail} Change the order and send it again."},
	{status: 413, is: invalid, say: "The request is larger than Bedrock takes. Use a smaller input image."},
}

const (
	tooFast     = "Bedrock asks for fewer calls of {model}; the call is repeated at a slower pace."
	noCapacity  = "Bedrock has no capacity for {model} just now; the call is repeated."
	wrongClock  = "AWS refuses the request's signature because of its time. Set this machine's clock."
	outOfDate   = "The AWS credentials have expired. Sign in again or renew them; waiting jobs then go on by themselves."
	notAccepted = "AWS does not accept the credentials. Check the keys, the profile or the role that runs Easel."
	denied      = "AWS refuses calls of {model} in {region}. Check that the role or user that runs Easel may use bedrock:InvokeModel on it."
	noGuardrail = "The guardrail of this installation cannot be used. Check its identifier, its version and bedrock:ApplyGuardrail in {region}."
	pending     = "Access to {model} is pending: it is an offer of AWS Marketplace, and the first call starts the subscription. " +
		"It needs aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions and may take 15 minutes."
)

// unknown is for every answer that no rule knows.
var unknown = rule{is: unsure, say: "The call of {model} ended with an error that says nothing about the picture; it may have been made and paid for."}

// find returns the rule for an answer with an error status.
func find(name string, status int, text string) rule {
	text = strings.ToLower(strings.ReplaceAll(text, "\u2019", "'"))
	for _, r := range rules {
		if r.matches(name, status, text) {
			return r
		}
	}
	return unknown
}

func (r rule) matches(name string, status int, text string) bool {
	named := func(one string) bool { return strings.EqualFold(one, name) }
	return (r.name == "" || slices.ContainsFunc(strings.Fields(r.name), named)) &&
		(r.status == 0 || r.status == status) &&
		(r.text == "" || strings.Contains(text, r.text))
}
