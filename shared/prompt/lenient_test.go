package prompt_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/prompt"
	"easel/shared/template"
)

// The same columns with the same values come to the same requests, whatever the file is made of.
func TestAColumnMeansTheSameInEveryFormat(t *testing.T) {
	want := []string{
		`~{"prompt":"a fox","aspect_ratio":"16:9","seed":42,"style_preset":"anime","metadata":{"size":"1024x1024","tags":"red, small"},"custom_id":"1"}`,
		`~{"prompt":"a hen","strength":0.5,"user":"7","deadline_seconds":60}`,
	}
	for name, file := range map[string]string{
		"commas": "id,prompt,style,tags,size,seed,aspect,strength,user,deadline_seconds,easel_error_code\n" +
			"1,a fox,Anime,\"red, small\",1024x1024,42.0,16x9,,,,x\n,a hen,,,,,,0.5,7,60.0,\n",
		"tabs": "ID\tPrompt\tStyle\ttags\tsize\tSeed\tRatio\tStrength\tUser\tDeadline Seconds\n" +
			"1\ta fox\tANIME\tred, small\t1024x1024\t42\t1920x1080\t\t\t\n\ta hen\t\t\t\t\t\t0,5\t7\t60\n",
		"JSON lines": `{"id":1,"prompt":"a fox","style":"Anime","tags":["red","small"],"size":"1024x1024","seed":42.0,"aspect":"16x9","easel_error_code":"x"}` +
			"\n" + `{"prompt":"a hen","strength":0.5,"user":7,"deadline_seconds":6e1,"id":null,"style":""}`,
		"JSON texts": `{"custom_id":"1","Prompt":"a fox","Style-Preset":"anime","metadata":{"tags":["red","small"],"size":"1024x1024"},"seed":"42","Aspect Ratio":"16:09"}` +
			"\n" + `{"prompt":"a hen","strength":"0,5","user":"7","deadline_seconds":"60"}`,
		"an array": "[\n" + `{"id":"1","prompt":"a fox","style":"anime","tags":"red, small","size":"1024x1024","seed":42,"ratio":"16/9"},` +
			"\n" + `{"prompt":"a hen","strength":0.5,"user":"7","deadline_seconds":60}]`,
		"printed": "{\n \"prompts\": [\n" + `{"id":"1","prompt":"a fox","style":"anime","tags":"red, small","size":"1024x1024","seed":42,"ratio":"16/9"},` +
			"\n" + `{"prompt":"a hen","strength":0.5,"user":"7","deadline_seconds":60}` + "]\n}\n",
		"in a line": `{"model_says":"Here they are","data":[{"id":"1","prompt":"a fox","style":"anime","tags":"red, small","size":"1024x1024","seed":42,"ratio":"16/9"},` +
			`{"prompt":"a hen","strength":0.5,"user":"7","deadline_seconds":60}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, file, prompt.Options{Lenient: true}), want)
		})
	}
}

func TestJSONAsPeopleHaveIt(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		want    []string
	}{
		"an array of texts": {`["a red fox", "a hen"]`, nil, []string{`1 {"prompt":"a red fox"}`, `1 {"prompt":"a hen"}`}},
		"prompts as texts":  {"{\n\"prompts\": [\n\"a red fox\",\n\"a hen in hay\"\n]}", nil, []string{`1 {"prompt":"a red fox"}`, `1 {"prompt":"a hen in hay"}`}},
		"a near miss":       {`{"prompt":"a","negativ_prompt":"b"}`, nil, []string{`line 1: /negativ_prompt: "negativ_prompt" is no member of a row. Did you mean negative_prompt? If it is something else, write it into metadata.`}},
		"a missed prompt":   {`{"promt":"a"}`, nil, []string{`~Did you mean prompt?`}},
		"beside what it is": {`{"prompt":"a","prompts":"b"}`, nil, []string{`1 {"prompt":"a","metadata":{"prompts":"b"}}`}},
		"a member that is said": {`{"text":"a","model":7,"style":"x y"}`, map[string]string{"prompt": "Text", "style_preset": "", "model": ""}, []string{
			`1 {"prompt":"a","metadata":{"model":"7","style":"x y"}}`,
		}},
		"a member that is not": {`{"text":"a"}`, map[string]string{"prompt": "title"}, []string{`1 {"prompt":"","metadata":{"text":"a"}}`, `end: --column prompt=title: no object has such a member. Members found: "text".`}},
		"one that few have":    {"{\"prompt\":\"a\"}\n{\"prompt\":\"b\",\"look\":\"anime\"}", map[string]string{"style_preset": "look"}, []string{`1 {"prompt":"a"}`, `2 {"prompt":"b","style_preset":"anime"}`}},
		"twice":                {`{"prompt":"a","Prompt":"b"}`, nil, []string{`line 1: Members 1 ("prompt") and 2 ("Prompt") could both be prompt. Rename one of them.`}},
		"an alias of another":  {"{\"prompt\":\"a\",\"ratio\":\"7:1\"}", nil, []string{"line 1: /ratio: aspect_ratio is not offered. If the member ratio is something else, say so: --column aspect_ratio= keeps it as metadata."}},
		"the wrong types":      {`{"prompt":["a"]}`, nil, []string{"~line 1: json: cannot unmarshal array"}},
		"metadata of a text":   {`{"prompt":"a","metadata":"b"}`, nil, []string{"~line 1: json: cannot unmarshal string"}},
		"metadata of a report": {`{"prompt":"a","easel_job_id":"b"}`, nil, []string{`1 {"prompt":"a"}`}},
		"rows and one for all": {`{"model":"core","prompts":[{"prompt":"a"}]}`, nil, []string{`~line 1: The object holds a list of rows, and beside it "model" for all of them. Write it into each row, or say it with a flag.`}},
		"an order of words":    {`{"name":"x","prompts":["fox","hen"]}`, nil, []string{`1 {"prompt":"fox"}`, `1 {"prompt":"hen"}`}},
		"an order for ultra":   {`{"prompts":["fox"],"defaults":{"model":"ultra"}}`, nil, []string{`~line 1: The object holds a list of rows, and beside it "defaults" for all of them. Write it into each row, or say it with a flag.`}},
		"a bounded order":      {`{"prompts":["fox"],"max_cost_usd":3}`, nil, []string{`~line 1: The object holds a list of rows, and beside it "max_cost_usd" for all of them. A row cannot hold it: say it with a flag.`}},
		"a list of words":      {`{"tags":["a","b"],"prompt":"c"}`, nil, []string{`1 {"prompt":"c","metadata":{"tags":"a, b"}}`}},
		"an escaped prompt":    {`{"prompt":" \u00e4 \"x\" "}`, nil, []string{`1 {"prompt":"ä \"x\""}`}},
		"a template in braces": {`{"red"|"blue"} car`, nil, []string{`1 {"prompt":"{\"red\"|\"blue\"} car"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Lenient: true, Columns: c.columns}), c.want)
		})
	}
}

