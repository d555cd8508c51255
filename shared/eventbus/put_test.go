package eventbus_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"easel/shared/awstest"
	"easel/shared/eventbus"
)

// answers replies to one request after the other with a status each, the last one for good.
func answers(t *testing.T, statuses ...int) (cfg aws.Config, asked *[]*http.Request, bodies *[]string) {
	t.Helper()
	asked, bodies = new([]*http.Request), new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		status := statuses[min(len(*asked), len(statuses)-1)]
		*asked, *bodies = append(*asked, r), append(*bodies, string(body))
		w.WriteHeader(status)
		if status == http.StatusOK {
			_, _ = io.WriteString(w, taken)
		}
	}))
	t.Cleanup(server.Close)
	cfg = awstest.Config(server.URL)
	cfg.Retryer = func() aws.Retryer { return retry.NewStandard(atOnce) }
	return cfg, asked, bodies
}

func atOnce(o *retry.StandardOptions) {
	o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
}

func TestTheRequestIsWhatTheSDKWouldSend(t *testing.T) {
	cfg, asked, bodies := answers(t, http.StatusOK)
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token"}, nil
	})
	j := ended()
	at := j.CompletedAt.Add(123 * time.Millisecond)
	j.CompletedAt = &at
	if err := eventbus.New(cfg).Ended(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	var ours struct{ Entries []struct{ Detail string } }
	if err := json.Unmarshal([]byte((*bodies)[0]), &ours); err != nil {
		t.Fatal(err)
	}
	_, err := eventbridge.NewFromConfig(cfg).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		Source: aws.String(eventbus.Source), DetailType: aws.String(eventbus.DetailType), Detail: &ours.Entries[0].Detail, Time: &at,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown(t, (*asked)[1], (*bodies)[1]), shown(t, (*asked)[0], (*bodies)[0])); diff != "" {
		t.Errorf("request (-SDK +ours):\n%s", diff)
	}
}

// shown is what counts of a request.
func shown(t *testing.T, r *http.Request, body string) map[string]any {
	t.Helper()
	var members any
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	scope, _, _ := strings.Cut(r.Header.Get("Authorization"), ",")
	key, rest, _ := strings.Cut(scope, "/")
	_, scope, _ = strings.Cut(rest, "/") // the day may have changed between two requests
	return map[string]any{
		"request": r.Method + " " + r.URL.Path, "type": r.Header.Get("Content-Type"), "target": r.Header.Get("X-Amz-Target"),
		"token": r.Header.Get("X-Amz-Security-Token"), "key": key, "scope": scope, "body": members,
	}
}

func TestWhatMayGoBetterIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int
		want     int
		err      string
	}{
		"at the third attempt": {[]int{500, 503, 200}, 3, ""},
		"never":                {[]int{503}, 3, "exceeded maximum number of attempts"},
		"what is wrong":        {[]int{400, 200}, 1, "UnknownError"},
	} {
		cfg, asked, bodies := answers(t, c.statuses...)
		err := eventbus.New(cfg).Ended(t.Context(), ended())
		if len(*asked) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %d requests and %v", name, len(*asked), err)
		}
		for _, body := range *bodies {
			if body != (*bodies)[0] {
				t.Errorf("%s: then it sends %s", name, body)
			}
		}
	}
}

// client answers without a network.
type client func(*http.Request) (*http.Response, error)

func (c client) Do(r *http.Request) (*http.Response, error) { return c(r) }

func reply(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestErrorsThatPassByThemselves(t *testing.T) {
	for name, first := range map[string]client{
		"no connection": func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") },
		"throttled": func(*http.Request) (*http.Response, error) {
			return reply(400, `{"__type":"com.amazonaws#ThrottlingException","message":"slowly"}`)
		},
	} {
		cfg := awstest.Config("http://127.0.0.1:1")
		cfg.Retryer = func() aws.Retryer { return retry.NewStandard(atOnce) }
		attempts := 0
		cfg.HTTPClient = client(func(r *http.Request) (*http.Response, error) {
			if attempts++; attempts == 1 {
				return first(r)
			}
			return reply(200, taken)
		})
		if err := eventbus.New(cfg).Ended(t.Context(), ended()); err != nil || attempts != 2 {
			t.Errorf("%s: %d attempts and %v", name, attempts, err)
		}
	}
}

func TestWhatWasCanceledIsNotTriedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := awstest.Config("http://127.0.0.1:1")
	attempts := 0
	cfg.HTTPClient = client(func(*http.Request) (*http.Response, error) {
		attempts++
		cancel()
		return nil, ctx.Err()
	})
	if err := eventbus.New(cfg).Ended(ctx, ended()); !errors.Is(err, context.Canceled) || attempts != 1 {
		t.Errorf("%d attempts and %v", attempts, err)
	}
}

func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	cfg := awstest.Config("http://127.0.0.1:1")
	cfg.HTTPClient = client(func(*http.Request) (*http.Response, error) { return reply(200, "<html>") })
	if err := eventbus.New(cfg).Ended(t.Context(), ended()); err == nil || !strings.Contains(err.Error(), "read the answer") {
		t.Error(err)
	}
}

// own are endpoints of one's own by the SDK's name of a service.
type own map[string]string

func (o own) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	url, ok := o[service]
	return url, ok, nil
}

func TestTheServiceIsFound(t *testing.T) {
	general := "http://general:1"
	for want, cfg := range map[string]aws.Config{
		"https://events.eu-west-1.amazonaws.com": {ConfigSources: []any{own{"SQS": "http://queue:2"}}},
		"http://general:1":                       {BaseEndpoint: &general, ConfigSources: []any{own{}}},
		"http://events:2":                        {BaseEndpoint: &general, ConfigSources: []any{own{"EventBridge": "http://events:2"}}},
	} {
		cfg.Region, cfg.Credentials = "eu-west-1", awstest.Config("").Credentials
		var asked string
		cfg.HTTPClient = client(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.String()
			return reply(200, taken)
		})
		if err := eventbus.New(cfg).Ended(t.Context(), ended()); err != nil || asked != want {
			t.Errorf("asks %s (%v), want %s", asked, err, want)
		}
	}
}
