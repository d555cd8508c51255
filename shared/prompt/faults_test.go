package prompt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/prompt"
	"easel/shared/request"
)

func TestOneLineAKindOfFault(t *testing.T) {
	seed := func(held string) request.FieldError {
		return request.Faulty("", "seed must be whole; the cell holds %s.", request.Found(held))
	}
	for name, c := range map[string]struct {
		add  func(f *prompt.Faults)
		want string
	}{
		"none":          {func(*prompt.Faults) {}, ""},
		"one":           {func(f *prompt.Faults) { f.Add(7, "Seed", "", seed("5x")) }, "\n  line 7, column Seed: seed must be whole; the cell holds 5x."},
		"no row":        {func(f *prompt.Faults) { f.Add(0, "", "?seed", seed("5x")) }, "\n  ?seed: seed must be whole; the cell holds 5x."},
		"nothing but a": {func(f *prompt.Faults) { f.Add(0, "", "", request.FieldError{Detail: "a"}) }, "\n  a"},
		"four of a kind": {func(f *prompt.Faults) {
			for _, line := range []int{2, 5, 7, 9} {
				f.Add(line, "", "/seed", seed("5x"))
			}
		}, "\n  line 2, 5, 7 and 9, /seed: seed must be whole; the cell holds 5x."},
		"five of a kind": {func(f *prompt.Faults) {
			for _, line := range []int{2, 5, 7, 9, 11} {
				f.Add(line, "", "", seed(fmt.Sprint(line%4, "x")))
			}
		}, "\n  line 2, 5, 7 and 2 more: seed must be whole; the cell holds 2x. Elsewhere: 1x, 3x."},
		"many values": {func(f *prompt.Faults) {
			for line := range 50 {
				f.Add(line+1, "", "", seed(fmt.Sprint(line, "x")))
			}
		}, "\n  line 1, 2, 3 and 47 more: seed must be whole; the cell holds 0x. Elsewhere: 1x, 2x, 3x and others."},
		"the same rule in two places": {func(f *prompt.Faults) {
			f.Add(2, "Seed", "", seed("5x"))
			f.Add(3, "Saat", "", seed("5x"))
		}, "\n  line 2, column Seed: seed must be whole; the cell holds 5x.\n  line 3, column Saat: seed must be whole; the cell holds 5x."},
		"a row that was multiplied": {func(f *prompt.Faults) {
			f.Add(2, "Seed", "", seed("5x"))
			f.Add(2, "Seed", "", seed("5x"))
		}, "\n  line 2, column Seed: seed must be whole; the cell holds 5x."},
		"mixed": {func(f *prompt.Faults) {
			f.Add(2, "", "", seed("5x"))
			f.Add(2, "", "", request.FieldError{Detail: "No."})
			f.Add(3, "", "", request.FieldError{Detail: "No."})
			f.Add(4, "", "", seed("5x"))
		}, "\n  line 2 and 4: seed must be whole; the cell holds 5x.\n  line 2 and 3: No."},
	} {
		var f prompt.Faults
		c.add(&f)
		if diff := cmp.Diff(c.want, f.Text()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	var f prompt.Faults
	for line := range 100_000 {
		f.Add(line+1, "", "", request.FieldError{Detail: fmt.Sprint("kind ", line%30)})
	}
	if len(f.Kinds) != 20 || f.Rows != 100_000 || f.Others != 33_330 || len(f.Kinds[0].Lines) != 1000 || f.Kinds[0].Rows != 3334 {
		t.Errorf("%d kinds of %d rows, %d others, %d lines of %d", len(f.Kinds), f.Rows, f.Others, len(f.Kinds[0].Lines), f.Kinds[0].Rows)
	}
	if text := f.Text(); !strings.HasSuffix(text, "\nThere are 33330 more faults, of other kinds. Mend these first.") || len(text) > 2000 {
		t.Errorf("got %s", text)
	}
}

// Each rule that tells what a row holds has to say which part of its sentence that is.
func TestRowsThatBreakOneRuleAreOfOneKind(t *testing.T) {
	for name, c := range map[string]struct {
		format prompt.Format
		file   string
	}{
		"seeds":            {prompt.CSV, "prompt,seed\na,5x\nb,7y\n"},
		"shortened seeds":  {prompt.CSV, "prompt,seed\na,1E+10\nb,2E+11\n"},
		"strengths":        {prompt.CSV, "prompt,strength\na,much\nb,little\n"},
		"cells":            {prompt.CSV, "prompt,x\na,b,c\na,b,c,d\n"},
		"quotes":           {prompt.CSV, "prompt\n\"a\"b\n\"c\nd\"e\n"},
		"another encoding": {prompt.CSV, "prompt\na caf\xe9\nM\xfcll\n"},
		"broken JSON":      {prompt.NDJSON, "{\"prompt\":a}\n{\"prompt\":\"a\",b}\n"},
		"long lines":       {prompt.Text, strings.Repeat("a", prompt.MaxRecord+1) + "\n" + strings.Repeat("a", prompt.MaxRecord+2) + "\n"},
	} {
		r, err := prompt.NewReader(strings.NewReader(c.file), prompt.Options{Format: c.format, Decode: strict})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var f prompt.Faults
		for range 2 {
			_, err := r.Next()
			e, ok := errors.AsType[*prompt.LineError](err)
			if !ok {
				t.Fatalf("%s: got %v", name, err)
			}
			if len(e.Fields) == 0 {
				e.Fields = []request.FieldError{{Detail: e.Detail, Found: e.Found}}
			}
			f.Add(e.Line, e.Fields[0].Pointer, "", e.Fields[0])
		}
		if len(f.Kinds) != 1 || f.Rows != 2 {
			t.Errorf("%s: %d rows%s", name, f.Rows, f.Text())
		}
	}
}
