package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// made expands a row and writes each request on a line.
func made(t *testing.T, e Expand, row prompt.Row) (lines []string) {
	t.Helper()
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	n, err := e.Count(row)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range e.Rows(row) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, written(r.Request))
	}
	if n.Cmp(big.NewInt(int64(len(lines)))) != 0 {
		t.Errorf("counted %s, made %d", n, len(lines))
	}
	return lines
}

func written(r request.Request) string {
	seed := "none"
	if r.Seed != nil {
		seed = fmt.Sprint(*r.Seed)
	}
	parts := []string{r.CustomID, r.Prompt, r.NegativePrompt, r.Model, r.StylePreset, r.AspectRatio, seed}
	return strings.TrimSpace(strings.Join(parts, ";"))
}

var rows = map[string]struct {
	expand  string // JSON
	request request.Request
	want    []string
}{
	"one":             {`{}`, request.Request{CustomID: "x", Settings: request.Settings{Prompt: "a"}}, []string{"x;a;;;;;none"}},
	"all":             {`{"mode":"all"}`, request.Request{CustomID: "x", Settings: request.Settings{Prompt: "{a|b}"}}, []string{"x-732acbb3e402;a;;;;;none", "x-8e71c43ded33;b;;;;;none"}},
	"without an ID":   {`{}`, request.Request{Settings: request.Settings{Prompt: "{a|b}"}}, []string{";a;;;;;none", ";b;;;;;none"}},
	"negative prompt": {`{}`, request.Request{Settings: request.Settings{Prompt: "{a|b}", NegativePrompt: "{c|d}"}}, []string{";a;c;;;;none", ";a;d;;;;none", ";b;c;;;;none", ";b;d;;;;none"}},
	"lists":           {`{"wildcards":{"l":["x","y"]}}`, request.Request{Settings: request.Settings{Prompt: "__l__"}}, []string{";x;;;;;none", ";y;;;;;none"}},
	"a column":        {`{}`, request.Request{Settings: request.Settings{Prompt: "{{title}}"}}, []string{";{a|b};;;;;none"}},
	"runs":            {`{"runs":2}`, request.Request{CustomID: "x", Settings: request.Settings{Prompt: "a"}}, []string{"x-732acbb3e402;a;;;;;none", "x-732acbb3e402-2;a;;;;;none"}},
	"runs of a seed":  {`{"runs":3}`, request.Request{Settings: request.Settings{Prompt: "a", Seed: new(int64(7))}}, []string{";a;;;;;7", ";a;;;;;8", ";a;;;;;9"}},
	"runs of seed 0":  {`{"runs":2}`, request.Request{Settings: request.Settings{Prompt: "a", Seed: new(int64(0))}}, []string{";a;;;;;0", ";a;;;;;0"}},
	"runs of seeds": {
		`{"runs":2,"matrix":{"seed":[0,5]}}`,
		request.Request{Settings: request.Settings{Prompt: "a", Seed: new(int64(9))}},
		[]string{";a;;;;;0", ";a;;;;;0", ";a;;;;;5", ";a;;;;;6"},
	},
	"a matrix": {
		`{"matrix":{"model":["core","ultra"],"style_preset":["","anime"],"aspect_ratio":["1:1","16:9"]}}`,
		request.Request{Settings: request.Settings{Prompt: "a", Model: "sd35"}},
		[]string{
			";a;;core;;1:1;none", ";a;;core;;16:9;none", ";a;;core;anime;1:1;none", ";a;;core;anime;16:9;none",
			";a;;ultra;;1:1;none", ";a;;ultra;;16:9;none", ";a;;ultra;anime;1:1;none", ";a;;ultra;anime;16:9;none",
		},
	},
	"all at once": {
		`{"runs":2,"matrix":{"seed":[1,2]}}`,
		request.Request{CustomID: "x", Settings: request.Settings{Prompt: "{a|b}", Model: "core"}},
		[]string{
			"x-bd398da9eb4f;a;;core;;;1", "x-97450fd1f1b0;a;;core;;;2", "x-97450fd1f1b0-2;a;;core;;;2", "x-555bd2cd9f10;a;;core;;;3",
			"x-ad154b333d02;b;;core;;;1", "x-66df999839b5;b;;core;;;2", "x-66df999839b5-2;b;;core;;;2", "x-81c9c67a322e;b;;core;;;3",
		},
	},
}

