package bedrock_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrock"
	"easel/shared/job"
	"easel/shared/model"
)

// secretPrompt must appear in no error.
const secretPrompt = "the unreleased product on a violet table"

// server counts requests that reach a scripted handler.
type server struct {
	*httptest.Server
	requests atomic.Int32
}

func serve(t *testing.T, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Errorf("read the request: %v", err)
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// config is an AWS configuration that would repeat a request if it were asked to.
func config(endpoint string) aws.Config {
	return aws.Config{
		Region:           "eu-central-1",
		Credentials:      credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secretkey", ""),
		BaseEndpoint:     aws.String(endpoint),
		RetryMaxAttempts: 5,
	}
}

func generator(t *testing.T, cfg aws.Config, opts bedrock.Options) *bedrock.Generator {
	t.Helper()
	g, err := bedrock.New(bedrockruntime.NewFromConfig(cfg), opts)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func find(t *testing.T, name string) model.Model {
	t.Helper()
	m, ok := model.Find(name)
	if !ok {
		t.Fatalf("no model %q", name)
	}
	return m
}

func order() model.Request {
	return model.Request{Prompt: secretPrompt, AspectRatio: "1:1", OutputFormat: "png", Seed: 7}
}

// failure calls the model and returns the error that must come, free of secrets.
func failure(t *testing.T, g *bedrock.Generator, ctx context.Context, r model.Request) *job.CallError {
	t.Helper()
	_, err := g.Generate(ctx, find(t, "core"), r)
	ce, ok := errors.AsType[*job.CallError](err)
	if !ok {
		t.Fatalf("got %v, want a *job.CallError", err)
	}
	for e := error(ce); e != nil; e = errors.Unwrap(e) {
		noSecret(t, fmt.Sprintf("%v %+v", e, e))
	}
	noSecret(t, ce.Message)
	if ce.Message == "" || !strings.HasSuffix(ce.Message, ".") || strings.ContainsAny(ce.Message, "{}") {
		t.Errorf("message %q is no sentence", ce.Message)
	}
	return ce
}

func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{secretPrompt, "unreleased product", "Signature=", "AKIDEXAMPLE", "iVBOR"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q holds %q", text, secret)
		}
	}
}

func picture(t *testing.T, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 8, 4))
	encode := png.Encode
	if format == "jpeg" {
		encode = func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }
	}
	if err := encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header is a PNG that ends behind its header, with sides of our choice.
func header(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(b, width)
	b = binary.BigEndian.AppendUint32(b, height)
	b = append(b, 8, 0, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func drawn(image []byte) string {
	return fmt.Sprintf(`{"seeds":[7],"finish_reasons":[null],"images":[%q]}`, base64.StdEncoding.EncodeToString(image))
}

func TestGenerateSendsWhatTheModelTakes(t *testing.T) {
	want := picture(t, "png")
	var got struct {
		Path, Type, Accept, Guardrail, Version, Region string
		Body                                           map[string]any
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Path, got.Type, got.Accept = r.URL.EscapedPath(), r.Header.Get("Content-Type"), r.Header.Get("Accept")
		got.Guardrail = r.Header.Get("X-Amzn-Bedrock-Guardrailidentifier")
		got.Version = r.Header.Get("X-Amzn-Bedrock-Guardrailversion")
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		got.Region = strings.Split(scope, "/")[2]
		if err := json.NewDecoder(r.Body).Decode(&got.Body); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, drawn(want))
	}))
	defer s.Close()
	g := generator(t, config(s.URL), bedrock.Options{GuardrailID: "gr1", GuardrailVersion: "DRAFT"})
	result, err := g.Generate(t.Context(), find(t, "core"), order())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(model.Result{Image: want, Seed: 7}, result); diff != "" {
		t.Error(diff)
	}
	expect := got
	expect.Path, expect.Type, expect.Accept = "/model/stability.stable-image-core-v1%3A1/invoke", "application/json", "application/json"
	expect.Guardrail, expect.Version, expect.Region = "gr1", "DRAFT", "us-west-2"
	expect.Body = map[string]any{"prompt": secretPrompt, "aspect_ratio": "1:1", "output_format": "png", "seed": 7.0}
	if diff := cmp.Diff(expect, got); diff != "" {
		t.Error(diff)
	}
}

