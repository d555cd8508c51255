package awstest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"easel/shared/awstest"
)

// front is a front before a server that answers 200 to everything and counts what reaches it.
func front(t *testing.T, now func() time.Time) (settings aws.Config, reached *int) {
	t.Helper()
	reached = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *reached++ }))
	t.Cleanup(server.Close)
	return awstest.S3Front(t, awstest.Config(server.URL), now), reached
}

func TestFrontLetsNobodyThroughWithoutASignature(t *testing.T) {
	genuine := func(*aws.Config) {}
	for name, c := range map[string]struct {
		change func(*aws.Config)
		ahead  time.Duration // of the front's clock
		code   string        // S3's, empty where the request goes through
	}{
		"a genuine request": {genuine, 0, ""},
		"another secret": {func(c *aws.Config) {
			c.Credentials = credentials.NewStaticCredentialsProvider("test", "other", "")
		}, 0, "SignatureDoesNotMatch"},
		"another key": {func(c *aws.Config) {
			c.Credentials = credentials.NewStaticCredentialsProvider("other", "test", "")
		}, 0, "InvalidAccessKeyId"},
		"another region": {func(c *aws.Config) { c.Region = "us-west-2" }, 0, "AuthorizationHeaderMalformed"},
		"no signature":   {func(c *aws.Config) { c.Credentials = aws.AnonymousCredentials{} }, 0, "AccessDenied"},
		"another time":   {genuine, time.Hour, "AccessDenied"},
	} {
		settings, reached := front(t, func() time.Time { return time.Now().Add(c.ahead) })
		c.change(&settings)
		if got := ask(t.Context(), settings); got != c.code || (*reached == 1) != (c.code == "") {
			t.Errorf("%s: code %q, %d requests went through, want code %q", name, got, *reached, c.code)
		}
	}
}

// ask sends a request and returns S3's code for its failure.
func ask(ctx context.Context, settings aws.Config) string {
	client := s3.NewFromConfig(settings, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
	_, err := client.ListBuckets(ctx, &s3.ListBucketsInput{})
	if named, ok := errors.AsType[smithy.APIError](err); ok {
		return named.ErrorCode()
	}
	return ""
}
