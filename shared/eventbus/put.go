package eventbus

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The names that the service goes by.
const (
	serviceID = "EventBridge" // for endpoints of one's own
	signedFor = "events"
	action    = "AWSEvents.PutEvents"
)

// longest is how much of an answer is read, in bytes. That of ten events has some thousand.
const longest = 64 << 10

// putEvents is the body of the request.
type putEvents struct {
	Entries []entry
}

type entry struct {
	Source, DetailType, Detail string
	Time                       *float64 `json:",omitempty"` // seconds since 1970
}

// answer is what EventBridge says, to a request that it took and to one that it did not.
type answer struct {
	FailedEntryCount int
	Entries          []struct{ ErrorCode, ErrorMessage string }

	Type    string `json:"__type"`
	Message string
}

// New returns the default bus of the configured account and region. It reads from the configuration what the SDK's own
// client would: region, credentials, endpoint, HTTP client and retryer.
func New(cfg aws.Config) *Bus {
	b := &Bus{endpoint: endpoint(cfg), region: cfg.Region, credentials: cfg.Credentials, client: cfg.HTTPClient}
	if b.client == nil {
		b.client = awshttp.NewBuildableClient()
	}
	if cfg.Retryer != nil {
		b.retryer = cfg.Retryer()
	} else {
		b.retryer = retry.NewStandard()
	}
	return b
}

// endpoint is right for all regions outside China and the isolated ones, which have no model that Easel knows.
func endpoint(cfg aws.Config) string {
	for _, source := range cfg.ConfigSources {
		if own, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, service string) (string, bool, error)
		}); ok {
			if url, found, err := own.GetServiceBaseEndpoint(context.Background(), serviceID); err == nil && found {
				return url
			}
		}
	}
	return cmp.Or(aws.ToString(cfg.BaseEndpoint), "https://events."+cfg.Region+".amazonaws.com")
}

// put sends events in one request, again where the SDK's retryer says so.
func (b *Bus) put(ctx context.Context, entries ...entry) error {
	body, err := json.Marshal(putEvents{Entries: entries})
	if err != nil {
		return err
	}
	same := func(request any) any { return request } // each attempt makes an HTTP request of its own
	attempts := retry.NewAttemptMiddleware(b.retryer, same)
	var said answer
	_, _, err = attempts.HandleFinalize(ctx, middleware.FinalizeInput{Request: body}, middleware.FinalizeHandlerFunc(
		func(ctx context.Context, _ middleware.FinalizeInput) (out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
			said, err = b.send(ctx, body)
			return out, meta, err
		}))
	if err != nil {
		return fmt.Errorf("PutEvents: %w", err)
	}
	return refused(said)
}

// refused returns why EventBridge did not take an event.
func refused(a answer) error {
	if a.FailedEntryCount == 0 {
		return nil
	}
	for _, e := range a.Entries {
		if e.ErrorCode != "" {
			return fmt.Errorf("%s: %s", e.ErrorCode, e.ErrorMessage)
		}
	}
	return errors.New("refused without a reason")
}

// send makes one attempt. Its errors are of the kinds by which a retryer knows what may go better the next time.
func (b *Bus) send(ctx context.Context, body []byte) (answer, error) {
	request, err := b.sign(ctx, body)
	if err != nil {
		return answer{}, err
	}
	response, err := b.client.Do(request)
	if err != nil {
		return answer{}, &smithyhttp.RequestSendError{Err: err}
	}
	defer response.Body.Close()
	return read(response)
}

// sign returns the request with a signature, which holds for five minutes: each attempt has its own.
func (b *Bus) sign(ctx context.Context, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", action)
	credentials, err := b.credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), signedFor, b.region, time.Now())
	return request, err
}

func read(response *http.Response) (said answer, err error) {
	text, err := io.ReadAll(io.LimitReader(response.Body, longest))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	err = json.Unmarshal(text, &said)
	if response.StatusCode != http.StatusOK {
		code := said.Type[strings.LastIndexByte(said.Type, '#')+1:] // a namespace may stand before it
		return answer{}, &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: response},
			Err:      &smithy.GenericAPIError{Code: cmp.Or(code, "UnknownError"), Message: said.Message},
		}
	}
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	return said, nil
}
