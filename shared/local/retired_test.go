package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"testing"
	"time"

	"easel/shared/api"
)

// order makes a picture of 1152 × 896 in SDXL's own way, from an image and a mask.
func order(t *testing.T) api.JobRequest {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1152, 896))); err != nil {
		t.Fatal(err)
	}
	parameters, err := json.Marshal(map[string]any{"steps": 20, "mask_source": "MASK_IMAGE_WHITE", "mask_image": b.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	return api.JobRequest{Settings: api.Settings{Prompt: "a fox", NegativePrompt: "rain", Model: "sdxl", StylePreset: "line-art"}, Image: b.Bytes(), Parameters: parameters}
}

func TestAModelThatEndedDrawsWhereItIsAllowed(t *testing.T) {
	r := up(t, Options{Retired: true})
	j, err := r.client.Submit(t.Context(), order(t), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if j, err = r.client.Get(t.Context(), j.ID, 20*time.Second); err != nil || j.Status != "succeeded" {
		t.Fatalf("got %+v, %v", j, err)
	}
	shape, err := png.DecodeConfig(bytes.NewReader(fetch(t, j.Images[0].URL)))
	if err != nil || shape.Width != 1152/16 || shape.Height != 896/16 || j.Model != "stability.stable-diffusion-xl-v1" {
		t.Errorf("%s made %d × %d, %v", j.Model, shape.Width, shape.Height, err)
	}
	if err := r.client.Delete(t.Context(), j.ID); err != nil {
		t.Error(err)
	}
}

func TestAModelThatEndedIsRefusedElsewhere(t *testing.T) {
	r := up(t, Options{})
	_, err := r.client.Submit(t.Context(), order(t), "", 0)
	if p, ok := errors.AsType[*api.Problem](err); !ok || p.Code != "retired_model" {
		t.Errorf("got %v", err)
	}
}
