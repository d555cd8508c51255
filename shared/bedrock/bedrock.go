// Package bedrock asks Amazon Bedrock Runtime for pictures: it is the [job.Generator] of both homes, and of
// the simulator too, which speaks the same wire protocol.
//
// One call of [Generator.Generate] is one HTTP request, whatever the client was built with, because every
// request may be a paid picture and repeating is the core's decision. Each failure is translated into a
// [job.CallError] that says whether the picture may have been paid for; the table is in classify.go. The
// package decides nothing else: it does not wait, pace, retry, store or log, and none of its errors holds
// a prompt, an image or a signature.
package bedrock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"easel/shared/job"
	"easel/shared/model"
)

// DefaultTimeout bounds one call where [Options] name no other time. The slowest answers take about a
// minute; the SDK itself would wait for ever.
const DefaultTimeout = 110 * time.Second

// idleTimeout is how long a connection is kept for the next call. A connection that the other side has
// closed meanwhile, as happens around a frozen Lambda function, looks like a reset after a paid request.
const idleTimeout = 20 * time.Second

const (
	maxRequest = 25_000_000 // bytes: the limit of InvokeModel's body
	maxReply   = 32 << 20   // bytes of JSON, with the picture in base64; Bedrock itself stops at 16 << 20
	maxImage   = 20 << 20   // bytes of the decoded picture
	maxPixels  = 32 << 20   // a picture of 4096 × 4096 has half as many
)

// Options are what all calls of a [Generator] share.
type Options struct {
	Region           string        // used instead of each model's own region; empty: the model's
	Timeout          time.Duration // bound of one call; 0: [DefaultTimeout]
	GuardrailID      string        // ID or ARN of a guardrail for every call; empty: none
	GuardrailVersion string        // its number, or DRAFT; set together with GuardrailID or not at all
}

// Generator calls image models of Bedrock. It is safe for concurrent use.
type Generator struct {
	client *bedrockruntime.Client
	opts   Options
}

var _ job.Generator = (*Generator)(nil)

// New returns a generator over a ready client, best one made by [Client]. It fails if the options name a
// guardrail without its version or a version without its guardrail.
func New(client *bedrockruntime.Client, opts Options) (*Generator, error) {
	if (opts.GuardrailID == "") != (opts.GuardrailVersion == "") {
		return nil, fmt.Errorf("guardrail %q, version %q: set both or neither", opts.GuardrailID, opts.GuardrailVersion)
	}
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	return &Generator{client: client, opts: opts}, nil
}

// Client makes a Bedrock client that suits paid calls: it never repeats a request and, where the HTTP
// client is the SDK's own, it drops idle connections before the other side does and waits for an answer
// as long as the context allows.
func Client(cfg aws.Config, with ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = b.WithTransportOptions(func(t *http.Transport) {
			t.IdleConnTimeout = idleTimeout
			t.ResponseHeaderTimeout = 0 // a picture takes its time
		})
	}
	return bedrockruntime.NewFromConfig(cfg, with...)
}

// Generate asks the model for one picture with one HTTP request. Every error is a [*job.CallError].
func (g *Generator) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	body, refused := encode(m, r)
	if refused != nil {
		return model.Result{}, refused
	}
	ctx, cancel := context.WithTimeout(ctx, g.opts.Timeout)
	defer cancel()
	made := call{model: m, request: r, region: cmp.Or(g.opts.Region, m.Region)}
	transport := &line{body: body}
	out, err := g.client.InvokeModel(ctx, g.input(m, body), func(o *bedrockruntime.Options) {
		o.Region = made.region
		o.Retryer, o.RetryMaxAttempts = aws.NopRetryer{}, 0
		transport.client, o.HTTPClient = o.HTTPClient, transport
	})
	if err != nil {
		return model.Result{}, made.failed(err, transport)
	}
	return made.read(out.Body)
}

func (g *Generator) input(m model.Model, body []byte) *bedrockruntime.InvokeModelInput {
	in := &bedrockruntime.InvokeModelInput{
		ModelId:     aws.String(m.ID),
		Body:        body,
		ContentType: aws.String("application/json"),
		Accept:      aws.String("application/json"),
	}
	if g.opts.GuardrailID != "" {
		in.GuardrailIdentifier = aws.String(g.opts.GuardrailID)
		in.GuardrailVersion = aws.String(g.opts.GuardrailVersion)
	}
	return in
}

// encode refuses what Bedrock would refuse as well, before anything is sent. Whether a retired model may be
// called was decided when the order was taken; one without a codec cannot be.
func encode(m model.Model, r model.Request) ([]byte, *job.CallError) {
	if !m.Spoken() {
		return nil, gone.because(errors.New("the catalogue lists the model as retired"), fmt.Sprintf("The model %s cannot be called. %s", m.ID, instead(m)))
	}
	body, err := m.Encode(r)
	if errors.Is(err, model.ErrNoImage) {
		return nil, invalid.because(err, fmt.Sprintf("%s makes pictures from text alone, and this order starts from an image; nothing was sent. "+
			"Order it with %s.", m.Name, model.FromImage()))
	}
	if err == nil && len(body) > maxRequest {
		err = fmt.Errorf("the request has %d bytes, Bedrock takes %d", len(body), maxRequest)
	}
	if err != nil {
		return nil, invalid.because(err, "The request cannot be sent to the model: it is too large or holds what JSON cannot carry. Use a smaller input image.")
	}
	return body, nil
}
