package bedrocksim_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrocksim"
)

const (
	core   = "/model/stability.stable-image-core-v1%3A1/invoke"
	ultra  = "/model/stability.stable-image-ultra-v1%3A1/invoke"
	sd35   = "/model/stability.sd3-5-large-v1%3A0/invoke"
	signed = "AWS4-HMAC-SHA256 Credential=AKID/20261101/us-west-2/bedrock/aws4_request, SignedHeaders=host, Signature=00"
)

// post sends a body as the SDK would.
func post(s *bedrocksim.Server, path, body string, with func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", signed)
	r.Header.Set("Content-Type", "application/json")
	if with != nil {
		with(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func encoded(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func malformed(text string) string {
	return "Malformed input request: " + text + ", please reformat your input and try again."
}

func TestRefusals(t *testing.T) {
	const validation = "ValidationException"
	picture, small := encoded(t, 64, 64), encoded(t, 64, 63)
	enum := "not a valid enum value, allowed are "
	s := open(t, bedrocksim.Options{Tiny: true})
	for name, c := range map[string]struct {
		path, body string
		with       func(*http.Request)
		status     int
		exception  string
		message    string
	}{
		"no JSON":          {core, `{"prompt"`, nil, 400, validation, malformed("#: expected type: JSONObject")},
		"null":             {core, `null`, nil, 400, validation, malformed("#: expected type: JSONObject")},
		"no prompt":        {core, `{"text_prompts":[]}`, nil, 400, validation, malformed("#: required key [prompt] not found")},
		"a prompt in caps": {core, `{"Prompt":"a"}`, nil, 400, validation, malformed("#: required key [prompt] not found")},
		"an unknown field": {
			ultra, `{"prompt":"a","samples":2}`, nil, 400, validation,
			`{"detail":"Invalid field in request. Available fields: ['prompt', 'negative_prompt', 'mode', 'strength', 'seed', 'output_format', 'image', 'aspect_ratio']"}`,
		},
		"an image for core": {
			core, `{"prompt":"a","image":""}`, nil, 400, validation,
			`{"detail":"Invalid field in request. Available fields: ['prompt', 'negative_prompt', 'aspect_ratio', 'seed', 'output_format']"}`,
		},
		"a prompt of numbers": {core, `{"prompt":1}`, nil, 400, validation, malformed("#/prompt: expected type: String")},
		"a long prompt":       {core, fmt.Sprintf(`{"prompt":%q}`, strings.Repeat("ä", 10_001)), nil, 400, validation, malformed("#/prompt: expected maxLength: 10000, actual: 10001")},
		"an aspect ratio":     {core, `{"prompt":"a","aspect_ratio":"4:3"}`, nil, 400, validation, malformed("#/aspect_ratio: " + enum + "16:9, 1:1, 21:9, 2:3, 3:2, 4:5, 5:4, 9:16, 9:21")},
		"webp from core":      {core, `{"prompt":"a","output_format":"webp"}`, nil, 400, validation, malformed("#/output_format: " + enum + "jpeg, png")},
		"a large seed":        {core, `{"prompt":"a","seed":4294967296}`, nil, 400, validation, malformed("#/seed: not between 0 and 4294967295")},
		"sd35's largest seed": {sd35, `{"prompt":"a","seed":4294967295}`, nil, 400, validation, malformed("#/seed: not between 0 and 4294967294")},
		"a negative seed":     {core, `{"prompt":"a","seed":-1}`, nil, 400, validation, malformed("#/seed: not between 0 and 4294967295")},
		"half a seed":         {core, `{"prompt":"a","seed":1.5}`, nil, 400, validation, malformed("#/seed: expected type: Integer")},
		"a strength":          {ultra, `{"prompt":"a","strength":1.1}`, nil, 400, validation, malformed("#/strength: not between 0 and 1")},
		"a mode":              {ultra, `{"prompt":"a","mode":"image-to-image"}`, nil, 400, validation, malformed("#/mode: " + enum + "text-to-image")},
		"no base64":           {ultra, `{"prompt":"a","image":"%"}`, nil, 400, validation, malformed("#/image: not valid base64")},
		"no image":            {ultra, `{"prompt":"a","image":"AAAA"}`, nil, 400, validation, malformed("#/image: not a JPEG, PNG or WebP image")},
		"a small image":       {ultra, `{"prompt":"a","image":"` + small + `"}`, nil, 400, validation, malformed("#/image: sides must be at least 64 pixels and the area at most 9437184")},
		"half an image":       {ultra, `{"prompt":"a","image":"` + picture[:60] + `"}`, nil, 400, validation, malformed("#/image: the image cannot be decoded")},
		"no strength":         {sd35, `{"prompt":"a","mode":"image-to-image","image":"` + picture + `"}`, nil, 400, validation, malformed("#: required key [strength] not found")},
		"no image to change":  {sd35, `{"prompt":"a","mode":"image-to-image","strength":1}`, nil, 400, validation, malformed("#: required key [image] not found")},
		"an image to ignore":  {sd35, `{"prompt":"a","mode":"text-to-image","strength":1,"image":"` + picture + `"}`, nil, 400, validation, malformed("#/image: image is not allowed in mode text-to-image")},
		"a reshaped image":    {sd35, `{"prompt":"a","strength":1,"aspect_ratio":"1:1","image":"` + picture + `"}`, nil, 400, validation, malformed("#/aspect_ratio: aspect_ratio is not allowed with an image")},
		"25 MB":               {core, strings.Repeat(" ", 25_000_001), nil, 400, validation, "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000"},
		"plain text":          {core, `{"prompt":"a"}`, header("Content-Type", "text/plain"), 400, validation, "The content type is not supported. Use application/json."},

		"an unknown model": {"/model/stability.stable-image-ultra-v1%3A2/invoke", `{"prompt":"a"}`, nil, 400, validation, "The provided model identifier is invalid."},
		"an alias":         {"/model/core/invoke", `{"prompt":"a"}`, nil, 400, validation, "The provided model identifier is invalid."},
		"another region":   {core, `{"prompt":"a"}`, header("Authorization", strings.Replace(signed, "us-west-2", "eu-west-1", 1)), 400, validation, "The provided model identifier is invalid."},
		"a retired model": {
			"/model/amazon.nova-canvas-v1%3A0/invoke", `{}`, nil, 404, "ResourceNotFoundException",
			"This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
		},
		"no signature":       {core, `{"prompt":"a"}`, func(r *http.Request) { r.Header.Del("Authorization") }, 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		"another service":    {core, `{"prompt":"a"}`, header("Authorization", strings.Replace(signed, "/bedrock/", "/s3/", 1)), 403, "IncompleteSignatureException", "Authorization header requires 'Credential' parameter with a scope for bedrock."},
		"half a signature":   {core, `{"prompt":"a"}`, header("Authorization", "AWS4-HMAC-SHA256 x"), 403, "IncompleteSignatureException", "Authorization header requires 'Credential' parameter with a scope for bedrock."},
		"a throttle":         {core, `{"prompt":"[sim:throttle]"}`, nil, 429, "ThrottlingException", "Too many requests, please wait before trying again. You have sent too many requests. Wait before trying again."},
		"an unknown path":    {"/model/x/converse", `{}`, nil, 404, "UnknownOperationException", "The requested operation is not recognized by the service."},
		"an unknown method":  {"/ledger", ``, nil, 404, "UnknownOperationException", "The requested operation is not recognized by the service."},
		"an ARN for a model": {"/model/arn%3Aaws%3Abedrock%3Aus-west-2%3A%3Afoundation-model%2Fx/invoke", `{"prompt":"a"}`, nil, 400, validation, "The provided model identifier is invalid."},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, c.path, c.body, c.with)
			got := []any{w.Code, w.Header().Get("X-Amzn-Errortype"), w.Header().Get("Content-Type"), decode(t, w.Body.Bytes())}
			want := []any{c.status, c.exception, "application/json", map[string]any{"message": c.message}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if w.Header().Get("X-Amzn-Requestid") == "" {
				t.Error("no request ID")
			}
		})
	}
	if n := s.Ledger(bedrocksim.Filter{}).Totals[bedrocksim.Executed]; n != 0 {
		t.Errorf("%d of the refused calls were executed", n)
	}
}

func TestRepliesOnTheWire(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	picture := encoded(t, 64, 64)
	for name, c := range map[string]struct {
		path, body string
		want       []string // the keys of the reply
	}{
		"a picture":       {core, `{"prompt":"a","seed":4294967295}`, []string{"finish_reasons", "images", "seeds"}},
		"without a type":  {core, `{"prompt":"a"}`, []string{"finish_reasons", "images", "seeds"}},
		"with an API key": {core, `{"prompt":"a"}`, []string{"finish_reasons", "images", "seeds"}},
		"from an image":   {sd35, `{"prompt":"a","strength":0,"image":"` + picture + `"}`, []string{"finish_reasons", "images", "seeds"}},
		"the filter":      {core, `{"prompt":"a [sim:filtered]"}`, []string{"finish_reasons"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, c.path, c.body, func(r *http.Request) {
				switch name {
				case "with an API key":
					r.Header.Set("Authorization", "Bearer key")
				case "without a type": // as boto3 where it is given no contentType
					r.Header.Del("Content-Type")
				}
			})
			reply := decode(t, w.Body.Bytes())
			for _, key := range c.want {
				if list, ok := reply[key].([]any); !ok || len(list) != 1 {
					t.Errorf("%s is %v, want a list of one", key, reply[key])
				}
			}
			if len(reply) != len(c.want) || w.Code != 200 {
				t.Errorf("status %d with %d keys, want 200 with %v", w.Code, len(reply), c.want)
			}
		})
	}
}

func TestFrontPageSaysWhatThisIs(t *testing.T) {
	w := httptest.NewRecorder()
	open(t, bedrocksim.Options{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if text, _ := io.ReadAll(w.Body); !strings.HasPrefix(string(text), "Simulated Amazon Bedrock") {
		t.Errorf("got %q", text)
	}
}

func FuzzInvoke(f *testing.F) {
	for _, body := range []string{
		`{"prompt":"a boat","seed":7,"aspect_ratio":"1:1","output_format":"png"}`,
		`{"prompt":"","image":"iVBORw0KGgo=","strength":0.5,"mode":"text-to-image"}`,
		`{"prompt":null}`, `[]`, `{"prompt":"a","seed":1e3}`, `{"prompt":"[sim:slow=9999999h]"}`, "\xff",
	} {
		f.Add(body)
	}
	s := open(f, bedrocksim.Options{Tiny: true})
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "sim:") && !strings.Contains(body, "slow=9999999h") {
			t.Skip("failures on demand are no failures")
		}
		for _, path := range []string{core, ultra, sd35} {
			if w := post(s, path, body, nil); w.Code >= 500 {
				t.Errorf("%s: status %d for %q", path, w.Code, body)
			}
		}
	})
}
