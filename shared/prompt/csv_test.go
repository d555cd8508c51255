package prompt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/prompt"
	"easel/shared/request"
)

func TestCSVAsPeopleHaveIt(t *testing.T) {
	one := []string{`2 {"prompt":"a, b","seed":7}`}
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"commas":                    {"prompt,seed\n\"a, b\",7\n", one},
		"semicolons":                {"prompt;seed\na, b;7\n", one},
		"tabs":                      {"prompt\tseed\na, b\t7\n", one},
		"CR LF":                     {"prompt,seed\r\n\"a, b\",7\r\n", one},
		"CR":                        {"prompt,seed\r\"a, b\",7\r", one},
		"no last line end":          {"prompt,seed\n\"a, b\",7", one},
		"blanks about cells":        {" prompt , seed\n \"a, b\", 7 \n", one},
		"a separator in a header":   {"\"seed\";prompt;\"Size, cm\"\n7;a, b;\n", one},
		"more commas than columns":  {"\"a,b,c\";prompt;seed\n;a, b;7\n", one},
		"a name with commas":        {"Notes, ideas, and so on;Prompt;Seed\n;a, b;7", one},
		"what Excel is told":        {"sep=;\r\nprompt;seed\r\na, b;7\r\n", []string{`3 {"prompt":"a, b","seed":7}`}},
		"what Excel is told quoted": {"\"sep=,\"\nprompt,seed\n\"a, b\",7", []string{`3 {"prompt":"a, b","seed":7}`}},
		"one column":                {"Prompt\na, b; c\n\"d, \"\"e\"\"\"\n", []string{`2 {"prompt":"a, b; c"}`, `3 {"prompt":"d, \"e\""}`}},
		"one quoted column":         {"\"prompt\"\n\"a\"\n", []string{`2 {"prompt":"a"}`}},
		"blanks behind quotes":      {"prompt , seed\n\"a, b\" ,7\n", one},
		"the end of a DOS file":     {"prompt,seed\r\n\"a, b\",7\r\n\x1a", one},
		"the end in the last line":  {"prompt,seed\n\"a, b\",7\x1a\x1a\n\x1a", one},
		"a mark of each file":       {"\ufeffprompt,seed\r\n\"a, b\",7\r\n\ufeffprompt,seed\r\n\ufeff\"c\",8", append(one[:1:1], `4 {"prompt":"c","seed":8}`)},
		"blank lines":               {"\n;;\nprompt;seed\n\n  \n;;;\na, b;7\n\t\n", []string{`7 {"prompt":"a, b","seed":7}`}},
		"line ends in quotes":       {"prompt,seed\n\"a\r\nb\n\nc\",7\n\"d\",8", []string{`2 {"prompt":"a\nb\n\nc","seed":7}`, `6 {"prompt":"d","seed":8}`}},
		"a quote at a line end":     {"prompt,seed\n\"a \"\"b\"\"\nc\",7", []string{`2 {"prompt":"a \"b\"\nc","seed":7}`}},
		"a header of two lines":     {"\"prompt\",\"the\nseed\",seed\na,,7", []string{`3 {"prompt":"a","seed":7}`}},
		"quotes within a cell":      {"prompt,seed\na 6\" nail,7\n", []string{`2 {"prompt":"a 6\" nail","seed":7}`}},
		"cells that are missing":    {"prompt,seed,style\na\nb,8", []string{`2 {"prompt":"a"}`, `3 {"prompt":"b","seed":8}`}},
		"empty cells too many":      {"prompt,seed\na,7,, ,", []string{`2 {"prompt":"a","seed":7}`}},
		"empty cells":               {"prompt,seed,style,aspect_ratio,metadata.x,note\na,, ,,,", []string{`2 {"prompt":"a"}`}},
		"tabs with empty cells":     {"prompt\tstyle\tseed\na\t\t7", []string{`2 {"prompt":"a","seed":7}`}},
		"columns without names":     {",prompt,,\nx,a,y,z", []string{`2 {"prompt":"a"}`}},
		"an emoji":                  {"prompt;custom_id\n🦊 “fox”;🦊-ß", []string{`2 {"prompt":"🦊 “fox”","custom_id":"🦊-ß"}`}},
		"nothing but a header":      {"prompt,seed\r\n", nil},
		"a header without line end": {"prompt", nil},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV}), c.want)
		})
	}
}

func TestSeparatorThatIsSaid(t *testing.T) {
	expect(t, transcript(t, "sep=;\nprompt|a;b,c\nx|1", prompt.Options{Format: prompt.CSV, Comma: '|'}),
		[]string{`3 {"prompt":"x","metadata":{"a;b,c":"1"}}`})
}