func TestWhatARowBecomes(t *testing.T) {
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			var e Expand
			if err := json.Unmarshal([]byte(c.expand), &e); err != nil {
				t.Fatal(err)
			}
			got := made(t, e, prompt.Row{Line: 3, Request: c.request, Columns: map[string]string{"title": "{a|b}"}})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlainPromptsKeepTheirBraces(t *testing.T) {
	row := prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: "{a|b} ${x} __", NegativePrompt: "}"}}}
	if diff := cmp.Diff([]string{";{a|b} ${x} __;};;;;none", ";{a|b} ${x} __;};;;;none"}, made(t, Expand{Runs: 2, Plain: true}, row)); diff != "" {
		t.Error(diff)
	}
}

func TestEverythingElseOfARowStays(t *testing.T) {
	row := prompt.Row{Line: 7, Request: request.Request{Settings: request.Settings{Prompt: "{a|b}"}, User: "u"}, Columns: map[string]string{"title": "x"}, Cells: []string{"x"}}
	for got, err := range (Expand{Runs: 2}).Rows(row) {
		want := row
		want.Request.Prompt = got.Request.Prompt
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
	if row.Request.Prompt != "{a|b}" {
		t.Error("the row has changed")
	}
}

func TestRandomRowsDependOnSeedAndRowAlone(t *testing.T) {
	template := "{0|1|2|3|4|5|6|7|8|9}{0|1|2|3|4|5|6|7|8|9} {{title}}"
	row := prompt.Row{Line: 5, Request: request.Request{Settings: request.Settings{Prompt: template, NegativePrompt: "{2$$a|b|c}"}}, Columns: map[string]string{"title": "x", "note": "y"}}
	base := Expand{Mode: ModeRandom, Picks: 20, Seed: 1}
	first := made(t, base, row)
	same := map[string]func(e *Expand, r *prompt.Row){
		"again":          func(*Expand, *prompt.Row) {},
		"another place":  func(_ *Expand, r *prompt.Row) { r.Line = 6 },
		"another note":   func(_ *Expand, r *prompt.Row) { r.Columns = map[string]string{"title": "x", "note": "z"} },
		"fewer of them":  func(e *Expand, _ *prompt.Row) { e.Picks = 10 },
		"another picker": func(e *Expand, _ *prompt.Row) { e.Lists = Lists{"unused": {"a"}} },
	}
	for name, change := range same {
		e, r := base, row
		change(&e, &r)
		got := made(t, e, r)
		if diff := cmp.Diff(first[:len(got)], got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	other := map[string]func(e *Expand, r *prompt.Row){
		"seed":         func(e *Expand, _ *prompt.Row) { e.Seed = 2 },
		"custom_id":    func(_ *Expand, r *prompt.Row) { r.Request.CustomID = "x" },
		"cell":         func(_ *Expand, r *prompt.Row) { r.Columns = map[string]string{"title": "z"} },
		"prompt":       func(_ *Expand, r *prompt.Row) { r.Request.Prompt += "!" },
		"its negative": func(_ *Expand, r *prompt.Row) { r.Request.NegativePrompt += "!" },
	}
	for name, change := range other {
		e, r := base, row
		change(&e, &r)
		if got := made(t, e, r); digits(got) == digits(first) {
			t.Errorf("another %s picked the same", name)
		}
	}
}

// digits are what was picked of the test's prompt, without what differs anyway.
func digits(lines []string) string {
	var all []string
	for _, line := range lines {
		_, prompt, _ := strings.Cut(line, ";")
		all = append(all, prompt[:2])
	}
	return strings.Join(all, " ")
}

func TestRandomCountsArePicksByMatrixByRuns(t *testing.T) {
	e := Expand{Mode: ModeRandom, Picks: 3, Runs: 2, Matrix: Matrix{Model: []string{"core", "ultra"}}}
	if got := made(t, e, prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: "{a|b}"}}}); len(got) != 12 {
		t.Errorf("%d requests: %q", len(got), got)
	}
	if got := made(t, Expand{Mode: ModeRandom}, prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: "{a|b}"}}}); len(got) != 1 {
		t.Errorf("%d requests: %q", len(got), got)
	}
}

