package template_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/template"
)

func TestAMatrixTakesValuesAsPeopleTypeThem(t *testing.T) {
	var m template.Matrix
	for _, pair := range [][2]string{{"model", "core"}, {"model", "ultra"}, {"seed", "7"}, {"seed", "42.0"}, {"style_preset", "anime"}, {"aspect_ratio", "16:9"}} {
		if err := m.Add(pair[0], pair[1]); err != nil {
			t.Error(err)
		}
	}
	want := template.Matrix{Model: []string{"core", "ultra"}, Seed: []int64{7, 42}, StylePreset: []string{"anime"}, AspectRatio: []string{"16:9"}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	for member, value := range map[string]string{"seed": "fox", "prompt": "a fox"} {
		if err := m.Add(member, value); err == nil || !strings.Contains(err.Error(), "fox") && !strings.Contains(err.Error(), member) {
			t.Errorf("%s=%s: %v", member, value, err)
		}
	}
}
