package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

func TestATableFitsTheTerminal(t *testing.T) {
	rows := [][]string{
		{"  made already", "11", "in pictures/"},
		{"    changed since", "1", "of these; they will not be made, and their pictures stay (--redo changed makes them)"},
	}
	want := [][]string{
		{"  made already", "11", "in pictures/"},
		{"    changed since", "1", "of these; they will"},
		{"", "", "not be made, and"},
		{"", "", "their pictures stay"},
		{"", "", "(--redo changed"},
		{"", "", "makes them)"},
	}
	if diff := cmp.Diff(want, fit(rows, 42)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(rows, fit(rows, 200)); diff != "" {
		t.Errorf("a wide terminal: %s", diff)
	}
}

func TestAWordIsNeverBroken(t *testing.T) {
	rows := [][]string{{"sd35", "Stable Diffusion 3.5 Large", "1:1 16:9 21:9 2:3 3:2"}, {"ü", "狐狸 in the snow", ""}}
	for width := range 60 {
		for _, row := range fit(rows, width) {
			total := gap * (len(row) - 1)
			for n, text := range row {
				total += uniseg.StringWidth(text)
				for word := range strings.FieldsSeq(text) {
					if !strings.Contains(rows[0][n]+" "+rows[1][n], word) {
						t.Fatalf("width %d: %q is no word of column %d", width, word, n)
					}
				}
			}
			if total > max(width, 4+9+5+2*gap) {
				t.Errorf("width %d: a row has %d columns: %q", width, total, row)
			}
		}
	}
}
