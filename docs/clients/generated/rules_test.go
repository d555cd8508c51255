package generated_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// The recommended rules of both linters hold, without a warning and without an exception.
func TestRules(t *testing.T) {
	wanted(t)
	t.Run("redocly", func(t *testing.T) {
		t.Parallel()
		out := run(t, ".", node(t, "redocly"), "lint", "--extends=recommended", "--format=json", description)
		var found struct {
			Totals struct{ Errors, Warnings, Ignored *int }
		}
		if err := json.NewDecoder(strings.NewReader(out[strings.Index(out, "{"):])).Decode(&found); err != nil {
			t.Fatal(err, out)
		}
		if n := found.Totals; n.Errors == nil || *n.Errors+*n.Warnings+*n.Ignored != 0 {
			t.Error(out)
		}
	})
	t.Run("spectral", func(t *testing.T) {
		t.Parallel()
		run(t, ".", node(t, "spectral"), "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", description)
	})
}
