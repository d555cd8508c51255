package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
)

func TestParametersOfAnOrderAreShown(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Submitter.Retired = true
		square := base64.StdEncoding.EncodeToString(picture(1024, 1024))
		_, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a fox", "model": "sdxl", "style_preset": "anime", "image": "`+square+`",
			"parameters": {"steps": 51, "extras": {"b": 2, "a": 1}, "sampler": null, "mask_source": "MASK_IMAGE_WHITE", "mask_image": "data:image/png;base64,`+square+`"}}`)
		got := map[string]any{
			"given": string(j.Input.Parameters), "sent": string(j.Sent.Parameters), "prompt": j.Sent.Prompt, "style": j.Sent.StylePreset,
			"cost": j.Cost.EstimatedUSD, "strength": j.Sent.Strength == nil, "mask": j.Input.Mask != nil && *j.Input.Mask == *j.Input.Image,
		}
		if diff := cmp.Diff(map[string]any{
			"given": `{"extras":{"a":1,"b":2},"mask_source":"MASK_IMAGE_WHITE","steps":51}`,
			"sent":  `{"cfg_scale":7,"extras":{"a":1,"b":2},"mask_source":"MASK_IMAGE_WHITE","steps":51}`, "prompt": "a fox", "style": "anime",
			"cost": json.Number("0.08"), "strength": true, "mask": true,
		}, got); diff != "" {
			t.Error(diff)
		}
		if _, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a fox", "model": "sdxl", "image": "`+square+`"}`); j.Sent.Strength == nil || *j.Sent.Strength != 0.65 {
			t.Errorf("got %+v", j.Sent)
		}
	})
}

func TestParametersAreRefusedInAProblem(t *testing.T) {
	for body, problems := range map[string][]api.ProblemField{
		`{"prompt": "a", "parameters": {"steps": 30}}`: {
			{Pointer: "/parameters", Detail: "core takes no parameters; leave them out."},
		},
		`{"prompt": "a", "model": "sdxl", "parameters": {"steps": 200, "cfg": 7}}`: {
			{Pointer: "/parameters/cfg", Detail: `"cfg" is no parameter of SDXL 1.0. It has: cfg_scale, steps, sampler, clip_guidance_preset, text_prompts, extras, image_mode, step_schedule_start, step_schedule_end, mask_source, mask_image.`},
			{Pointer: "/parameters/steps", Detail: "steps must be a whole number from 10 to 150."},
		},
		`{"prompt": "a", "model": "sdxl", "parameters": 7}`: {
			{Pointer: "/parameters", Detail: `parameters must be an object, such as {"steps": 30}; it is a number.`},
		},
		`{"prompt": "a", "model": "sdxl", "parameters": {"steps": 30, "steps": 40}}`: {
			{Pointer: "/parameters/steps", Detail: `"steps" is there twice in parameters; keep one of them.`},
		},
		`{"prompt": "a", "model": "sdxl", "parameters": {"text_prompts": [{"text": "\ud83d"}]}}`: {
			{Pointer: "/parameters", Detail: `parameters holds \ud83d, one half of a character; write the character itself, or both halves.`},
		},
		`{"prompt": "a", "model": "sdxl", "parameters": {"mask_image": "http://x/m.png"}}`: {
			{Pointer: "/parameters/mask_image", Detail: "mask_image is an address, and Easel fetches nothing; send the file itself, base64-encoded."},
		},
		`{"prompt": "a", "model": "sdxl", "width": 1152, "height": 896, "steps": 30}`: {
			{Pointer: "/width", Detail: `"width" is not a member of a job. Models choose the sides themselves: use "aspect_ratio": "5:4", the nearest to 1152 × 896 (about 1152 × 896). sdxl takes: prompt, model, negative_prompt, aspect_ratio, seed, style_preset, output_format, image, strength, parameters, metadata, custom_id, user, deadline_seconds, max_model_calls, embed.`},
			{Pointer: "/height", Detail: `"height" is not a member of a job. Models choose the sides themselves: use "aspect_ratio": "5:4", the nearest to 1152 × 896 (about 1152 × 896).`},
			{Pointer: "/steps", Detail: `"steps" is not a member of a job. Write it into parameters, as steps.`},
		},
	} {
		inHouse(t, func(h *harness) {
			h.server.Submitter.Retired = true
			_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/jobs", body)
			if diff := cmp.Diff(problems, p.Errors); diff != "" || (len(problems) == 1 && !strings.Contains(p.Detail, problems[0].Detail)) {
				t.Errorf("%s: %s\n%s", body, p.Detail, diff)
			}
		})
	}
}

func TestARetiredModelIsRefusedWhereNobodyAllowedIt(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/jobs", `{"prompt": "a", "model": "sdxl", "parameters": {"steps": 30}}`)
		if p.Code != "retired_model" || p.Detail != `SDXL 1.0 (stability.stable-diffusion-xl-v1) ended on 2025-05-20 and answers no more. Use "sd35" instead.` {
			t.Errorf("got %s: %s", p.Code, p.Detail)
		}
	})
}
