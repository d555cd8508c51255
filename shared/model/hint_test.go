package model_test

import (
	"strings"
	"testing"

	"easel/shared/model"
)

func TestForeignNamesAreExplained(t *testing.T) {
	for name, says := range map[string]string{
		"dall-e-2":                             `ended it on 2026-05-12, and Bedrock never had it.`,
		"DALL-E-3":                             `ended it on 2026-05-12, and Bedrock never had it.`,
		"gpt-image-1":                          `on 2026-10-23, and Bedrock never had it.`,
		"gpt-image-1-mini":                     `OpenAI's`,
		"dalle":                                `OpenAI's`,
		"stability.sd3-ultra-v1:1":             `for ultra`,
		"us.stability.stable-image-core-v1:1":  `has no inference profile`,
		"us.stability.stable-image-ultra-v1:1": `has no inference profile`,
		"amazon.nova-canvas-v2:0":              `ended on 2026-09-30.`,
		"amazon.titan-image-generator-v3":      `by 2026-06-30`,
	} {
		if _, known := model.Find(name); known {
			t.Errorf("%s is in the catalogue", name)
		}
		if got := model.Hint(name); !strings.Contains(got, says) {
			t.Errorf("%s: %q, want %q", name, got, says)
		}
	}
	for _, name := range []string{"", "pudding", "us.", "core2"} {
		if got := model.Hint(name); got != "" {
			t.Errorf("%q leads to %q", name, got)
		}
	}
}
