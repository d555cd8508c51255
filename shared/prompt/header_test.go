package prompt_test

import (
	"strings"
	"testing"

	"easel/shared/prompt"
)

func TestHeaderNamesMembers(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		want    string
	}{
		"spaces":          {"PROMPT;Aspect Ratio;Custom ID\na;3:2;x", nil, `{"prompt":"a","aspect_ratio":"3:2","custom_id":"x"}`},
		"hyphens":         {"prompt;aspect-ratio;custom-id\na;3:2;x", nil, `{"prompt":"a","aspect_ratio":"3:2","custom_id":"x"}`},
		"capitals":        {"Prompt;aspectRatio;stylePreset\na;3:2;x", nil, `{"prompt":"a","aspect_ratio":"3:2","style_preset":"x"}`},
		"aliases":         {"id;prompt;negative;ratio;style;format\n1;a;b;3:2;c;png", nil, `{"prompt":"a","negative_prompt":"b","aspect_ratio":"3:2","style_preset":"c","output_format":"png","custom_id":"1"}`},
		"a proper name":   {"id;prompt;custom_id\n1;a;x", nil, `{"prompt":"a","metadata":{"id":"1"},"custom_id":"x"}`},
		"two aliases":     {"prompt;ratio;aspect\na;1:1;3:2", nil, `{"prompt":"a","aspect_ratio":"3:2","metadata":{"ratio":"1:1"}}`},
		"said":            {"Title;prompt\na;b", map[string]string{"prompt": "Title"}, `{"prompt":"a","metadata":{"prompt":"b"}}`},
		"said roughly":    {"My Title;x\na;b", map[string]string{"Prompt": "my_title"}, `{"prompt":"a","metadata":{"x":"b"}}`},
		"said exactly":    {"my title;My-Title\na;b", map[string]string{"prompt": "my-title"}, `{"prompt":"b","metadata":{"my title":"a"}}`},
		"said by alias":   {"prompt;Stil\na;b", map[string]string{"style": "Stil"}, `{"prompt":"a","style_preset":"b"}`},
		"said twice":      {"Title\na", map[string]string{"prompt": "Title", "custom_id": "Title"}, `{"prompt":"a","custom_id":"a"}`},
		"said of a name":  {"style;x\na;b", map[string]string{"prompt": "style"}, `{"prompt":"a","metadata":{"x":"b"}}`},
		"said to be none": {"prompt;image;id\na;b;c", map[string]string{"image": "", "custom_id": ""}, `{"prompt":"a","metadata":{"id":"c","image":"b"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV, Columns: c.columns}), []string{"2 " + c.want})
		})
	}
}

func TestHeaderThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		want    string
	}{
		"no prompt": {
			"\n\nNr;Title;Style\n1;a;b", nil,
			`end: line 3: No column is called prompt. Columns found: "Nr", "Title", "Style". Say which one holds the prompts: --column prompt=Title.`,
		},
		"no prompt and nothing below": {"id,What to draw,x\n", nil, `~: --column prompt=COLUMN.`},
		"no prompt but long texts": {
			"Nr;Regal;Was zu sehen ist;Link\n1;A3;ein Fuchs im Schnee;https://example.com/a/very/long/address\n2;Keller;ein Hase;\n", nil, `~: --column "prompt=Was zu sehen ist".`,
		},
		"no prompt and no texts":     {"Nr;Shelf\n1;A3\n2;B4\n", nil, `~: --column prompt=COLUMN.`},
		"a misspelt prompt":          {"title;promt\na fox;b\n", nil, `~: --column prompt=promt.`},
		"separators in quotes":       {"\"a;b;c\",Title\n", nil, `~Columns found: "a;b;c", "Title".`},
		"no header":                  {"a cat on a mat\na dog", nil, `~Columns found: "a cat on a mat". Say which`},
		"no header in one column":    {"a cat on a mat\na dog", nil, `~it is text: call it .txt.`},
		"a prompt that is said away": {"prompt", map[string]string{"prompt": ""}, `~end: line 1: No column is called prompt.`},
		"a column that is not there": {
			"prompt,Title\n",
			map[string]string{"prompt": "Titel"},
			`end: line 1: --column prompt=Titel: there is no such column. Columns found: "prompt", "Title".`,
		},
		"a member that is not there": {"prompt\n", map[string]string{"promt": "prompt"}, `~end: --column promt=prompt: a request has no member "promt". Use one of: prompt, model,`},
		"a member, nearly":           {"prompt\n", map[string]string{"promt": "prompt"}, `~embed. Did you mean prompt?`},
		"two columns for a member":   {"Aspect Ratio,prompt,aspect-ratio\n", nil, `~end: line 1: Columns 1 ("Aspect Ratio") and 3 ("aspect-ratio") could both be aspect_ratio.`},
		"two columns for an alias":   {"id,prompt,ID\n", nil, `~Columns 1 ("id") and 3 ("ID") could both be custom_id.`},
		"a long name":                {strings.Repeat("x", 100), nil, "~found: \"" + strings.Repeat("x", 60) + "…\"."},
		"a separator alone":          {"sep=;\n\n", nil, "~The file has no header."},
		"a separator that is none":   {"sep=\"\nprompt", nil, "~end: line 1: No column is called prompt."},
		"nothing but separators":     {";;;\n;;\n", nil, "~end: line 2: The file has no header."},
		"another encoding":           {"Pr\xe9nom,prompt\n", nil, "~end: line 1: The line is not UTF-8: its character 3 is the byte 0xE9. Spreadsheets on Windows often write another encoding: --encoding windows-1252."},
		"an open quote":              {"\"prompt\na\nb", nil, "~end: line 1: A quote opens here that never closes."},
		"too many columns":           {"prompt" + strings.Repeat(",x", 1000), nil, "~end: line 1: The row has 1001 cells; at most 1000 are read."},
		"many columns":               {strings.Repeat("x,", 30), nil, `~"x", and 11 more. Say`},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV, Columns: c.columns}), []string{c.want})
		})
	}
}
