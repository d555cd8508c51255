package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"easel/shared/api"
	"easel/shared/api/client"
)

// said are answers of Amazon API Gateway, of HTTP APIs and of REST APIs, with the code that they get and what has to be told.
var said = []struct {
	status     int
	message    string
	code, want string
}{
	{403, "Forbidden", "gateway_forbidden", "execute-api:Invoke"},
	{403, "Missing Authentication Token", "gateway_unsigned", "has no signature"},
	{403, "The security token included in the request is expired", "gateway_credentials_expired", "aws sso login"},
	{403, "The security token included in the request is invalid.", "gateway_credentials_unknown", "aws sts get-caller-identity"},
	{403, "Signature expired: 20261101T115500Z is now earlier than 20261101T120000Z (20261101T120500Z - 5 min.)", "gateway_clock", "Set the clock"},
	{403, "Signature not yet current: 20261101T125500Z is still later than 20261101T120500Z (20261101T120000Z + 5 min.)", "gateway_clock", "future"},
	{403, "Credential should be scoped to a valid region, not 'us-east-1'. ", "gateway_scope", "not 'us-east-1'"},
	{403, "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-west-2:********3333:abc/$default/GET/jobs", "gateway_denied", "user/ann"},
	{403, "User is not authorized to access this resource with an explicit deny", "gateway_denied", "explicit deny"},
	{401, "Unauthorized", "gateway_unauthorized", "JWT"},
	{404, "Not Found", "gateway_not_found", "stage"},
	{413, "Request Entity Too Large", "gateway_too_large", "4 MiB"},
	{429, "Too Many Requests", "gateway_throttled", "more slowly"},
	{500, "Internal Server Error", "gateway_error", "Idempotency-Key"},
	{502, "Internal server error", "gateway_error", "Idempotency-Key"},
	{503, "Service Unavailable", "gateway_unavailable", "may have arrived"},
	{504, "Endpoint request timed out", "gateway_timeout", "may have arrived"},
}

func gatewayBody(message string) string {
	b, _ := json.Marshal(map[string]string{"message": message})
	return string(b)
}

func TestAnswersOfTheGatewayAreTranslated(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		for _, a := range said {
			l.do = func(int, *http.Request) (*http.Response, error) {
				return answerOf(a.status, gatewayBody(a.message), "Content-Type", "application/json", "Apigw-Requestid", "Yx1="), nil
			}
			_, err := c.Get(h.t.Context(), "7", 0)
			var p *api.Problem
			if !errors.As(err, &p) || p.Status != a.status || p.Code != a.code || !strings.Contains(p.Detail, a.want) || p.Instance != "Yx1=" {
				t.Errorf("%d %q: got %+v", a.status, a.message, p)
			}
		}
	})
}

// The text for a wrong signature repeats the request as it should have been signed, and in it the session token.
func TestAWrongSignatureTellsNoSecret(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		text := "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'GET\n/jobs\n\nhost:abc\nx-amz-security-token:SESSION\n"
		l.do = func(int, *http.Request) (*http.Response, error) { return answerOf(403, gatewayBody(text)), nil }
		_, err := c.Get(h.t.Context(), "7", 0)
		var p *api.Problem
		if !errors.As(err, &p) || p.Code != "gateway_signature" || strings.Contains(err.Error(), "SESSION") {
			t.Errorf("got %v", err)
		}
	})
}

func TestARefusalNamesAClockThatIsWrong(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		for ahead, want := range map[time.Duration]string{10 * time.Minute: "10m0s ahead", -time.Hour: "1h0m0s behind", time.Minute: ""} {
			l.do = func(int, *http.Request) (*http.Response, error) {
				return answerOf(403, gatewayBody("Forbidden"), "Date", time.Now().Add(-ahead).UTC().Format(http.TimeFormat)), nil
			}
			_, err := c.Get(h.t.Context(), "7", 0)
			if err == nil || !strings.Contains(err.Error(), want) || (want == "") != !strings.Contains(err.Error(), "of this machine is 1") {
				t.Errorf("%s ahead: got %v", ahead, err)
			}
		}
	})
}

func TestARefusedTokenSaysWhy(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(int, *http.Request) (*http.Response, error) {
			return answerOf(401, gatewayBody("Unauthorized"), "WWW-Authenticate", `Bearer scope="" error="invalid_token" error_description="the token has expired"`), nil
		}
		if _, err := c.Get(h.t.Context(), "7", 0); err == nil || !strings.Contains(err.Error(), `"the token has expired"`) {
			t.Errorf("got %v", err)
		}
	})
}

