package bedrocksim_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrocksim"
	"easel/shared/job"
	"easel/shared/model"
)

const sdxl = "/model/stability.stable-diffusion-xl-v1/invoke"

// message is what a refusal says, and its status and exception.
func message(w *httptest.ResponseRecorder) (status int, name, text string) {
	var body struct{ Message string }
	_ = json.Unmarshal(w.Body.Bytes(), &body)
	return w.Code, w.Header().Get("X-Amzn-Errortype"), body.Message
}

func TestSDXLHasEndedUnlessItIsAllowed(t *testing.T) {
	const order = `{"text_prompts":[{"text":"a fox"}]}`
	status, name, text := message(post(open(t, bedrocksim.Options{}), sdxl, order, nil))
	if status != 404 || name != "ResourceNotFoundException" || !strings.Contains(text, "end of its life") {
		t.Errorf("got %d %s: %s", status, name, text)
	}
	allowed := open(t, bedrocksim.Options{Retired: true, Tiny: true})
	if w := post(allowed, sdxl, order, nil); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if status, _, _ := message(post(allowed, "/model/amazon.titan-image-generator-v1/invoke", order, nil)); status != 404 {
		t.Errorf("a model that nobody speaks to answers %d", status)
	}
}

func TestSDXLRefusals(t *testing.T) {
	square, wide := encoded(t, 1024, 1024), encoded(t, 1152, 896)
	image := `{"text_prompts":[{"text":"a"}],"init_image":"` + square + `"`
	s := open(t, bedrocksim.Options{Retired: true})
	for body, want := range map[string]string{
		`{"prompt":"a"}`:                               "#: extraneous key [prompt] is not permitted",
		`{"text_prompts":[]}`:                          "#: required key [text_prompts] not found",
		`{"text_prompts":"a"}`:                         "#: a value is not of the type that its field has",
		`{"text_prompts":[{"text":"a"},{"weight":1}]}`: "#/text_prompts/1: required key [text] not found",
		`{"text_prompts":[{"text":"` + strings.Repeat("ü", 2001) + `"}]}`:               "#/text_prompts/0/text: expected maxLength: 2000, actual: 2001",
		`{"text_prompts":[{"text":"a"}],"steps":9}`:                                     "#/steps: 9 is not greater or equal to 10",
		`{"text_prompts":[{"text":"a"}],"cfg_scale":35.5}`:                              "#/cfg_scale: 35.5 is not less or equal to 35",
		`{"text_prompts":[{"text":"a"}],"samples":2}`:                                   "#/samples: 2 is not less or equal to 1",
		`{"text_prompts":[{"text":"a"}],"seed":4294967296}`:                             "#/seed: 4294967296 is not less or equal to 4294967295",
		`{"text_prompts":[{"text":"a"}],"sampler":"EULER"}`:                             "#/sampler: EULER is not a valid enum value",
		`{"text_prompts":[{"text":"a"}],"style_preset":"baroque"}`:                      "#/style_preset: baroque is not a valid enum value",
		`{"text_prompts":[{"text":"a"}],"height":896}`:                                  "but we received 1024x896",
		`{"text_prompts":[{"text":"a"}],"image_strength":1}`:                            "#: required key [init_image] not found",
		`{"text_prompts":[{"text":"a"}],"init_image":"` + encoded(t, 1000, 1024) + `"}`: "but we received 1000x1024",
		image + `,"width":1024}`:                                                        "#: extraneous key [width] is not permitted",
		image + `,"step_schedule_start":0.5}`:                                           "#/step_schedule_start: step_schedule is not allowed",
		image + `,"init_image_mode":"STEP_SCHEDULE","image_strength":0.5}`:              "#/image_strength: image_strength is not allowed",
		image + `,"mask_image":"` + square + `"}`:                                       "#: required key [mask_source] not found",
		image + `,"mask_source":"MASK_IMAGE_WHITE"}`:                                    "#: required key [mask_image] not found",
		image + `,"mask_source":"MASK_IMAGE_WHITE","mask_image":"` + wide + `"}`:        "#/mask_image: init_image and mask_image must have the same dimensions",
		image + `,"mask_source":"INIT_IMAGE_ALPHA","image_strength":0.5}`:               "#: extraneous key [init_image_mode] is not permitted",
	} {
		status, name, text := message(post(s, sdxl, body, nil))
		if status != 400 || name != "ValidationException" || !strings.Contains(text, want) {
			t.Errorf("%.80s: got %d %s: %s, want %s", body, status, name, text, want)
		}
	}
}

