package bedrock_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrock"
	"easel/shared/job"
	"easel/shared/model"
)

func TestUnsentCalls(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came through") }))
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tls.StartTLS()
	defer tls.Close()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	outage := []any{job.NotExecuted, job.WaitOutage}
	for name, c := range map[string]struct {
		change func(*aws.Config)
		ctx    context.Context
		want   []any
	}{
		"connection refused": {func(c *aws.Config) { c.BaseEndpoint = aws.String("http://" + closed.Addr().String()) }, t.Context(), outage},
		"unknown host":       {func(c *aws.Config) { c.HTTPClient = dialing(&net.DNSError{Err: "no such host", Name: "bedrock"}) }, t.Context(), outage},
		"untrusted server":   {func(c *aws.Config) { c.BaseEndpoint = aws.String(tls.URL) }, t.Context(), outage},
		"canceled before":    {func(*aws.Config) {}, canceled, outage},
		"no credentials": {func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("no EC2 IMDS role found")
			})
		}, t.Context(), []any{job.Account, job.WaitCredentials}},
		"no network on the way to credentials": {func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
				r, _ := http.NewRequestWithContext(ctx, "GET", tls.URL, nil)
				_, err := http.DefaultClient.Do(r)
				return aws.Credentials{}, err
			})
		}, t.Context(), []any{job.Account, job.WaitCredentials}},
		"a connection lost before the request": {func(c *aws.Config) { c.HTTPClient = doer(looksAgain) }, t.Context(), outage},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			c.change(&cfg)
			ce := failure(t, generator(t, cfg, bedrock.Options{}), c.ctx, order())
			if diff := cmp.Diff(c.want, []any{ce.Class, ce.Code}); diff != "" {
				t.Errorf("%v: %s", ce, diff)
			}
		})
	}
}

// TestAnswersOnTheWayToCredentialsAreNotBedrocks has what an instance without a role gets from its metadata service:
// answers with the statuses that Bedrock has as well.
func TestAnswersOnTheWayToCredentialsAreNotBedrocks(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 408, 424, 429, 500, 503} {
		s := serve(t, func(http.ResponseWriter, *http.Request) {})
		cfg := config(s.URL)
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, &smithyhttp.ResponseError{
				Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
				Err:      errors.New("request to EC2 IMDS failed"),
			}
		})
		ce := failure(t, generator(t, cfg, bedrock.Options{}), t.Context(), order())
		if ce.Class != job.Account || ce.Code != job.WaitCredentials || s.requests.Load() != 0 {
			t.Errorf("%d from the metadata service: %v, %d requests to Bedrock", status, ce, s.requests.Load())
		}
	}
}

func TestNothingIsSentThatBedrockWouldRefuse(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	g := generator(t, config(s.URL), bedrock.Options{})
	large, image := order(), order()
	large.Image, image.Image = make([]byte, 20_000_000), []byte("PNG")
	for name, c := range map[string]struct {
		model string
		order model.Request
		code  string
		says  string
	}{
		"a retired model": {"titan", order(), job.CodeUnavailable, `model "core"`},
		"25 MB":           {"sd35", large, job.CodeInvalid, "smaller input image"},
		"image for ultra": {"ultra", image, job.CodeInvalid, "sd35"},
		"image for core":  {"core", image, job.CodeInvalid, "sd35"},
	} {
		_, err := g.Generate(t.Context(), find(t, c.model), c.order)
		ce, ok := errors.AsType[*job.CallError](err)
		if !ok || ce.Class != job.Rejected || ce.Code != c.code || !strings.Contains(ce.Message, c.says) {
			t.Errorf("%s: got %v, want rejected, %s, %q", name, err, c.code, c.says)
		}
	}
	if n := s.requests.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
