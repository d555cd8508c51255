package job_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"easel/shared/job"
	"easel/shared/request"
)

func TestWhatCannotBeHonouredIsRefusedByName(t *testing.T) {
	negative, big, zero, half, much := int64(-1), int64(4_294_967_296), 0, 0.5, 1.5
	pairs := map[string]string{}
	for c := 'a'; c < 'a'+17; c++ {
		pairs[string(c)] = "x"
	}
	for _, c := range []struct {
		name    string
		request request.Request
		pointer string
		says    string
	}{
		{"no prompt", request.Request{}, "/prompt", "1 to 10000 characters"},
		{"only spaces", request.Request{Settings: request.Settings{Prompt: " \n"}}, "/prompt", "empty"},
		{"a long prompt", request.Request{Settings: request.Settings{Prompt: strings.Repeat("ü", 10_001)}}, "/prompt", "10001 characters; at most 10000"},
		{"a prompt that the style makes too long", request.Request{Settings: request.Settings{Prompt: strings.Repeat("x", 9_990), StylePreset: "anime"}}, "/prompt", "leave the style out"},
		{"a prompt that is not UTF-8", request.Request{Settings: request.Settings{Prompt: "a\xff"}}, "/prompt", "UTF-8"},
		{"a prompt of a zero width space", request.Request{Settings: request.Settings{Prompt: "\u200b"}}, "/prompt", "nothing that can be seen"},
		{"a prompt of a byte order mark", request.Request{Settings: request.Settings{Prompt: "\ufeff \u2060"}}, "/prompt", "nothing that can be seen"},
		{"a prompt of selectors and fillers", request.Request{Settings: request.Settings{Prompt: "\ufe0f\u3164\u2800\u034f\u00ad"}}, "/prompt", "nothing that can be seen"},
		{"a prompt with a zero", request.Request{Settings: request.Settings{Prompt: "a\x00b"}}, "/prompt", "control character U+0000 (character 2); take it out"},
		{"a prompt with an escape", request.Request{Settings: request.Settings{Prompt: "a \x1b[31mfox"}}, "/prompt", "U+001B"},
		{"a negative prompt with a zero", request.Request{Settings: request.Settings{Prompt: "a", NegativePrompt: "\x00"}}, "/negative_prompt", "U+0000"},
		{"a custom ID with a zero", request.Request{Settings: request.Settings{Prompt: "a"}, CustomID: "a\x00"}, "/custom_id", "U+0000"},
		{"a custom ID without a character", request.Request{Settings: request.Settings{Prompt: "a"}, CustomID: "\u200b"}, "/custom_id", "nothing that can be seen"},
		{"a user with a zero", request.Request{Settings: request.Settings{Prompt: "a"}, User: "a\x7f"}, "/user", "U+007F"},
		{"metadata with a zero", request.Request{Settings: request.Settings{Prompt: "a"}, Metadata: map[string]string{"k": "\x00"}}, "/metadata", "U+0000"},
		{"a name in metadata with a zero", request.Request{Settings: request.Settings{Prompt: "a"}, Metadata: map[string]string{"\x00": "v"}}, "/metadata", "U+0000"},
		{"a long negative prompt", request.Request{Settings: request.Settings{Prompt: "a", NegativePrompt: strings.Repeat("x", 10_001)}}, "/negative_prompt", "10001"},
		{"an unknown model", request.Request{Settings: request.Settings{Prompt: "a", Model: "dall-e"}}, "/model", "core, sd35, ultra"},
		{"a model of OpenAI that has ended", request.Request{Settings: request.Settings{Prompt: "a", Model: "dall-e-3"}}, "/model", "ended it on 2026-05-12, and Bedrock never had it. Use one of: core, sd35, ultra"},
		{"a retired model", request.Request{Settings: request.Settings{Prompt: "a", Model: "amazon.nova-canvas-v1:0"}}, "/model", `ended on 2026-09-30 and answers no more. Use "core"`},
		{"an unknown style", request.Request{Settings: request.Settings{Prompt: "a", StylePreset: "baroque"}}, "/style_preset", "cinematic"},
		{"an aspect ratio that is not offered", request.Request{Settings: request.Settings{Prompt: "a", AspectRatio: "4:3"}}, "/aspect_ratio", "The nearest is 5:4."},
		{"a format that the model lacks", request.Request{Settings: request.Settings{Prompt: "a", OutputFormat: "webp"}}, "/output_format", "png, jpeg"},
		{"a negative seed", request.Request{Settings: request.Settings{Prompt: "a", Seed: &negative}}, "/seed", "0 to 4294967295"},
		{"a seed too large", request.Request{Settings: request.Settings{Prompt: "a", Seed: &big}}, "/seed", "0 to 4294967295"},
		{"no calls", request.Request{Settings: request.Settings{Prompt: "a"}, MaxModelCalls: &zero}, "/max_model_calls", "1 to 5"},
		{"no time", request.Request{Settings: request.Settings{Prompt: "a"}, DeadlineSeconds: &zero}, "/deadline_seconds", "1 to 604800"},
		{"strength without an image", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35", Strength: &half}}, "/strength", "add image"},
		{"strength for a model of text", request.Request{Settings: request.Settings{Prompt: "a", Strength: &half}}, "/strength", "takes no strength"},
		{"strength out of range", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35", Strength: &much}, Image: pixel(64, 64)}, "/strength", "0 (keep"},
		{"strength for another model of text", request.Request{Settings: request.Settings{Prompt: "a", Model: "ultra", Strength: &half}}, "/strength", "use sd35 with an image"},
		{"an image for a model of text", request.Request{Settings: request.Settings{Prompt: "a"}, Image: pixel(64, 64)}, "/image", "use sd35 for an image"},
		{"an image for another model of text", request.Request{Settings: request.Settings{Prompt: "a", Model: "ultra"}, Image: pixel(64, 64)}, "/image", "use sd35 for an image"},
		{"an image too small", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: pixel(63, 64)}, "/image", "63 × 64 pixels; each side needs at least 64"},
		{"an image with too many pixels", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: pixel(4000, 4000)}, "/image", "4000 × 4000"},
		{"an image with too many bytes", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: make([]byte, 3_000_001)}, "/image", "3000001 bytes"},
		{"no image at all", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: []byte("hello")}, "/image", "png, jpeg, webp"},
		{"a GIF", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: []byte("GIF89a\x01\x00\x01\x00")}, "/image", "image is a GIF, none of the types that Stable Diffusion 3.5 Large takes: png, jpeg, webp"},
		{"a HEIC", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: []byte("\x00\x00\x00\x18ftypheic")}, "/image", "image is a HEIC, none"},
		{"a cut PNG", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: pixel(64, 64)[:60]}, "/image", "breaks off before its end. Send the whole file"},
		{"a cut JPEG", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: blanks()["jpg"][:200]}, "/image", "breaks off before its end"},
		{"a cut WebP", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: blanks()["webp"][:24]}, "/image", "breaks off before its end"},
		{"an animated PNG", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: withChunk(pixel(64, 64), "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")}, "/image", "an animation of several frames, and Stable Diffusion 3.5 Large takes one picture. Send a single frame"},
		{"an animated WebP", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x3f\x00\x00\x3f\x00\x00")}, "/image", "an animation of several frames"},
		{"a damaged PNG", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}, Image: append(pixel(64, 64)[:len(pixel(64, 64))-1], 0)}, "/image", "image is damaged"},
		{"an aspect ratio beside an image", request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35", AspectRatio: "1:1"}, Image: pixel(64, 64)}, "/aspect_ratio", "beside an image"},
		{"much metadata", request.Request{Settings: request.Settings{Prompt: "a"}, Metadata: pairs}, "/metadata", "17 pairs"},
		{"large metadata", request.Request{Settings: request.Settings{Prompt: "a"}, Metadata: map[string]string{"k": strings.Repeat("x", 4096)}}, "/metadata", "4097 bytes"},
		{"a long custom ID", request.Request{Settings: request.Settings{Prompt: "a"}, CustomID: strings.Repeat("x", 129)}, "/custom_id", "at most 128"},
		{"a strange embed", request.Request{Settings: request.Settings{Prompt: "a"}, Embed: "some"}, "/embed", "all, none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				_, err := h.submit.Submit(h.t.Context(), ann, c.request, "")
				var e *job.Error
				if !errors.Is(err, job.ErrInvalid) || !errors.As(err, &e) || len(e.Fields) != 1 {
					t.Fatalf("got %#v", err)
				}
				if f := e.Fields[0]; f.Pointer != c.pointer || !strings.Contains(f.Detail, c.says) {
					t.Errorf("got %+v, want %s to say %q", f, c.pointer, c.says)
				}
				if h.fault.Calls("creator.create") > 0 {
					t.Error("something was recorded")
				}
			})
		})
	}
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	inHarness(t, func(h *harness) {
		seed := int64(-1)
		_, err := h.submit.Submit(h.t.Context(), ann, request.Request{Settings: request.Settings{Seed: &seed, AspectRatio: "x", OutputFormat: "gif"}}, "")
		var e *job.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, f := range e.Fields {
			got[f.Pointer] = true
		}
		if !maps.Equal(got, map[string]bool{"/prompt": true, "/seed": true, "/aspect_ratio": true, "/output_format": true}) {
			t.Errorf("got %v", got)
		}
	})
}

func TestWhatCanBeSeenIsTaken(t *testing.T) {
	for _, text := range []string{"a", "🦊", "👨\u200d👩", "क\u094d", ".", "\u0301", "a\tb\r\nc\u0085d", "\ue000", "\U0001fbff", "\U0001faf9\ufe0f"} {
		if err := (&job.Submitter{}).Check(request.Request{Settings: request.Settings{Prompt: text}, CustomID: text, Metadata: map[string]string{text: text}}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWholeNumbersAreWrittenPlainly(t *testing.T) {
	for given, want := range map[string]string{
		"42": "42", "42.0": "42", "42.000": "42", "4.2e1": "42", "4.2E+01": "42", "420e0": "420", "-1.0": "-1", "-0.0": "0", "007": "7", "1.25e2": "125",
		"4.2": "4.2", "1e-3": "1e-3", "4.25e1": "4.25e1", "1e999": "1e999", "": "", "x": "x", "42.": "42.", ".0": ".0", "0x1": "0x1",
		"9007199254740993.0": "9007199254740993",
	} {
		if got := request.PlainNumber(given); got != want {
			t.Errorf("%q is written %q, want %q", given, got, want)
		}
	}
}