func TestAFaultyRowNamesItsMembers(t *testing.T) {
	row := prompt.Row{Line: 12, Request: request.Request{Settings: request.Settings{Prompt: "{a", NegativePrompt: "__x__"}}}
	_, err := Expand{}.Count(row)
	e, ok := errors.AsType[*prompt.LineError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, f := range e.Fields {
		got = append(got, fmt.Sprintf("%d %s %.55s", f.Line, f.Pointer, f.Detail))
	}
	want := []string{
		"12 /prompt The template cannot be expanded: at byte 0: This { is n",
		`12 /negative_prompt The template cannot be expanded: at byte 0: There is no`,
	}
	if diff := cmp.Diff(want, got); e.Line != 12 || e.Detail == "" || diff != "" {
		t.Errorf("%+v %s", e, diff)
	}
	n := 0
	for _, err := range (Expand{}).Rows(row) {
		if n++; err == nil {
			t.Error("a row of a template that cannot be read")
		}
	}
	if n != 1 {
		t.Errorf("%d errors", n)
	}
}

func TestAnExpanderReadsListsOnce(t *testing.T) {
	lists := Lists{"l": {"a", "b"}}
	x := Expand{Lists: lists}.Open()
	for range 2 {
		if n, err := x.Count(prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: "__l__"}}}); err != nil || n.Int64() != 2 {
			t.Fatalf("%v, %v", n, err)
		}
		lists["l"] = []string{"{"} // would be an error if it were read
	}
}

func TestPatternsOfManyRowsAreForgotten(t *testing.T) {
	x := Expand{Lists: Lists{"abcdefghij": strings.Split(numbered(MaxEntries), "|")}}.Open()
	for n := range 100 {
		pattern := fmt.Sprintf("__[a%d]*__", n)
		if _, err := x.Count(prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: pattern}}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(x.lists.sets); n < 1 || n > 50 {
		t.Errorf("%d sets of %d entries are kept", n, MaxEntries)
	}
}

func TestSettingsThatDoNotFit(t *testing.T) {
	e := Expand{
		Mode: "some", Picks: -1, Runs: 1_000_001, Seed: 4, Lists: Lists{"long": make([]string, 10_001)},
		Matrix: Matrix{Model: []string{"stability.stable-image-core-v1:1", "core"}, Seed: []int64{0, 1, 1}},
	}
	fault, ok := errors.AsType[*job.Error](e.Check())
	if !ok || !errors.Is(fault, job.ErrInvalid) {
		t.Fatalf("got %v", e.Check())
	}
	var got []string
	for _, f := range fault.Fields {
		got = append(got, fmt.Sprintf("%s: %.40s", f.Pointer, f.Detail))
	}
	want := []string{
		`/mode: mode "some" does not exist; use all or r`,
		`/count: count -1 is out of range; use 1 to 10000`,
		`/runs: runs 1000001 is out of range; use 1 to 1`,
		`/seed: seed belongs to mode random, where it de`,
		`/wildcards: The list "long" has 10001 entries; at mo`,
		`/matrix/model: model names "core" twice, and each value`,
		`/matrix/seed: seed names 1 twice, and each value would`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := (Expand{Picks: 1}).Check(); err == nil {
		t.Error("a count without random was accepted")
	}
}

func TestTooManyIsSaidBeforeAnythingIsMade(t *testing.T) {
	n, err := Expand{Runs: 1000}.Count(prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: strings.Repeat("{0|1|2|3|4|5|6|7|8|9}", 9)}}})
	if err != nil {
		t.Fatal(err)
	}
	err = Fit(n, 2500, "one request")
	want := "The template makes 1,000,000,000,000 prompts; at most 2,500 fit into one request. Use mode random with a count, or fewer alternatives."
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Message != want || e.Code != "too_many_jobs" || !errors.Is(err, job.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	for n, refused := range map[int64]bool{2499: false, 2500: false, 2501: true} {
		if err := Fit(big.NewInt(n), 2500, "one request"); (err != nil) != refused {
			t.Errorf("%d: %v", n, err)
		}
	}
	huge := new(big.Int).Exp(big.NewInt(10), big.NewInt(400), nil)
	if err := Fit(huge, 10, "one run"); err == nil || !strings.Contains(err.Error(), "makes at least 10^400 prompts") {
		t.Errorf("got %v", err)
	}
}
