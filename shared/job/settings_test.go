package job_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"easel/shared/job"
	"easel/shared/request"
)

// A picture is known without its record: what it asks for is in it, word for word.
func TestAPictureTellsWhatItWasMadeFor(t *testing.T) {
	for name, r := range map[string]request.Request{
		"Latin-1":         {Settings: request.Settings{Prompt: "a fox in Köln & <rain>"}},
		"other scripts":   {Settings: request.Settings{Prompt: "狐 🦊", NegativePrompt: "雨"}},
		"a drawn seed":    {Settings: request.Settings{Prompt: "a fox", Seed: new(int64(0))}},
		"a seed":          {Settings: request.Settings{Prompt: "a fox", Seed: new(int64(7))}},
		"a style":         {Settings: request.Settings{Prompt: "a fox", StylePreset: "anime"}},
		"settings":        {Settings: request.Settings{Prompt: "a fox", Model: "sd35", AspectRatio: "3:2", OutputFormat: "png"}},
		"an image":        {Settings: request.Settings{Prompt: "a fox", Model: "sd35", Strength: new(0.4)}, Image: pixel(64, 64)},
		"a longer prompt": {Settings: request.Settings{Prompt: string(bytes.Repeat([]byte("fox "), 2000))}},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.submit.Simulated = true
				j := h.run(h.order(r, "").ID)
				s, err := job.ReadSettings(bytes.NewReader(h.bytes(j.Images[0].Key)))
				if err != nil || s.Job != j.ID || s.Model != j.Model || !s.Simulated || s.Seed != j.Sent.Seed {
					t.Fatalf("got %+v, %v", s, err)
				}
				if job.Fingerprint(s.Input, s.Model) != fingerprint(r) {
					t.Errorf("the picture says that it was made for %+v", s.Input)
				}
				if s.Input.Image != nil && *s.Input.Image != (job.InputImage{SHA256: s.Input.Image.SHA256}) {
					t.Errorf("it tells where the image is stored: %+v", s.Input.Image)
				}
			})
		})
	}
}

func TestWhatTellsNothingIsNoError(t *testing.T) {
	inHarness(t, func(h *harness) {
		whole := picture(h, request.Request{Settings: request.Settings{Prompt: "a fox"}})
		for n := range whole {
			if _, err := job.ReadSettings(bytes.NewReader(whole[:n])); err != nil && !errors.Is(err, job.ErrNoSettings) {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
		broken := errors.New("the disk is broken")
		_, err := job.ReadSettings(io.MultiReader(bytes.NewReader(whole[:40]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("got %v, want what reading returned", err)
		}
	})
	for name, data := range map[string][]byte{
		"no text":          pixel(1, 1),
		"another format":   []byte("\xff\xd8\xff\xe0 a JPEG"),
		"nothing":          nil,
		"a huge chunk":     withChunk(pixel(1, 1), "tEXt", "easel\x00"+string(make([]byte, 2<<20))),
		"no JSON":          withChunk(pixel(1, 1), "tEXt", "easel\x00{"),
		"another chunk":    withChunk(pixel(1, 1), "zTXt", "easel\x00\x00x"),
		"a short iTXt":     withChunk(pixel(1, 1), "iTXt", "easel\x00\x00"),
		"a text of others": withChunk(pixel(1, 1), "tEXt", `parameters`+"\x00"+`{"job":"x"}`),
		"without a job":    withChunk(pixel(1, 1), "tEXt", `easel`+"\x00"+`{"model":"x"}`),
	} {
		if s, err := job.ReadSettings(bytes.NewReader(data)); !errors.Is(err, job.ErrNoSettings) {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
	}
}

func FuzzReadSettings(f *testing.F) {
	f.Add(pixel(1, 1))
	f.Add(withChunk(pixel(1, 1), "tEXt", `easel`+"\x00"+`{"job":"x","input":{"prompt":"a"}}`))
	f.Add(withChunk(pixel(1, 1), "iTXt", "easel\x00\x00\x00\x00\x00{\"job\":\"x\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := job.ReadSettings(bytes.NewReader(data)); err == nil && s.Job == "" {
			t.Error("settings without a job")
		}
	})
}
