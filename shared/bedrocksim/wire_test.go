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
		"a guardrail":     {core, `{"prompt":"a","amazon-bedrock-guardrailConfig":{"streamProcessingMode":"SYNCHRONOUS"}}`, []string{"finish_reasons", "images", "seeds"}},
		"ten thousand":    {ultra, fmt.Sprintf(`{"prompt":%q,"negative_prompt":%[1]q}`, strings.Repeat("ä", 10_000)), []string{"finish_reasons", "images", "seeds"}},
		"the filter":      {core, `{"prompt":"a [sim:filtered]"}`, []string{"finish_reasons"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, c.path, c.body, func(r *http.Request) {
				switch name {
				case "with an API key":
					r.Header.Set("Authorization", "Bearer key")
				case "a guardrail":
					r.Header.Set("X-Amzn-Bedrock-GuardrailIdentifier", "gr1")
					r.Header.Set("X-Amzn-Bedrock-GuardrailVersion", "DRAFT")
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
