package bulk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bulk"
	"easel/shared/prompt"
	"easel/shared/template"
)

func TestThePlanSaysWhatMayBeAMistake(t *testing.T) {
	const (
		comment = "1 row begins with # (the first in line 2), which starts no comment in a file of prompts: it is sent as words."
		braces  = "Rows hold braces with | (the first in line 2): they are sent as they are; --template reads them as templates."
		options = "2 rows hold options of other programs (the first in line 2): --ar, -S; sent as words. --read-options reads them."
		lists   = "1 row begins with the number or bullet of a list (the first in line 1); sent as words. --read-options takes them off."
		model   = "--model has no effect: every row says its own."
		repeats = "16 of the 20 rows repeat others: --random takes a text as often as it comes up. Without --random each is made once."
	)
	h := startServer(t, t.TempDir(), nil)
	templates := "a fox\na {red|blue} {fox|hare}\na {owl|toad}\n"
	for name, c := range map[string]struct {
		file   string
		expand *template.Expand
		want   []string
	}{
		"a comment":             {"\n# animals\na fox\n", nil, []string{comment}},
		"a number sign":         {"#1 of foxes\n# animals\n", nil, []string{comment}},
		"comments further down": {"a fox\n# animals\na hen\n# places\n", nil, []string{"2 rows begin with # (the first in line 2), which starts no comment in a file of prompts: it is sent as words."}},
		"a CSV":                 {"prompt\n# animals\n", nil, nil},
		"braces":                {templates, nil, []string{braces}},
		"braces in runs":        {templates, &template.Expand{Plain: true, Runs: 2}, []string{braces}},
		"braces of a template":  {templates, &template.Expand{}, nil},
		"braces of another":     {"a {fox} | a hare\n{\"a\"}\n", nil, nil},
		"other programs":        {"1. an owl\na fox --ar 16:9\na hare -S7\n", nil, []string{options, lists}},
		"rows that say all":     {"prompt,model\na fox,core\n", nil, []string{model}},
		"rows that say little":  {"prompt,model\na fox,core\na hare,\n", nil, nil},
		"few texts":             {"{red|blue} {fox|hare}\n", &template.Expand{Mode: template.ModeRandom, Picks: 20}, []string{repeats}},
	} {
		t.Run(name, func(t *testing.T) {
			o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: c.file, expand: c.expand, change: func(r *bulk.Run) {
				r.DryRun = true
				if strings.HasPrefix(c.file, "prompt,model") {
					r.Source.Defaults.Model = "core"
				}
			}}
			_, plan, done, err := o.plan(t)
			defer done()
			if diff := cmp.Diff(c.want, plan.Hints); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

// A file without rows, and a column that is nearly called like a member, are told with what to do, and nothing is sent.
func TestAFileThatIsMisreadIsRefused(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	modell := "nothing was sent: the column Modell of prompts.csv is nearly called model, and no picture would be made as it says. " +
		"Read it with --column model=Modell, or keep it as metadata with --column model="
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		expand  *template.Expand
		want    string
	}{
		"a header alone":     {"prompt,model\n", nil, nil, "prompts.csv has no rows, so there is nothing to make: write one for each picture, in a table below its header"},
		"a near miss":        {"prompt,Modell\na fox,ultra\n", nil, nil, modell},
		"of a template":      {"prompt,Modell\na {red|blue} fox,ultra\n", nil, &template.Expand{}, modell},
		"that it names":      {"prompt,Modell\na {{ modell }},fox\n", nil, &template.Expand{}, "<nil>"},
		"that a list names":  {"prompt,Modell\na __x__,fox\n", nil, &template.Expand{Lists: template.Lists{"x": {"{{Modell}}"}}}, "<nil>"},
		"that was read":      {"prompt,Modell\na fox,ultra\n", map[string]string{"model": "Modell"}, nil, "<nil>"},
		"that was kept":      {"prompt,Modell\na fox,T\n", map[string]string{"model": ""}, nil, "<nil>"},
		"another name":       {"prompt,size\na fox,big\n", nil, nil, "<nil>"},
		"that holds nothing": {"prompt,Modell\na fox,\nan owl, \n", nil, nil, "<nil>"},
		"that one row fills": {"prompt,Modell\na fox,\nan owl,ultra\n", nil, nil, modell},
		"that a flag names":  {"prompt,Modell\na fox,fog\n", nil, &template.Expand{}, "<nil>"},
		"an image": {"prompt,Images\na fox,fox.png\n", nil, nil, "nothing was sent: the column Images of prompts.csv is nearly called image, and no picture would be made as it says. " +
			"An image cannot stand in a CSV: send rows with one as NDJSON, the image in base64, or keep it as metadata with --column image="},
	} {
		o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: c.file, expand: c.expand, change: func(r *bulk.Run) {
			r.DryRun, r.Source.Options.Columns = true, c.columns
			if name == "that a flag names" {
				r.Source.Defaults.NegativePrompt = "{{Modell}}"
			}
		}}
		_, _, done, err := o.plan(t)
		done()
		if text := fmt.Sprint(err); text != c.want {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

func TestFaultsNameTheColumnOrTheMember(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	for name, c := range map[string]struct {
		file string
		want prompt.Fault
		said string
	}{
		"a column":            {"prompt,Modell,Format\na fox,core,A4\n", prompt.Fault{Lines: []int{2}, Rows: 1, Column: "Format", Found: []string{`"A4"`}}, "line 2, column Format: "},
		"a member":            {"{\"prompt\":\"a fox\",\"output_format\":\"A4\"}\n", prompt.Fault{Lines: []int{1}, Rows: 1, Member: "output_format", Found: []string{`"A4"`}}, "line 1, output_format: "},
		"none of the columns": {"prompt\na fox\n", prompt.Fault{Lines: []int{2}, Rows: 1, Member: "model", Found: []string{`"dalle"`}}, "line 2, model: "},
	} {
		_, _, err := testRun{url: h.url, name: "s", dir: t.TempDir(), file: c.file, change: func(r *bulk.Run) {
			if c.want.Member == "model" {
				r.Source.Defaults.Model = "dalle"
			}
		}}.do(t.Context(), t)
		faults, ok := errors.AsType[*bulk.FaultsError](err)
		if !ok || len(faults.Kinds) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.want.Detail = faults.Kinds[0].Detail
		if diff := cmp.Diff(&c.want, faults.Kinds[0]); diff != "" || !strings.Contains(err.Error(), c.said) {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
		if doubt := strings.Contains(err.Error(), "--column output_format="); doubt != (name == "a column") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