// The first line decides, and the name only where that does not tell.
func TestAFileIsTheSameByNameAndWithoutOne(t *testing.T) {
	for file, want := range map[string]struct {
		format    prompt.Format
		separator string
	}{
		"\xff\xfeP\x00r\x00o\x00m\x00p\x00t\x00\t\x00S\x00e\x00e\x00d\x00\r\x00\n\x00a\x00\t\x007\x00": {prompt.CSV, "tab"},
		"prompt,seed\na,7":    {prompt.CSV, ","},
		"Prompt;Seed\na;7":    {prompt.CSV, ";"},
		"prompt\na":           {prompt.CSV, "none"},
		"sep=|\nprompt|a\na|": {prompt.CSV, "|"},
		"{\"prompt\":\"a\"}":  {prompt.NDJSON, ""},
		"[{\"prompt\":\"a\"}": {prompt.NDJSON, ""},
	} {
		for _, name := range []string{"", "a.txt", "a.csv", "a.json", "a.doc"} {
			r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Likely: prompt.FormatOf(name), Decode: strict})
			if err != nil {
				t.Errorf("%q called %q: %v", file, name, err)
				continue
			}
			if got := r.Taken(); got.Format != want.format || got.Separator != want.separator || got.Said {
				t.Errorf("%q called %q is taken for %+v", file, name, got)
			}
		}
	}
	for name, want := range map[string]string{
		"a.txt": `1 {"prompt":"{red|blue} car, seed"}`, "": `1 {"prompt":"{red|blue} car, seed"}`,
		"a.csv": `~end: line 1: No column is called prompt.`, "a.json": `~line 1: The line is not JSON`,
	} {
		expect(t, transcript(t, "{red|blue} car, seed", prompt.Options{Likely: prompt.FormatOf(name)}), []string{want})
	}
	for _, file := range []string{"Title\tShelf\na\tb", "id,title,style,negative\n1,a,b,c"} {
		expect(t, transcript(t, file, prompt.Options{Likely: prompt.Text}), []string{"~it is text: say --file-format text."})
	}
}

