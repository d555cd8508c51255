package api_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/request"
)

func TestARequestIsTheSameOnBothSidesOfTheWire(t *testing.T) {
	var seed int64 = 9007199254740993
	strength, deadline, calls := 0.35, 600, 1
	want := request.Request{
		Settings: request.Settings{
			Prompt: "a {red} fox 🦊", Model: "sdxl", NegativePrompt: "fog", AspectRatio: "1:1", Seed: &seed, StylePreset: "anime",
			OutputFormat: "png", Strength: &strength,
		},
		Image: []byte("image"), Metadata: map[string]string{"a": "b"}, CustomID: "c", User: "u", DeadlineSeconds: &deadline, MaxModelCalls: &calls, Embed: "none", Parameters: json.RawMessage(`{"steps":30}`), Mask: []byte("mask"),
	}
	body, err := json.Marshal(api.FromRequest(want))
	if err != nil {
		t.Fatal(err)
	}
	got, err := api.ParseJob(body)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	body, _ = json.Marshal(api.FromRequest(request.Request{Settings: request.Settings{Prompt: "a"}, Mask: []byte("mask")}))
	if got, err = api.ParseJob(body); err != nil || string(got.Mask) != "mask" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAJobIsReadStrictly(t *testing.T) {
	for body, want := range map[string]string{
		`{"prompt": "a", "seed": "7", "sed": 1}`: "/seed /sed", `{"prompt": "a", "metadata": {"k": 1}}`: "/metadata/k",
		`{"prompt": "a"`: "", `[]`: "", ``: "", "{\x00": "", `{"prompt": "a"} {}`: "",
	} {
		_, err := api.ParseJob([]byte(body))
		var p *api.Problem
		if !errors.As(err, &p) {
			t.Errorf("%s: got %v", body, err)
			continue
		}
		var pointers []string
		for _, f := range p.LineFields() {
			pointers = append(pointers, f.Pointer)
			if f.Detail == "" || f.Line != 0 || strings.Contains(f.Detail, "body") {
				t.Errorf("%s: got %+v", body, f)
			}
		}
		if got := strings.Join(pointers, " "); got != want {
			t.Errorf("%s: got %s", body, got)
		}
	}
}
