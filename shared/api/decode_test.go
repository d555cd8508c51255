package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/model"
	"easel/shared/request"
)

func core(t testing.TB) model.Model {
	t.Helper()
	m, ok := model.Find("core")
	if !ok {
		t.Fatal("there is no model core")
	}
	return m
}

func TestRequestIsReadExactly(t *testing.T) {
	var seed, zero int64 = 9007199254740993, 0
	strength, deadline, calls := 0.35, 600, 1
	for body, want := range map[string]request.Request{
		`{"prompt": "a"}`: {Settings: request.Settings{Prompt: "a"}},
		`{"prompt":"a","seed":9007199254740993,"strength":3.5e-1,"deadline_seconds":600,"max_model_calls":1}`: {
			Settings: request.Settings{Prompt: "a", Seed: &seed, Strength: &strength}, DeadlineSeconds: &deadline, MaxModelCalls: &calls,
		},
		`{"prompt":"a 1.0","seed":9007199254740993.00,"deadline_seconds":6e2,"max_model_calls":1.0}`: {
			Settings: request.Settings{Prompt: "a 1.0", Seed: &seed}, DeadlineSeconds: &deadline, MaxModelCalls: &calls,
		},
		`{"prompt":"a","seed":-0.0,"parameters":{"a":[1.0,"1.0\"2.0"],"b":-20E-1,"c":2.50,"d":3e1}}`: {
			Settings: request.Settings{Prompt: "a", Seed: &zero}, Parameters: json.RawMessage(`{"a":[1,"1.0\"2.0"],"b":-20E-1,"c":2.50,"d":30}`),
		},
		`{"prompt": "a", "seed": 0, "stylePreset": "anime"}`:                                     {Settings: request.Settings{Prompt: "a", Seed: &zero, StylePreset: "anime"}},
		`{"prompt": "a", "seed": null, "metadata": null, "image": null, "width": null}`:          {Settings: request.Settings{Prompt: "a"}},
		`{"prompt": "\ud83e\udd8a \ufffd \\ud83d \u00e4 ` + "🦊\ufffd" + `"}`:                     {Settings: request.Settings{Prompt: "🦊 \ufffd \\ud83d ä 🦊\ufffd"}},
		`{"metadata": {"a": "b", "": "c"}, "prompt": "a", "image": "aGk=", "embed": "none"}`:     {Settings: request.Settings{Prompt: "a"}, Metadata: map[string]string{"a": "b", "": "c"}, Image: []byte("hi"), Embed: "none"},
		`{"prompt": "a", "image": "data:image/jpeg;base64,aGk=", "model": "x", "user": "u"}`:     {Settings: request.Settings{Prompt: "a", Model: "x"}, Image: []byte("hi"), User: "u"},
		"\n{\"prompt\": \"a\", \"custom_id\": \"c\", \"output_format\": \"f\"}\n\n":              {Settings: request.Settings{Prompt: "a", OutputFormat: "f"}, CustomID: "c"},
		`{"prompt": "a", "negative_prompt": "n", "aspect_ratio": "r", "style_preset": "\"\\\/"}`: {Settings: request.Settings{Prompt: "a", NegativePrompt: "n", AspectRatio: "r", StylePreset: `"\/`}},
	} {
		got, err := api.Parse([]byte(body), core(t))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", body, err, diff)
		}
	}
}

