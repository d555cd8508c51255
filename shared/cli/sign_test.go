package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/awstest"
	"easel/shared/bulk"
	"easel/shared/sign"
)

func TestRequestsAreSignedWhereTheyMustBe(t *testing.T) {
	const gateway, other = "abc123.execute-api.us-west-2.amazonaws.com", "easel.example.com"
	for _, c := range []struct {
		mode, host, key string
		want, fails     bool
	}{
		{mode: "auto", host: gateway, want: true},
		{mode: "auto", host: gateway, key: "token"},
		{mode: "auto", host: other},
		{mode: "auto", host: "127.0.0.1"},
		{mode: "always", host: other, want: true},
		{mode: "always", host: gateway, key: "token", fails: true},
		{mode: "never", host: gateway},
		{mode: "never", host: other, key: "token"},
		{mode: "yes", host: gateway, fails: true},
	} {
		got, err := signs(c.mode, c.host, c.key)
		if got != c.want || (err != nil) != c.fails || (err != nil && strings.Contains(err.Error(), "token")) {
			t.Errorf("%+v: got %t, %v", c, got, err)
		}
	}
}

func TestAGatewayIsSpokenToInHTTPS(t *testing.T) {
	const gateway = "abc123.execute-api.us-west-2.amazonaws.com"
	for server, want := range map[string]string{
		gateway:                        "https://" + gateway,
		gateway + "/prod":              "https://" + gateway + "/prod",
		"https://" + gateway + ":443/": "https://" + gateway + ":443",
		"http://" + gateway:            "",
		"http://easel.example.com":     "http://easel.example.com",
		"localhost:8080":               "http://localhost:8080",
		"http://[::1":                  "",
	} {
		if got, err := (&app{server: server}).address(); err == nil && got.String() != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v", server, got, err)
		}
	}
}

// near answers in place of the gateway of the world.
type near struct{ t *testing.T }

func (n near) RoundTrip(r *http.Request) (*http.Response, error) {
	r.RequestURI, r.Host = r.URL.RequestURI(), r.URL.Host
	secret := func(key string) string { return map[string]string{"AKID": "secret"}[key] }
	if err := awstest.Verify(r, nil, "execute-api", "eu-west-1", secret, time.Now()); err != nil || r.URL.Scheme != "https" {
		n.t.Errorf("%s: %v", r.URL, err)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
}

// The region of the machine's own settings is another, and the address counts.
func TestTheAddressOfAGatewayIsEnough(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_PROFILE": "", "EASEL_KEY": "",
	} {
		t.Setenv(name, value)
	}
	a := &app{server: "abc123.execute-api.eu-west-1.amazonaws.com/prod", sign: signAuto}
	c, err := a.client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP = &http.Client{Transport: near{t}}
	if _, err := c.Get(t.Context(), "7", 20*time.Second); err != nil || a.signed != "eu-west-1" {
		t.Errorf("signed for %q, %v", a.signed, err)
	}
}

func TestLackOfCredentialsIsExplained(t *testing.T) {
	t.Setenv("AWS_PROFILE", "my office")
	for cause, want := range map[string]string{
		"refresh cached SSO token failed, unable to refresh SSO token":          "aws sso login --profile 'my office'",
		"the SSO session has expired or is invalid":                             "aws sso login --profile 'my office'",
		"create oauth2 token: login session has expired, please reauthenticate": "aws login --profile 'my office'",
		"operation error STS: AssumeRole, api error ExpiredToken: expired":      "They have expired",
		"failed to get shared config profile, my office":                        "aws configure list-profiles",
		"no EC2 IMDS role found":                                                "EASEL_KEY",
	} {
		err := fmt.Errorf("list: %w: %w", sign.ErrCredentials, errors.New(cause))
		if got := (&app{}).explain(err); !strings.Contains(got, want) || codeOf(err) != codeUnreachable || word(err) != "credentials" {
			t.Errorf("%s: exit code %d, %s", cause, codeOf(err), got)
		}
	}
}

// A picture that its store refuses is no matter of the caller's credential.
func TestARefusedPictureAsksForNoKey(t *testing.T) {
	err := &api.Problem{Status: http.StatusForbidden, Code: client.CodePicture, Detail: "The store of pictures answered 403."}
	if got := (&app{}).explain(err); strings.Contains(got, "EASEL_KEY") || codeOf(err) != codeUnreachable {
		t.Errorf("exit code %d, %s", codeOf(err), got)
	}
}

func TestWaitOutlivesABusyGateway(t *testing.T) {
	for status, want := range map[int]bool{429: true, 503: true, 504: true, 502: true, 500: false, 403: false, 404: false} {
		if got := bulk.Passing(&api.Problem{Status: status}); got != want {
			t.Errorf("%d: got %t", status, got)
		}
	}
	if !bulk.Passing(&api.Problem{Status: 500, Code: "gateway_error"}) {
		t.Error("a function that failed once ends the wait")
	}
}
