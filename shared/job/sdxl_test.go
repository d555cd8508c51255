package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// lens is a generator that keeps the requests it gets.
type lens struct{ seen []model.Request }

func (l *lens) Generate(_ context.Context, _ model.Model, r model.Request) (model.Result, error) {
	l.seen = append(l.seen, r)
	return model.Result{Image: pixel(1, 1), Seed: r.Seed}, nil
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func TestARetiredModelNeedsLeave(t *testing.T) {
	inHarness(t, func(h *harness) {
		ask := func(name string) error {
			_, err := h.submit.Submit(h.t.Context(), ann, request.Request{Settings: request.Settings{Prompt: "a", Model: name}}, "")
			return err
		}
		want(t, ask("sdxl"), job.ErrInvalid, "retired_model")
		if err := ask("sdxl"); !strings.Contains(err.Error(), `SDXL 1.0 (stability.stable-diffusion-xl-v1) ended on 2025-05-20 and answers no more. Use "sd35" instead.`) {
			t.Errorf("got %v", err)
		}
		h.submit.Retired = true
		want(t, ask("titan"), job.ErrInvalid, "retired_model") // no family of models speaks its language
		if err := ask("sdxl"); err != nil {
			t.Error(err)
		}
	})
}

func TestParametersOfAnOrderAreRefusedByName(t *testing.T) {
	seed, half := int64(4_294_967_296), 0.5
	square, mask := pixel(1024, 1024), pixel(1024, 1024)
	for _, c := range []struct {
		name    string
		request request.Request
		pointer string
		says    string
	}{
		{"a model without parameters", request.Request{Settings: request.Settings{Model: "core"}, Parameters: raw(`{"steps":30}`)}, "/parameters", "core takes no parameters; leave them out."},
		{"a mask for a model without parameters", request.Request{Settings: request.Settings{Model: "core"}, Mask: mask}, "/parameters", "core takes no parameters"},
		{"too many steps", request.Request{Parameters: raw(`{"steps":200}`)}, "/parameters/steps", "steps must be a whole number from 10 to 150."},
		{"an unknown parameter", request.Request{Parameters: raw(`{"cfgscale":7}`)}, "/parameters/cfgscale", "It has: cfg_scale"},
		{"a long prompt", request.Request{Settings: request.Settings{Prompt: strings.Repeat("x", 2001)}}, "/prompt", "at most 2000"},
		{"a long negative prompt", request.Request{Settings: request.Settings{NegativePrompt: strings.Repeat("x", 2001)}}, "/negative_prompt", "at most 2000"},
		{"a seed too large", request.Request{Settings: request.Settings{Seed: &seed}}, "/seed", "0 to 4294967295"},
		{"another format", request.Request{Settings: request.Settings{OutputFormat: "jpeg"}}, "/output_format", "use one of: png"},
		{"an unknown style", request.Request{Settings: request.Settings{StylePreset: "baroque"}}, "/style_preset", "cinematic"},
		{"an image of other sides", request.Request{Image: pixel(1000, 1024)}, "/image", "takes only 1024 × 1024, 1344 × 768, 1536 × 640"},
		{"steps and strength", request.Request{Image: square, Settings: request.Settings{Strength: &half}, Parameters: raw(`{"image_mode":"STEP_SCHEDULE"}`)}, "/parameters/image_mode", "leave one"},
		{"a mask that is no image", request.Request{Image: square, Mask: []byte("hello"), Parameters: raw(`{"mask_source":"MASK_IMAGE_WHITE"}`)}, "/parameters/mask_image", "png, jpeg"},
		{"a mask of other sides", request.Request{Image: square, Mask: pixel(64, 64), Parameters: raw(`{"mask_source":"MASK_IMAGE_WHITE"}`)}, "/parameters/mask_image", "64 × 64 pixels and image 1024 × 1024"},
		{"a mask of many bytes", request.Request{Image: square, Mask: make([]byte, 1_000_001), Parameters: raw(`{"mask_source":"MASK_IMAGE_WHITE"}`)}, "/parameters/mask_image", "1000001 bytes"},
		{"a mask without a word about it", request.Request{Image: square, Mask: mask}, "/parameters/mask_image", "needs a mask_source"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.submit.Retired, h.submit.Model = true, "sdxl"
				if c.request.Prompt == "" {
					c.request.Prompt = "a fox"
				}
				_, err := h.submit.Submit(h.t.Context(), ann, c.request, "")
				var e *job.Error
				if !errors.Is(err, job.ErrInvalid) || !errors.As(err, &e) || len(e.Fields) != 1 {
					t.Fatalf("got %#v", err)
				}
				if f := e.Fields[0]; f.Pointer != c.pointer || !strings.Contains(f.Detail, c.says) {
					t.Errorf("got %+v, want %s to say %q", f, c.pointer, c.says)
				}
			})
		})
	}
}