func TestOptionsWithoutAnEffectAreRefused(t *testing.T) {
	for want, c := range map[string]struct {
		file string
		o    prompt.Options
	}{
		"--separator is for a CSV, and the file is text":   {"a", prompt.Options{Format: prompt.Text, Comma: ';'}},
		"--separator is for a CSV, and the file is ndjson": {"{}", prompt.Options{Comma: ';'}},
		"no column to name (--column): the file is text":   {"a", prompt.Options{Format: prompt.Text, Columns: map[string]string{"prompt": "a"}}},
		"no column to name (--column): the file is JSON":   {"{}", prompt.Options{Columns: map[string]string{"prompt": "a"}}},
		"--encoding utf-16be has no effect":                {"\xff\xfea\x00", prompt.Options{Lenient: true, Encoding: "utf-16be"}},
		"that it is utf-8. Leave --encoding out.":          {"\xef\xbb\xbfa", prompt.Options{Lenient: true, Encoding: "windows-1252"}},
	} {
		expect(t, transcript(t, c.file, c.o), []string{"~" + want})
	}
	for file, encoding := range map[string]string{"\xff\xfea\x00": "UTF-16", "\xef\xbb\xbfa": "utf8", "\xfe\xff\x00a": "utf-16be"} {
		expect(t, transcript(t, file, prompt.Options{Lenient: true, Encoding: encoding}), []string{`1 {"prompt":"a"}`})
	}
}

func TestValuesSayWhatTheyWereTakenFor(t *testing.T) {
	rows := "a,Anime,16x9,PNG\na,Anime,16:09,png\na,anime,16x9,\n"
	for _, file := range []string{"prompt,style,aspect,format\n" + rows, jsonOf(rows)} {
		r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Lenient: true, Decode: strict})
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		want := []prompt.Reading{
			{Member: "aspect_ratio", From: "16x9", To: "16:9", Rows: 2},
			{Member: "style_preset", From: "Anime", To: "anime", Rows: 2},
			{Member: "output_format", From: "PNG", To: "png", Rows: 1},
			{Member: "aspect_ratio", From: "16:09", To: "16:9", Rows: 1},
		}
		if diff := cmp.Diff(want, r.Readings()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if got := r.Columns(); len(got) != 4 || got[1].Header != "aspect" || got[1].Member != "aspect_ratio" {
			t.Errorf("columns %+v", got)
		}
	}
	expect(t, transcript(t, "prompt,style\na,Anime", prompt.Options{}), []string{`2 {"prompt":"a","style_preset":"Anime"}`})
}

func jsonOf(rows string) string {
	var b strings.Builder
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.TrimSpace(row), ",")
		b.WriteString(`{"prompt":"` + cells[0] + `","style":"` + cells[1] + `","aspect":"` + cells[2] + `","format":"` + cells[3] + "\"}\n")
	}
	return b.String()
}

func TestColumnsMayStandForWhatTheyHold(t *testing.T) {
	r, err := prompt.NewReader(strings.NewReader("prompt,size,ar\na,1,2"), prompt.Options{Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Columns()[1:] {
		if c.Meant != "aspect_ratio" || !c.Metadata {
			t.Errorf("%+v", c)
		}
	}
}

// A template finds what stands beside it in JSON as in a table.
func TestTemplatesFindMembers(t *testing.T) {
	r, err := prompt.NewReader(strings.NewReader(`{"prompt":"a {{Animal}}","animal":"fox"}`), prompt.Options{Lenient: true, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	for made, err := range (template.Expand{}).Open().Rows(row) {
		if err != nil || made.Request.Prompt != "a fox" {
			t.Errorf("got %q, %v", made.Request.Prompt, err)
		}
	}
}