// What the catalogue's codec writes, the stand-in takes; and what it answers, the codec reads.
func TestSDXLDrawsWhatTheCodecAsksFor(t *testing.T) {
	m := find(t, "sdxl")
	g := serve(t, open(t, bedrocksim.Options{Retired: true}))
	square, half := data(t, encoded(t, 1024, 1024)), json.RawMessage(`{"image_mode":"STEP_SCHEDULE","step_schedule_start":0.5,"step_schedule_end":1}`)
	for name, c := range map[string]struct {
		request       model.Request
		width, height int
	}{
		"text": {model.Request{
			Prompt: "a fox", NegativePrompt: "rain", AspectRatio: "5:4", Seed: 7, StylePreset: "line-art",
			Parameters: m.FillParameters(json.RawMessage(`{"sampler":"DDIM","clip_guidance_preset":"SLOW","extras":{"a":1},"text_prompts":[{"text":"fog","weight":0.5}]}`)),
		}, 1152, 896},
		"an image":       {model.Request{Prompt: "a fox", Image: square, Strength: 0.5, Seed: 7}, 1024, 1024},
		"an image, kept": {model.Request{Prompt: "a fox", Image: square, Seed: 7}, 1024, 1024},
		"steps":          {model.Request{Prompt: "a fox", Image: square, Seed: 7, Parameters: half}, 1024, 1024},
		"a mask":         {model.Request{Prompt: "a fox", Image: square, Mask: square, Seed: 7, Parameters: json.RawMessage(`{"mask_source":"MASK_IMAGE_BLACK"}`)}, 1024, 1024},
		"its own mask":   {model.Request{Prompt: "a fox", Image: square, Seed: 7, Parameters: json.RawMessage(`{"mask_source":"INIT_IMAGE_ALPHA"}`)}, 1024, 1024},
	} {
		result, err := g.Generate(t.Context(), m, c.request)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shape, _, err := image.DecodeConfig(bytes.NewReader(result.Image))
		if err != nil || shape.Width != c.width || shape.Height != c.height || result.Seed != 7 {
			t.Errorf("%s: %d × %d, seed %d, %v", name, shape.Width, shape.Height, result.Seed, err)
		}
	}
	for _, ratio := range m.AspectRatios {
		if _, err := g.Generate(t.Context(), m, model.Request{Prompt: "a fox", AspectRatio: ratio, Seed: 7}); err != nil {
			t.Errorf("%s: %v", ratio, err)
		}
	}
}

func TestSDXLFailsInItsOwnWords(t *testing.T) {
	s := open(t, bedrocksim.Options{Retired: true, Tiny: true})
	g := serve(t, s)
	for word, want := range map[string][]any{
		"filtered":  {job.Rejected, job.CodeFiltered, "The model drew a picture and its content filter held it back. Change the prompt, or try another seed."},
		"inference": {job.Ambiguous, job.CodeModel, "The model started on the picture and reported an error of its own."},
	} {
		_, err := g.Generate(t.Context(), find(t, "sdxl"), model.Request{Prompt: "a fox [sim:" + word + "]", AspectRatio: "1:1", Seed: 7})
		ce, ok := errors.AsType[*job.CallError](err)
		if !ok {
			t.Fatalf("%s: got %v", word, err)
		}
		if diff := cmp.Diff(want, []any{ce.Class, ce.Code, ce.Message}); diff != "" {
			t.Errorf("%s: %s", word, diff)
		}
	}
	w := post(s, sdxl, `{"text_prompts":[{"text":"rain","weight":-1},{"text":"a fox [sim:output]"}]}`, nil)
	var reply struct {
		Artifacts []struct{ Base64, FinishReason string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || w.Code != 200 || reply.Artifacts[0].FinishReason != "CONTENT_FILTERED" || reply.Artifacts[0].Base64 == "" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if r := s.Ledger(bedrocksim.Filter{Prompt: "a fox [sim:output]"}); len(r.Entries) != 1 || r.Entries[0].Outcome != bedrocksim.Filtered {
		t.Errorf("got %+v", r)
	}
}

func data(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