// After a 429 of a gateway nothing was done; after a 5xx that is not known, so only what may be done twice is sent again.
func TestWhatTheGatewayAnswersIsRepeatedWhereThatIsSafe(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		ctx := h.t.Context()
		calls := map[string]func() error{
			"get": func() error { _, err := c.Get(ctx, "7", 0); return err },
			"submit": func() error {
				_, err := c.Submit(ctx, api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "one", 0)
				return err
			},
			"delete": func() error { return c.Delete(ctx, "7") },
			"retry":  func() error { _, err := c.Retry(ctx, "7"); return err },
		}
		for status, times := range map[int]map[string]int{
			403: {}, 404: {}, 413: {},
			429: {"get": 4, "submit": 4, "delete": 4, "retry": 4},
			500: {"get": 4, "submit": 4, "delete": 4}, 502: {"get": 4, "submit": 4, "delete": 4},
			503: {"get": 4, "submit": 4, "delete": 4}, 504: {"get": 4, "submit": 4, "delete": 4},
		} {
			for name, call := range calls {
				l.n, l.do = 0, func(int, *http.Request) (*http.Response, error) { return answerOf(status, gatewayBody("…")), nil }
				if err := call(); err == nil || l.n != max(1, times[name]) {
					t.Errorf("%s, %d: got %v after %d requests, want %d", name, status, err, l.n, max(1, times[name]))
				}
			}
		}
	})
}

// An address that a gateway does not know is no job that an earlier attempt has deleted.
func TestAGatewayThatIsLostDeletesNothing(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(n int, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return nil, errBroken
			}
			return answerOf(404, gatewayBody("Not Found")), nil
		}
		if err := c.Delete(h.t.Context(), "7"); err == nil || l.n != 2 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestEveryAttemptIsAuthorizedAnew(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		var bodies []string
		c.Authorize = func(r *http.Request, body []byte) error {
			bodies = append(bodies, string(body))
			r.Header.Set("Authorization", "Signature "+strings.Repeat("x", len(bodies)))
			return nil
		}
		l.do = func(n int, r *http.Request) (*http.Response, error) {
			sent, err := io.ReadAll(r.Body)
			if err != nil || string(sent) != bodies[n-1] || r.Header.Get("Authorization") != "Signature "+strings.Repeat("x", n) {
				t.Errorf("attempt %d went out as %q with %v", n, sent, r.Header)
			}
			return nil, errBroken
		}
		_, err := c.Submit(h.t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "one", 0)
		if !errors.Is(err, client.ErrUnreachable) || len(bodies) != 4 || !strings.Contains(bodies[3], "a fox") {
			t.Errorf("got %v after %q", err, bodies)
		}
	})
}

func TestACallThatCannotBeAuthorizedIsNotSent(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		none := errors.New("no credentials")
		c.Authorize = func(*http.Request, []byte) error { return none }
		if err := c.Delete(h.t.Context(), "7"); !errors.Is(err, none) || errors.Is(err, client.ErrUnreachable) || l.n != 0 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

// Neither a call nor a picture takes a credential to another place.
func TestNoCredentialLeavesTheServer(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		j := h.made("one")
		c.Authorize = func(r *http.Request, _ []byte) error {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 …")
			r.Header.Set("X-Amz-Security-Token", "SESSION")
			return nil
		}
		c.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
		l.do = func(_ int, r *http.Request) (*http.Response, error) {
			if r.URL.Host == "elsewhere.example" {
				t.Errorf("it was followed with %v", r.Header)
			}
			if strings.HasPrefix(r.URL.Path, "/files/") && (r.Header.Get("Authorization") != "" || r.Header.Get("X-Amz-Security-Token") != "") {
				t.Errorf("the picture was fetched with %v", r.Header)
			}
			return answerOf(http.StatusTemporaryRedirect, "", "Location", "https://elsewhere.example/"), nil
		}
		var p *api.Problem
		if _, err := c.Get(h.t.Context(), "7", 0); !errors.As(err, &p) || p.Status != http.StatusTemporaryRedirect {
			t.Errorf("got %v", err)
		}
		if err := c.Download(h.t.Context(), j, 0, io.Discard); !errors.As(err, &p) || l.n != 2 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestARefusedPictureSaysWhoCanHelp(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		j := h.made("one")
		l.do = func(_ int, r *http.Request) (*http.Response, error) {
			if !strings.HasPrefix(r.URL.Path, "/files/") {
				return nil, nil
			}
			return answerOf(403, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message><StringToSign>SECRET</StringToSign></Error>`), nil
		}
		err := c.Download(h.t.Context(), j, 0, io.Discard)
		var p *api.Problem
		if !errors.As(err, &p) || p.Code != client.CodePicture || !strings.Contains(p.Detail, "403 AccessDenied") || strings.Contains(p.Detail, "SECRET") {
			t.Errorf("got %v", err)
		}
	})
}

// What a gateway answers is described beside the problems, wherever it can happen.
func TestAnswersOfTheGatewayAreDescribed(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Gateway"]
	for _, a := range said {
		if err := schema.Value.VisitJSON(map[string]any{"message": a.message}, openapi3.EnableJSONSchema2020()); err != nil {
			t.Error(err)
		}
	}
	for path, item := range doc.Paths.Map() {
		if path == "/openapi.yaml" || path == "/healthz" {
			continue // the one is open to all, the other is not on AWS
		}
		for method, operation := range item.Operations() {
			for _, a := range said {
				response := operation.Responses.Status(a.status)
				if response == nil {
					response = operation.Responses.Default()
				}
				if content := response.Value.Content["application/json"]; content == nil || content.Schema.Ref != "#/components/schemas/Gateway" {
					t.Errorf("%s %s, %d: the gateway's answer is not described", method, path, a.status)
				}
			}
		}
	}
}