func TestParametersAreKeptAsGivenAndAsSent(t *testing.T) {
	inHarness(t, func(h *harness) {
		var l lens
		h.submit.Retired, h.worker.Generator = true, &l
		style := strings.Repeat("x", 1_995) // with words of a style it would be too long
		j := h.run(h.order(request.Request{Settings: request.Settings{Prompt: style, Model: "sdxl", StylePreset: "anime"}, Parameters: raw(`{ "steps": 60, "extras": {"b": 1.0, "a": 2} }`)}, "").ID)
		if got := string(j.Input.Parameters); got != `{"extras":{"a":2,"b":1.0},"steps":60}` {
			t.Errorf("kept as given: %s", got)
		}
		want := `{"cfg_scale":7,"extras":{"a":2,"b":1.0},"steps":60}`
		if string(j.Sent.Parameters) != want || j.Sent.StylePreset != "anime" || j.Sent.Prompt != style || j.Sent.Strength != 0 || j.Sent.AspectRatio != "1:1" {
			t.Errorf("kept as sent: %+v", j.Sent)
		}
		if j.Price != 80_000 || j.CostMicroUSD != 80_000 {
			t.Errorf("60 steps cost %d, %d", j.Price, j.CostMicroUSD)
		}
		if r := l.seen[0]; string(r.Parameters) != want || r.StylePreset != "anime" || r.Prompt != style {
			t.Errorf("the model gets %+v", r)
		}
	})
}

func TestParametersTellOrdersApart(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.Retired = true
		ask := func(parameters string, mask []byte) error {
			r := request.Request{Settings: request.Settings{Prompt: "a", Model: "sdxl"}, Image: pixel(1024, 1024), Mask: mask, Parameters: raw(parameters)}
			_, err := h.submit.Submit(h.t.Context(), ann, r, "k")
			return err
		}
		first := pixel(1024, 1024)
		if err := ask(`{"mask_source":"MASK_IMAGE_WHITE","extras":{"a":1,"b":2}}`, first); err != nil {
			t.Fatal(err)
		}
		if err := ask(`{ "extras": {"b": 2, "a": 1}, "mask_source": "MASK_IMAGE_WHITE" }`, first); err != nil {
			t.Errorf("the same in another order: %v", err)
		}
		want(t, ask(`{"mask_source":"MASK_IMAGE_BLACK","extras":{"a":1,"b":2}}`, first), job.ErrMismatch, "idempotency_key_reused")
		want(t, ask(`{"mask_source":"MASK_IMAGE_WHITE","extras":{"a":1,"b":2}}`, withChunk(first, "teXt", "x")), job.ErrMismatch, "idempotency_key_reused")
	})
}

func TestAMaskIsStoredBesideItsImage(t *testing.T) {
	inHarness(t, func(h *harness) {
		var l lens
		h.submit.Retired, h.worker.Generator = true, &l
		image, mask := pixel(1152, 896), withChunk(pixel(1152, 896), "teXt", "mask")
		order := request.Request{Settings: request.Settings{Prompt: "a", Model: "sdxl"}, Image: image, Mask: mask, Parameters: raw(`{"mask_source":"MASK_IMAGE_BLACK"}`)}
		j := h.run(h.order(order, "").ID)
		if j.Status != job.Succeeded || len(l.seen) != 1 || !bytes.Equal(l.seen[0].Image, image) || !bytes.Equal(l.seen[0].Mask, mask) {
			t.Fatalf("got %s after %d calls", j.Status, len(l.seen))
		}
		if diff := cmp.Diff(&job.InputImage{ContentType: "image/png", SizeBytes: int64(len(mask)), Width: 1152, Height: 896, Key: j.Input.Image.Key + "-mask", SHA256: j.Input.Mask.SHA256}, j.Input.Mask); diff != "" {
			t.Error(diff)
		}
		if j.Sent.Strength != 0 {
			t.Errorf("strength %v was never sent", j.Sent.Strength)
		}
		if err := h.submit.Delete(h.t.Context(), ann, j.ID); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{j.Input.Image.Key, j.Input.Mask.Key} {
			if _, err := h.store.GetInput(h.t.Context(), key); !errors.Is(err, job.ErrNotFound) {
				t.Errorf("%s outlived its job: %v", key, err)
			}
		}
		j = h.order(order, "")
		if err := h.store.PutInput(h.t.Context(), j.Input.Mask.Key, image); err != nil {
			t.Fatal(err)
		}
		if j = h.run(j.ID); j.Failure == nil || j.Failure.Code != job.CodeInternal || len(l.seen) != 1 {
			t.Errorf("with a damaged mask: %+v after %d calls", j.Failure, len(l.seen))
		}
	})
}

func TestAStrengthThatIsSentIsKept(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.Retired = true
		if j := h.order(request.Request{Settings: request.Settings{Prompt: "a", Model: "sdxl"}, Image: pixel(1024, 1024)}, ""); j.Sent.Strength != 0.65 || j.Sent.AspectRatio != "" {
			t.Errorf("got %+v", j.Sent)
		}
		if j := h.order(request.Request{Settings: request.Settings{Prompt: "a", Model: "sdxl"}, Image: pixel(1024, 1024), Parameters: raw(`{"image_mode":"STEP_SCHEDULE"}`)}, ""); j.Sent.Strength != 0 {
			t.Errorf("got %+v", j.Sent)
		}
	})
}