func TestRegionOverridesTheModels(t *testing.T) {
	var host string
	cfg := config("")
	cfg.BaseEndpoint = nil
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Host
		return nil, errors.New("no network")
	})
	for region, want := range map[string]string{
		"":          "bedrock-runtime.us-west-2.amazonaws.com",
		"us-east-2": "bedrock-runtime.us-east-2.amazonaws.com",
	} {
		_ = failure(t, generator(t, cfg, bedrock.Options{Region: region}), t.Context(), order())
		if host != want {
			t.Errorf("region %q: called %s, want %s", region, host, want)
		}
	}
}

func TestSeedThatWasSentStandsForOneThatIsMissing(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"finish_reasons":[null],"images":[%q]}`, base64.StdEncoding.EncodeToString(picture(t, "png")))
	})
	result, err := generator(t, config(s.URL), bedrock.Options{}).Generate(t.Context(), find(t, "core"), order())
	if err != nil || result.Seed != 7 {
		t.Errorf("got seed %d, %v, want 7", result.Seed, err)
	}
}

func TestAPictureInAnotherFormatIsKeptSinceItIsPaidFor(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, drawn(picture(t, "jpeg"))) })
	got, err := generator(t, config(s.URL), bedrock.Options{}).Generate(t.Context(), find(t, "core"), order())
	if h, sniffed := model.Sniff(got.Image); err != nil || sniffed != nil || h.Format != "jpeg" {
		t.Errorf("got %+v, %v, %v", h, err, sniffed)
	}
}

func TestNewRefusesHalfAGuardrail(t *testing.T) {
	for _, opts := range []bedrock.Options{{GuardrailID: "gr1"}, {GuardrailVersion: "1"}} {
		if _, err := bedrock.New(bedrockruntime.New(bedrockruntime.Options{}), opts); err == nil {
			t.Errorf("%+v was accepted", opts)
		}
	}
}

func TestCallsEndByThemselves(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{0: bedrock.DefaultTimeout, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			cfg := config("http://bedrock.invalid")
			cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			start := time.Now()
			ce := failure(t, generator(t, cfg, bedrock.Options{Timeout: limit}), t.Context(), order())
			if got := time.Since(start); got != want || !errors.Is(ce, context.DeadlineExceeded) {
				t.Errorf("ended after %s with %v, want %s", got, ce, want)
			}
		})
	}
}

func TestOneRequestWhateverTheClientDoes(t *testing.T) {
	s := serve(t, reset)
	cfg := config(s.URL)
	cfg.APIOptions = []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("again", again), middleware.After)
	}}
	ce := failure(t, generator(t, cfg, bedrock.Options{}), t.Context(), order())
	if ce.Class != job.Ambiguous || s.requests.Load() != 1 {
		t.Errorf("got %v after %d requests, want one ambiguous call", ce, s.requests.Load())
	}
}

func TestRequestStaysReadableWhileTheReplyIsRead(t *testing.T) {
	cfg := config("http://bedrock.invalid")
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		reply := io.MultiReader(&pending{r.Body}, strings.NewReader(drawn(picture(t, "png"))))
		return &http.Response{StatusCode: 200, Body: io.NopCloser(reply), Request: r}, nil
	})
	if _, err := generator(t, cfg, bedrock.Options{}).Generate(t.Context(), find(t, "core"), order()); err != nil {
		t.Error(err)
	}
}

func TestClientDropsIdleConnectionsEarly(t *testing.T) {
	client, ok := bedrock.Client(config("")).Options().HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		t.Fatal("the SDK's own HTTP client was replaced")
	}
	if got := client.GetTransport().IdleConnTimeout; got > 30*time.Second {
		t.Errorf("idle connections are kept for %s", got)
	}
}