func TestCellsBecomeMembers(t *testing.T) {
	for name, c := range map[string]struct{ header, cell, want string }{
		"text":                {"model", "core", `"model":"core"`},
		"a number as text":    {"custom_id", "007", `"custom_id":"007"`},
		"a seed":              {"seed", "4294967295", `"seed":4294967295`},
		"a seed as pandas":    {"seed", "42.0", `"seed":42`},
		"a seed in cents":     {"seed", "42.00", `"seed":42`},
		"a large seed":        {"seed", "4294967295.000", `"seed":4294967295`},
		"a deadline":          {"deadline_seconds", "60", `"deadline_seconds":60`},
		"calls":               {"max_model_calls", "3", `"max_model_calls":3`},
		"a strength":          {"strength", "0.6", `"strength":0.6`},
		"a decimal comma":     {"strength", "0,6", `"strength":0.6`},
		"a bare fraction":     {"strength", ".5", `"strength":0.5`},
		"a ratio":             {"aspect_ratio", "16:9", `"aspect_ratio":"16:9"`},
		"a ratio of words":    {"aspect_ratio", "16:9 ", `"aspect_ratio":"16:9"`},
		"a ratio as time":     {"aspect_ratio", "16:09", `"aspect_ratio":"16:9"`},
		"a ratio with second": {"aspect_ratio", "03:02:00", `"aspect_ratio":"3:2"`},
		"parameters":          {"parameters", `"{""steps"": 30}"`, `"parameters":{"steps":30}`},
		"metadata":            {"metadata.Project", "x", `"metadata":{"Project":"x"}`},
		"metadata in capital": {"METADATA.p", "x", `"metadata":{"p":"x"}`},
		"another column":      {"My Note", "x <b>", `"metadata":{"My Note":"x \u003cb\u003e"}`},
		"the whole metadata":  {"metadata", "x", `"metadata":{"metadata":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := transcript(t, "prompt;"+c.header+"\na;"+c.cell, prompt.Options{Format: prompt.CSV})
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want %s in it", got, c.want)
			}
		})
	}
}

func TestCellsThatMakeNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"a seed":         {"prompt,My Seed,seed\na,,x", []string{`line 2: column seed: seed must be a whole number such as 7; the cell holds "x".`}},
		"a thousand":     {"prompt;seed\na;1.000", []string{`~the cell holds "1.000".`}},
		"a short number": {"prompt;SEED\na;4,29E+09", []string{"~line 2: column SEED: seed must be a whole number such as 7; the cell holds \"4,29E+09\". Spreadsheets shorten"}},
		"a strength":     {"prompt;strength\na;60%", []string{"~column strength: strength must be a number from 0 to 1"}},
		"not a number":   {"prompt;strength\na;NaN", []string{"~column strength: strength must be a number from 0 to 1"}},
		"parameters":     {"prompt;parameters\na;{“steps”: 3}", []string{"~column parameters: parameters must be a JSON object"}},
		"an image":       {"prompt;Image\na;cat.png\nb;", []string{"~line 2: column Image: image cannot stand in a CSV. Send rows with an image as NDJSON", `3 {"prompt":"b"}`}},
		"what the API refuses": {"Prompt,Aspect-Ratio\n\"a\nb\",7:1\nc,1:1", []string{
			"line 2: column Aspect-Ratio: aspect_ratio is not offered.", `4 {"prompt":"c","aspect_ratio":"1:1"}`,
		}},
		"another ratio": {"prompt;aspect_ratio\na;wide", []string{"line 2: column aspect_ratio: aspect_ratio is not offered."}},
		"both": {"prompt,aspect,seed\na,7:1,x", []string{
			`line 2: column seed: seed must be a whole number such as 7; the cell holds "x".; column aspect: aspect_ratio is not offered. If the column aspect is something else, say so: --column aspect_ratio= keeps it as metadata.`,
		}},
		"a cell and the whole": {"prompt,parameters,seed\na,[],x", []string{"~line 2: column seed: seed must"}},
		"too many cells":       {"prompt,seed\na,b,7\nc,8", []string{"~line 2: The row has 3 cells, the header names 2 columns.", `3 {"prompt":"c","seed":8}`}},
		"a quote that closes too early": {"prompt,seed\n\"a\" b,7\nc,8", []string{
			"~line 2: A quote that opens here closes in line 2 in the middle of a cell.", `3 {"prompt":"c","seed":8}`,
		}},
		"a quote that closes in another row": {"prompt,seed\nx,1\n\"a,7\n\"b\",8\nc,9", []string{
			`2 {"prompt":"x","seed":1}`, "~line 3: A quote that opens here closes in line 4 in the middle of a cell.", `5 {"prompt":"c","seed":9}`,
		}},
		"a quote that never ends": {"prompt,seed\na,1\nb\n,\"c\nd,2\n\ne,3\n", []string{
			`2 {"prompt":"a","seed":1}`, `3 {"prompt":"b"}`, "~line 4: A quote opens here that never closes.",
		}},
		"a quote that opens in a later line": {"note,prompt\n\"a\nb\",\"c\nd", []string{"~line 3: A quote opens here that never closes."}},
		"bytes that are not UTF-8": {"prompt,seed\nna\xefve,1\n\"a\nb\xe9\nc\xe9\",2\nd,3", []string{
			"~line 2: The line is not UTF-8: its character 3 is the byte 0xEF.", "~line 4: The line is not UTF-8", `6 {"prompt":"d","seed":3}`,
		}},
		"a zero byte": {"prompt\na\x00b\nc", []string{"~line 2: The line holds a zero byte", `3 {"prompt":"c"}`}},
		"too many columns in a row": {"prompt\tx\na\t" + strings.Repeat("\t", 1000) + "\nb", []string{
			"~line 2: The row has 1002 cells; at most 1000", `3 {"prompt":"b"}`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV}), c.want)
		})
	}
}

func TestCellsAndTheRestAreToldTogether(t *testing.T) {
	refuse := func([]byte) (request.Request, error) { return request.Request{}, errors.New("odd.") }
	expect(t, transcript(t, "prompt,seed\na,x", prompt.Options{Format: prompt.CSV, Decode: refuse}), []string{
		`line 2: column seed: seed must be a whole number such as 7; the cell holds "x".; odd.`,
	})
}

func TestRowHasItsCells(t *testing.T) {
	file := "\xef\xbb\xbf Prompt ;Nr.;;My Note;my note\r\na;1; x ; b \r\nc"
	r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Format: prompt.CSV, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	var rows []prompt.Row
	for {
		row, err := r.Next()
		if err != nil {
			break
		}
		row.Request = request.Request{}
		rows = append(rows, row)
	}
	want := []prompt.Row{
		{Line: 2, Columns: map[string]string{"prompt": "a", "nr.": "1", "my note": "b"}, Cells: []string{"a", "1", " x ", " b ", ""}},
		{Line: 3, Columns: map[string]string{"prompt": "c", "nr.": "", "my note": ""}, Cells: []string{"c", "", "", "", ""}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{" Prompt ", "Nr.", "", "My Note", "my note"}, r.Header()); diff != "" {
		t.Error(diff)
	}
}

func TestMetadataTakesWhatHasRoom(t *testing.T) {
	header, cells := []string{"prompt", "long"}, []string{"a", strings.Repeat("x", 4000)}
	for _, letter := range "abcdefghijklmnopqr" {
		header, cells = append(header, string(letter)), append(cells, "1")
	}
	header, cells = append(header, "metadata.r"), append(cells, "asked")
	file := strings.Join(header, ",") + "\n" + strings.Join(cells, ",") + "\n"
	r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Format: prompt.CSV, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	got := row.Request.Metadata
	if len(got) != request.MaxMetadataPairs || got["r"] != "asked" || len(got["long"]) != 4000 || got["n"] != "1" {
		t.Errorf("metadata is %v", got)
	}
	if diff := cmp.Diff([]string{"o", "p", "q", "r"}, r.Dropped()); diff != "" {
		t.Error(diff)
	}
	if row.Columns["q"] != "1" {
		t.Error("what had no room is not in the columns")
	}
}

func TestMetadataIsBoundedInBytes(t *testing.T) {
	for last, kept := range map[int]bool{94: true, 95: false} {
		file := "prompt,m,n,o\na," + strings.Repeat("x", 4000) + "," + strings.Repeat("y", last) + ",\n"
		got := transcript(t, file, prompt.Options{Format: prompt.CSV})
		if len(got) != 1 || strings.Contains(got[0], "yy") != kept {
			t.Errorf("with %d bytes in all: %d rows, want it kept: %t", 4002+last, len(got), kept)
		}
	}
}

func TestFirstOfTwoColumnsOfANameCounts(t *testing.T) {
	r, err := prompt.NewReader(strings.NewReader("prompt;Note;Note\na;1;2"), prompt.Options{Format: prompt.CSV, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err != nil || row.Columns["note"] != "1" || row.Request.Metadata["Note"] != "1" || len(r.Dropped()) != 1 {
		t.Errorf("%v, dropped %q: %v", row, r.Dropped(), err)
	}
}

// What is too much of it is refused by the core, in words that name the limit.
func TestMetadataThatIsAskedForIsTaken(t *testing.T) {
	header, cells := "prompt", "a"
	for _, letter := range "abcdefghijklmnopqr" {
		header, cells = header+";metadata."+string(letter), cells+";1"
	}
	r, err := prompt.NewReader(strings.NewReader(header+"\n"+cells), prompt.Options{Format: prompt.CSV, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if err != nil || len(row.Request.Metadata) != 18 || r.Dropped() != nil {
		t.Errorf("%d pairs, dropped %q: %v", len(row.Request.Metadata), r.Dropped(), err)
	}
}

func TestPlaceNamesTheColumn(t *testing.T) {
	r, err := prompt.NewReader(strings.NewReader("Title;Aspect Ratio;metadata.a/b;Note\n"), prompt.Options{
		Format: prompt.CSV, Columns: map[string]string{"prompt": "title"}, Decode: strict,
	})
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{
		"/prompt": "column Title", "/aspect_ratio": "column Aspect Ratio", "/metadata/a~1b": "column metadata.a/b",
		"/metadata/Note": "column Note", "/model": "/model", "/metadata": "/metadata", "/metadata/c": "/metadata/c", "": "",
	} {
		if got := r.Place(pointer); got != want {
			t.Errorf("%s is at %q, want %q", pointer, got, want)
		}
	}
}
