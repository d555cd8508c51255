package lambdahandler_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/bedrock"
	"easel/shared/config"
	"easel/shared/lambdahandler"
)

func settings(t *testing.T, more map[string]string) config.Function {
	t.Helper()
	env := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "a token"}
	f, err := config.Load(func(name string) string {
		if value, ok := more[name]; ok {
			return value
		}
		return env[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEndpoints(t *testing.T) {
	const general, own = "http://aws:5000", "http://own:5001"
	services := map[string]func(aws.Config) *string{
		"AWS_ENDPOINT_URL_DYNAMODB":        func(c aws.Config) *string { return dynamodb.NewFromConfig(c).Options().BaseEndpoint },
		"AWS_ENDPOINT_URL_SQS":             func(c aws.Config) *string { return sqs.NewFromConfig(c).Options().BaseEndpoint },
		"AWS_ENDPOINT_URL_S3":              func(c aws.Config) *string { return s3.NewFromConfig(c).Options().BaseEndpoint },
		"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": func(c aws.Config) *string { return bedrockruntime.NewFromConfig(c).Options().BaseEndpoint },
		"AWS_ENDPOINT_URL_EVENTBRIDGE":     func(c aws.Config) *string { return eventbridge.NewFromConfig(c).Options().BaseEndpoint },
	}
	for service, endpoint := range services {
		for _, c := range []struct{ general, own, want string }{
			{"", "", ""}, {general, "", general}, {"", own, own}, {general, own, own},
		} {
			cfg := lambdahandler.AWS(settings(t, map[string]string{"AWS_ENDPOINT_URL": c.general, service: c.own}))
			if got := aws.ToString(endpoint(cfg)); got != c.want {
				t.Errorf("%s %q, general %q: got %q, want %q", service, c.own, c.general, got, c.want)
			}
			for other, endpoint := range services {
				if got := aws.ToString(endpoint(cfg)); other != service && got != c.general {
					t.Errorf("%s is for %s too: got %q, want %q", service, other, got, c.general)
				}
			}
		}
	}
}

func TestClientsSignWithTheCredentialsOfTheEnvironment(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer server.Close()
	client := sqs.NewFromConfig(lambdahandler.AWS(settings(t, map[string]string{"AWS_ENDPOINT_URL": server.URL})))
	_, _ = client.ListQueues(t.Context(), nil) // what comes back is no answer of SQS
	if signed := got.Get("Authorization"); !strings.Contains(signed, "Credential=AKIDEXAMPLE/") || !strings.Contains(signed, "/eu-west-1/sqs/") {
		t.Errorf("signed with %q", signed)
	}
	if token := got.Get("X-Amz-Security-Token"); token != "a token" {
		t.Errorf("the token is %q", token)
	}
}

// A connection may have died while the process was frozen: a store is asked again on another one, a model never.
func TestStoresAreNotWaitedForAndModelsAre(t *testing.T) {
	cfg := lambdahandler.AWS(settings(t, nil))
	patience := func(client any) float64 {
		t.Helper()
		c, ok := client.(*awshttp.BuildableClient)
		if !ok {
			t.Fatalf("the HTTP client is a %T", client)
		}
		return c.GetTransport().ResponseHeaderTimeout.Seconds()
	}
	if s := patience(dynamodb.NewFromConfig(cfg).Options().HTTPClient); s < 1 || s > 10 {
		t.Errorf("a store has %v s for its answer", s)
	}
	if s := patience(bedrock.Client(cfg).Options().HTTPClient); s != 0 {
		t.Errorf("a model has %v s for its answer, want as long as the call may take", s)
	}
}
