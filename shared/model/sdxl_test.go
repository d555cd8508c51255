package model_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/model"
)

func sdxl(t testing.TB) model.Model {
	t.Helper()
	m, ok := model.Find("sdxl")
	if !ok {
		t.Fatal("there is no model sdxl")
	}
	return m
}

func TestSDXLRequests(t *testing.T) {
	image, mask := []byte("PNG"), []byte("MASK")
	for _, c := range []struct {
		name    string
		request model.Request
		want    string
	}{
		{
			"text",
			model.Request{Prompt: "fox", AspectRatio: "5:4", Seed: 4294967295},
			`{"text_prompts":[{"text":"fox","weight":1}],"width":1152,"height":896,"samples":1,"seed":4294967295}`,
		},
		{
			"everything that text-to-image takes",
			model.Request{
				Prompt: "fox", NegativePrompt: "rain", AspectRatio: "9:21", Seed: 7, StylePreset: "anime",
				Parameters: json.RawMessage(`{"cfg_scale":0,"steps":150,"sampler":"K_EULER","clip_guidance_preset":"NONE","extras":{"a":[1]},"text_prompts":[{"text":"fog","weight":0.5},{"text":"sun"}]}`),
			},
			`{"text_prompts":[{"text":"fox","weight":1},{"text":"rain","weight":-1},{"text":"fog","weight":0.5},{"text":"sun"}],"width":640,"height":1536,` +
				`"cfg_scale":0,"clip_guidance_preset":"NONE","sampler":"K_EULER","samples":1,"seed":7,"steps":150,"style_preset":"anime","extras":{"a":[1]}}`,
		},
		{
			"an image, with the strength turned round",
			model.Request{Prompt: "fox", Image: image, Strength: 0.9, Seed: 7},
			`{"text_prompts":[{"text":"fox","weight":1}],"init_image":"UE5H","init_image_mode":"IMAGE_STRENGTH","image_strength":0.1,"samples":1,"seed":7}`,
		},
		{
			"an image that is kept",
			model.Request{Prompt: "fox", Image: image, Seed: 7},
			`{"text_prompts":[{"text":"fox","weight":1}],"init_image":"UE5H","init_image_mode":"IMAGE_STRENGTH","image_strength":1,"samples":1,"seed":7}`,
		},
		{
			"an image by steps",
			model.Request{Prompt: "fox", Image: image, Strength: 0.65, Seed: 7, Parameters: json.RawMessage(`{"image_mode":"STEP_SCHEDULE","step_schedule_start":0,"step_schedule_end":0.5}`)},
			`{"text_prompts":[{"text":"fox","weight":1}],"init_image":"UE5H","init_image_mode":"STEP_SCHEDULE","step_schedule_start":0,"step_schedule_end":0.5,"samples":1,"seed":7}`,
		},
		{
			"a mask",
			model.Request{Prompt: "fox", Image: image, Mask: mask, Strength: 0.65, Seed: 7, Parameters: json.RawMessage(`{"mask_source":"MASK_IMAGE_WHITE"}`)},
			`{"text_prompts":[{"text":"fox","weight":1}],"init_image":"UE5H","mask_source":"MASK_IMAGE_WHITE","mask_image":"TUFTSw==","samples":1,"seed":7}`,
		},
		{
			"the image's own mask",
			model.Request{Prompt: "fox", Image: image, Seed: 7, Parameters: json.RawMessage(`{"mask_source":"INIT_IMAGE_ALPHA"}`)},
			`{"text_prompts":[{"text":"fox","weight":1}],"init_image":"UE5H","mask_source":"INIT_IMAGE_ALPHA","samples":1,"seed":7}`,
		},
	} {
		got, err := sdxl(t).Encode(c.request)
		if diff := cmp.Diff(c.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
}

func TestSDXLReplies(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		check func(error) bool
	}{
		"filtered, with the blurred picture": {`{"result":"success","artifacts":[{"seed":1,"base64":"UE5H","finishReason":"CONTENT_FILTERED"}]}`, filteredBy("CONTENT_FILTERED")},
		"filtered, as the prose spells it":   {`{"artifacts":[{"base64":"UE5H","finishedReason":"CONTENT_FILTERED"}]}`, filteredBy("CONTENT_FILTERED")},
		"filtered, and no picture":           {`{"artifacts":[{"base64":"?","finishReason":"CONTENT_FILTERED"}]}`, filteredBy("CONTENT_FILTERED")},
		"an error":                           {`{"result":"success","artifacts":[{"seed":1,"base64":"","finishReason":"ERROR"}]}`, func(err error) bool { return errors.Is(err, model.ErrInference) }},
		"a reason that nobody named":         {`{"artifacts":[{"base64":"UE5H","finishReason":"NEW"}]}`, other},
		"no reason":                          {`{"artifacts":[{"base64":"UE5H"}]}`, other},
		"no artifact":                        {`{"result":"success","artifacts":[]}`, other},
		"an empty picture":                   {`{"artifacts":[{"base64":"","finishReason":"SUCCESS"}]}`, other},
		"not base64":                         {`{"artifacts":[{"base64":"?","finishReason":"SUCCESS"}]}`, other},
		"another model's reply":              {`{"seeds":[1],"finish_reasons":[null],"images":["UE5H"]}`, other},
		"a truncated reply":                  {`{"artifacts":[{"base64":"UE5H`, other},
	} {
		if r, err := sdxl(t).Decode([]byte(c.body)); err == nil || r.Image != nil || !c.check(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestParametersAreRefusedByName(t *testing.T) {
	text := strings.Repeat("ü", 2001)
	for _, c := range []struct {
		name, raw string
		beside    model.Beside
		want      string // pointer: a part of the detail
	}{
		{"a list", `[]`, model.Beside{}, ": must be an object"},
		{"an unknown name", `{"loras": 1}`, model.Beside{}, "/loras: It has: cfg_scale, steps, sampler"},
		{"a name with a slash", `{"a/b": 1}`, model.Beside{}, "/a~1b: no parameter of SDXL 1.0"},
		{"a name of the order", `{"seed": 7}`, model.Beside{}, "/seed: Use seed of the order"},
		{"the strength of the model", `{"image_strength": 1}`, model.Beside{}, "/image_strength: the other way"},
		{"too few steps", `{"steps": 9}`, model.Beside{}, "/steps: a whole number from 10 to 150"},
		{"too many steps", `{"steps": 151}`, model.Beside{}, "/steps: from 10 to 150"},
		{"half a step", `{"steps": 10.5}`, model.Beside{}, "/steps: a whole number"},
		{"steps with an exponent", `{"steps": 3e1}`, model.Beside{}, "/steps: a whole number"},
		{"steps in quotes", `{"steps": "30"}`, model.Beside{}, "/steps: a whole number"},
		{"no steps", `{"steps": null}`, model.Beside{}, "/steps: a whole number"},
		{"a scale below", `{"cfg_scale": -0.1}`, model.Beside{}, "/cfg_scale: a number from 0 to 35"},
		{"a scale above", `{"cfg_scale": 35.1}`, model.Beside{}, "/cfg_scale: from 0 to 35"},
		{"an unknown sampler", `{"sampler": "EULER"}`, model.Beside{}, "/sampler: K_EULER_ANCESTRAL"},
		{"an unknown guidance", `{"clip_guidance_preset": "none"}`, model.Beside{}, "/clip_guidance_preset: FAST_BLUE"},
		{"extras that are a list", `{"extras": [1]}`, model.Beside{}, "/extras: must be an object"},
		{"no prompts", `{"text_prompts": []}`, model.Beside{}, "/text_prompts: 1 to 10 objects"},
		{"eleven prompts", `{"text_prompts": [0,0,0,0,0,0,0,0,0,0,0]}`, model.Beside{}, "/text_prompts: 1 to 10 objects"},
		{"a prompt without a text", `{"text_prompts": [{"text": "a"}, {"weight": 1}]}`, model.Beside{}, "/text_prompts/1: text is needed"},
		{"a prompt with a member too many", `{"text_prompts": [{"text": "a", "heft": 1}]}`, model.Beside{}, "/text_prompts/0: not like"},
		{"an endless weight", `{"text_prompts": [{"text": "a", "weight": 1e999}]}`, model.Beside{}, "/text_prompts/0: not like"},
		{"a long text", `{"text_prompts": [{"text": "` + text + `"}]}`, model.Beside{}, "/text_prompts/0/text: 2001 characters; at most 2000"},
		{"the mask among the rest", `{"mask_image": 7}`, model.Beside{Image: true}, "/mask_image: base64"},
		{"too much", `{"extras": {"a": "` + strings.Repeat("x", model.MaxParameterBytes) + `"}}`, model.Beside{}, ": at most 65536 are allowed"},
		{"a mode without an image", `{"image_mode": "IMAGE_STRENGTH"}`, model.Beside{}, "/image_mode: add image"},
		{"a mask without an image", `{"mask_source": "INIT_IMAGE_ALPHA"}`, model.Beside{}, "/mask_source: add image"},
		{"a mask with strength", `{"mask_source": "INIT_IMAGE_ALPHA"}`, model.Beside{Image: true, Strength: true}, "/mask_source: strength"},
		{"a mask with a mode", `{"mask_source": "INIT_IMAGE_ALPHA", "image_mode": "IMAGE_STRENGTH"}`, model.Beside{Image: true}, "/image_mode: leave one of them out"},
		{"a mask that is not there", `{"mask_source": "MASK_IMAGE_BLACK"}`, model.Beside{Image: true}, "/mask_image: is missing"},
		{"a mask that nobody reads", `{"mask_source": "INIT_IMAGE_ALPHA"}`, model.Beside{Image: true, Mask: true}, "/mask_image: MASK_IMAGE_WHITE"},
		{"a mask of no source", `{}`, model.Beside{Image: true, Mask: true}, "/mask_image: needs a mask_source"},
		{"a start without its mode", `{"step_schedule_start": 0.5}`, model.Beside{Image: true}, "/step_schedule_start: STEP_SCHEDULE"},
		{"an end without its mode", `{"step_schedule_end": 0.5, "image_mode": "IMAGE_STRENGTH"}`, model.Beside{Image: true}, "/step_schedule_end: STEP_SCHEDULE"},
		{"steps and strength", `{"image_mode": "STEP_SCHEDULE"}`, model.Beside{Image: true, Strength: true}, "/image_mode: takes the place of strength"},
		{"a start above", `{"image_mode": "STEP_SCHEDULE", "step_schedule_start": 1.1}`, model.Beside{Image: true}, "/step_schedule_start: from 0 to 1"},
	} {
		pointer, says, _ := strings.Cut(c.want, ": ")
		faults := sdxl(t).CheckParameters(json.RawMessage(c.raw), c.beside)
		if len(faults) != 1 || faults[0].Pointer != pointer || !strings.Contains(faults[0].Detail, says) {
			t.Errorf("%s: got %+v, want %s", c.name, faults, c.want)
		}
	}
}

func TestNotEveryFaultIsTold(t *testing.T) {
	many := map[string]int{}
	for n := range 2000 {
		many[strings.Repeat("x", n%7)+string(rune('a'+n))] = n
	}
	raw, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(sdxl(t).CheckParameters(raw, model.Beside{})); n != 32 {
		t.Errorf("%d faults are told", n)
	}
}

func TestParametersWithinTheLimitsAreTaken(t *testing.T) {
	for raw, beside := range map[string]model.Beside{
		`{}`:                                  {},
		`{"steps": 10, "cfg_scale": 0}`:       {},
		`{"steps": 150, "cfg_scale": 35.0}`:   {},
		`{"extras": {"anything": [1, null]}}`: {},
		`{"image_mode": "STEP_SCHEDULE", "step_schedule_start": 0, "step_schedule_end": 1}`: {Image: true},
		`{"image_mode": "IMAGE_STRENGTH"}`:                                                  {Image: true, Strength: true},
		`{"mask_source": "MASK_IMAGE_WHITE"}`:                                               {Image: true, Mask: true},
		`{"text_prompts": [{"text": "fog"}, {"text": "rain", "weight": -1.5}]}`:             {},
	} {
		if faults := sdxl(t).CheckParameters(json.RawMessage(raw), beside); len(faults) > 0 {
			t.Errorf("%s: got %+v", raw, faults)
		}
	}
}

func TestOtherModelsTakeNoParameters(t *testing.T) {
	for _, m := range model.Current() {
		faults := m.CheckParameters(json.RawMessage(`{}`), model.Beside{})
		if len(faults) != 1 || faults[0].Pointer != "" || !strings.HasPrefix(faults[0].Detail, m.Alias+" takes no parameters") {
			t.Errorf("%s: got %+v", m.Alias, faults)
		}
		if m.CheckParameters(nil, model.Beside{}) != nil || m.FillParameters(nil) != nil {
			t.Errorf("%s has parameters", m.Alias)
		}
	}
}

func TestDefaultsAreFilledInAndPriced(t *testing.T) {
	for raw, want := range map[string]string{
		``:                                `{"cfg_scale":7,"steps":30}`,
		`{"steps": 50, "sampler":"DDIM"}`: `{"cfg_scale":7,"sampler":"DDIM","steps":50}`,
	} {
		got := sdxl(t).FillParameters(json.RawMessage(raw))
		if string(got) != want || sdxl(t).Price(got) != 40_000 {
			t.Errorf("%s: got %s at %d, want %s", raw, got, sdxl(t).Price(got), want)
		}
	}
	if n := sdxl(t).Price(json.RawMessage(`{"steps":51}`)); n != 80_000 {
		t.Errorf("51 steps cost %d", n)
	}
}

// FuzzDecodeSDXL: whatever comes, there is a picture or an error, and never both.
func FuzzDecodeSDXL(f *testing.F) {
	body, err := os.ReadFile("testdata/sdxl.response.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	for _, s := range []string{
		`{}`, `null`, `[]`, `{"artifacts":null}`, `{"artifacts":[null]}`, `{"artifacts":[{"seed":"x","base64":"UE5H","finishReason":"SUCCESS"}]}`,
		`{"artifacts":[{"seed":1e99,"base64":"UE5H","finishReason":"CONTENT_FILTERED"}]}`, `{"artifacts":[{"finishReason":7}]}`,
	} {
		f.Add([]byte(s))
	}
	m := sdxl(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := m.Decode(body)
		if (err == nil) == (len(r.Image) == 0) {
			t.Errorf("got %d bytes and %v", len(r.Image), err)
		}
	})
}