func TestRequestIsRefused(t *testing.T) {
	for body, want := range map[string]string{
		`{"prompt": "a \udc00"}`:                                      "/prompt",
		`{"prompt": "a \ud83d\n"}`:                                    "/prompt",
		`{"prompt": "a \ud83d\ud83d"}`:                                "/prompt",
		`{"prompt": "a", "metadata": {"a": "\udc00"}}`:                "/metadata/a",
		`{"prompt": "a", "metadata": {"a/b": 1, "c": "d", "c": "e"}}`: "/metadata/a~1b /metadata/c",
		`{"prompt": "a", "metadata": []}`:                             "/metadata",
		`{"prompt": "a", "strength": 1e999}`:                          "/strength",
		`{"prompt": "a", "seed": 1.5e0}`:                              "/seed",
		`{"prompt": "a", "seed": 1e-3}`:                               "/seed",
		`{"prompt": "a", "seed": 1e99}`:                               "/seed",
		`{"prompt": "a", "seed": 1e99999999}`:                         "/seed",
		`{"prompt": "a", "max_model_calls": 99999999999999999999}`:    "/max_model_calls",
		`{"prompt": "a", "image": 7}`:                                 "/image",
		`{"prompt": "a", "image": "aGk"}`:                             "/image",
		`{"prompt": "a", "image": "data:image/png;base64,"}`:          "/image",
		`{"prompt": null, "prompt": "a"}`:                             "/prompt",
		`{"Prompt": "a"}`:                                             "/Prompt",
		`{"prompt": "a", "": 1}`:                                      "/",
		"{\"prompt\": \"a\", \"user\": \"\xff\", \"seed\": true}":     "/user /seed",
	} {
		_, err := api.Parse([]byte(body), core(t))
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %v", body, err)
			continue
		}
		var pointers []string
		for _, f := range p.Errors {
			pointers = append(pointers, f.Pointer)
		}
		if got := strings.Join(pointers, " "); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestWhatWasMeant(t *testing.T) {
	for name, want := range map[string]string{
		"prompts": "Did you mean prompt?", "Negative-Prompt": "Did you mean negative_prompt?", "sed": "Did you mean seed?",
		"customId": "Did you mean custom_id?", "output_fromat": "Did you mean output_format?", "num_images": "POST /batches",
		"numberOfImages": "POST /batches", "cfgScale": "no such setting", "init_image": "base64", "height": "aspect_ratio",
		"callback_url": "calls nobody", "ratio": "Use aspect_ratio.", "id": "Use custom_id.", "Negative": "Use negative_prompt.", "style": "Use style_preset.",
		"strength_": "",
	} {
		_, err := api.Parse([]byte(`{"prompt": "a", "`+name+`": 1}`), core(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
		if want == "" && strings.Contains(err.Error(), "Did you mean") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnswerStaysSmallWhateverIsWrong(t *testing.T) {
	var unknown, nested, query strings.Builder
	for n := range 100_000 {
		fmt.Fprintf(&unknown, `"width%d":1,`, n)
		fmt.Fprintf(&nested, `"%d":1,`, n)
		if n < 5_000 {
			fmt.Fprintf(&query, "&a%d", n)
		}
	}
	inHouse(t, func(h *harness) {
		for _, call := range [][2]string{
			{"/jobs", "{" + unknown.String() + `"prompt":"a"}`},
			{"/jobs", `{"metadata":{` + nested.String() + `"a":"b"},"prompt":"a"}`},
			{"/jobs?" + query.String(), `{"prompt":"a"}`},
			{"/" + nested.String(), ""},
			{"/jobs?status=" + strings.ReplaceAll(query.String(), "&", ","), ""},
		} {
			method := "POST"
			if call[1] == "" {
				method = "GET"
			}
			response, data := h.call(method, call[0], call[1])
			if response.StatusCode < 400 || len(data) > 16<<10 {
				t.Errorf("%.30s: got %d and %d bytes", call[1], response.StatusCode, len(data))
			}
		}
	})
}

func TestHintsFollowTheModelOfTheRequest(t *testing.T) {
	_, err := api.Parse([]byte(`{"prompt": "a", "flavour": 1, "model": "sd35"}`), core(t))
	if err == nil || !strings.Contains(err.Error(), "sd35 takes: ") || !strings.Contains(err.Error(), "image, strength") {
		t.Errorf("got %v", err)
	}
}

func TestSyntaxErrorNamesThePlace(t *testing.T) {
	for body, want := range map[string]string{
		`{"prompt": a}`:                     "line 1, column 12 (byte 12)",
		"{\n\"prompt\": \"ä\", x\n}":        "line 2, column 16 (byte 19)",
		`{"prompt": "a"`:                    "line 1, column 14",
		`'{"prompt": "a"}'`:                 "line 1, column 1 (byte 1)",
		strings.Repeat(`{"a":`, 20_000):     "exceeded max depth",
		`{"prompt": "a"} {"prompt": "b"}`:   "one object",
		" \r\n":                             "empty",
		"{\x00\"\x00p\x00":                  "UTF-16",
		"{\"prompt\": \"a\nb\"}":            "line 1, column 14",
		"\xff":                              "line 1, column 1",
		`{"prompt": "a", "seed": 01}`:       "line 1, column 26",
		`{"prompt": "a", "metadata": {"a"}`: "line 1, column 33",
	} {
		_, err := api.Parse([]byte(body), core(t))
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != http.StatusBadRequest || !strings.Contains(p.Detail, want) {
			t.Errorf("%.40q: got %v, want %s", body, err, want)
		}
	}
}

// Whatever the bytes are, they are a request or a refusal that says something; and a request says the same when it is
// written and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"prompt":"a"}`, `{"prompt":"\ud83d","n":1}`, `{"seed":1e9,"width":3}`, `{"metadata":{"a":1,"a":""}}`, `[]`, `{"image":"aGk="}`,
		"{\"\xff\":0}", `{"stylePreset":"","style_preset":null}`, `{"size":"0x9","height":"1e309"}`, `{"strength":-0.0,"deadline_seconds":1}`,
	} {
		f.Add([]byte(seed))
	}
	standard := core(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := api.Parse(data, standard)
		if p, ok := errors.AsType[*api.Problem](err); ok {
			if p.Detail == "" || p.Code == "" || (p.Status != http.StatusBadRequest && p.Status != http.StatusUnprocessableEntity) {
				t.Fatalf("got %+v", p)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(api.JobRequest{
			Settings: r.Settings, Image: r.Image, Metadata: r.Metadata, CustomID: r.CustomID, User: r.User,
			DeadlineSeconds: r.DeadlineSeconds, MaxModelCalls: r.MaxModelCalls, Embed: r.Embed,
		})
		if err != nil {
			t.Fatal(err)
		}
		second, err := api.Parse(again, standard)
		if len(r.Metadata) == 0 {
			r.Metadata = nil // an empty object and none are one to the API
		}
		if diff := cmp.Diff(r, second); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
