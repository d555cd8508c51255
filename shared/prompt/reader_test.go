package prompt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// strict reads an object as the API does: unknown members and ratios are refused.
func strict(line []byte) (request.Request, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var r request.Request
	if err := d.Decode(&r); err != nil {
		return request.Request{}, err
	}
	if !slices.Contains([]string{"", "1:1", "3:2", "16:9"}, r.AspectRatio) {
		return r, &job.Error{Kind: job.ErrInvalid, Message: "not accepted", Fields: []request.FieldError{
			{Pointer: "/aspect_ratio", Line: 1, Detail: "aspect_ratio is not offered."},
		}}
	}
	return r, nil
}

// transcript reads a file to its end and tells a row as its line and its request, and an error as what it says.
func transcript(t *testing.T, file string, o prompt.Options) []string {
	t.Helper()
	return transcriptOf(t, strings.NewReader(file), o)
}

func transcriptOf(t *testing.T, file io.Reader, o prompt.Options) (said []string) {
	t.Helper()
	if o.Decode == nil {
		o.Decode = strict
	}
	r, err := prompt.NewReader(file, o)
	if err != nil {
		return []string{"end: " + err.Error()}
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return said
		}
		if _, on := errors.AsType[*prompt.LineError](err); on {
			said = append(said, err.Error())
			continue
		}
		if err != nil {
			return append(said, "end: "+err.Error())
		}
		request, _ := json.Marshal(row.Request)
		said = append(said, fmt.Sprintf("%d %s", row.Line, request))
	}
}

// expect compares a transcript; what is wanted of an error may be a part of it, after a tilde.
func expect(t *testing.T, got, want []string) {
	t.Helper()
	fits := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		part, loose := strings.CutPrefix(want[i], "~")
		fits = fits && (got[i] == want[i] || loose && strings.Contains(got[i], part))
	}
	if !fits {
		t.Errorf("(-want +got)\n%s", cmp.Diff(want, got))
	}
}

func TestFormatIsToldByName(t *testing.T) {
	for name, want := range map[string]prompt.Format{
		"prompts.csv": prompt.CSV, `C:\Users\Zoë\Meine Bilder 🎨.CSV`: prompt.CSV, "a.tsv": prompt.CSV,
		"a.ndjson": prompt.NDJSON, "a.jsonl": prompt.NDJSON, "a.JSON": prompt.NDJSON, "/tmp/a.b/list.txt": prompt.Text,
		"-": "", "": "", "prompts": "", "a.csv/prompts": "", `a.csv\prompts`: "", "a.xlsx": "",
	} {
		if got := prompt.FormatOf(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestFormatIsToldByTheFirstLine(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		want    []string
	}{
		"objects":               {"\n{ \"prompt\": \"a\"}", nil, []string{`2 {"prompt":"a"}`}},
		"an array":              {"[ {\"prompt\": \"a\"}]", nil, []string{`1 {"prompt":"a"}`}},
		"a header":              {"Style,Prompt\ncomic,a", nil, []string{`2 {"prompt":"a","style_preset":"comic"}`}},
		"a header of one":       {"PROMPT\na", nil, []string{`2 {"prompt":"a"}`}},
		"a report":              {"Bild;easel_error_code\na fox;x", nil, []string{`~end: line 1: No column is called prompt. Columns found: "Bild".`}},
		"a separator":           {"sep=|\nprompt|seed\na|1", nil, []string{`3 {"prompt":"a","seed":1}`}},
		"a column that is said": {"Title\na", map[string]string{"prompt": "Title"}, []string{`2 {"prompt":"a"}`}},
		"a column that is not":  {"Title\na", map[string]string{"prompt": "Titel"}, []string{"~there is no such column"}},
		"alternatives":          {"{red|blue} car\n[a] b", nil, []string{`1 {"prompt":"{red|blue} car"}`, `2 {"prompt":"[a] b"}`}},
		"words":                 {"a prompt, and more\n", nil, []string{`1 {"prompt":"a prompt, and more"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Columns: c.columns}), c.want)
		})
	}
}

func TestTextIsAPromptALine(t *testing.T) {
	file := "# not a comment\r\n\r\n  a fox \t\r  \n\"quoted\", 🦊"
	expect(t, transcript(t, file, prompt.Options{Format: prompt.Text}), []string{
		`1 {"prompt":"# not a comment"}`, `3 {"prompt":"a fox"}`, `5 {"prompt":"\"quoted\", 🦊"}`,
	})
}

func TestADOSFileEndsAtItsEnd(t *testing.T) {
	for file, want := range map[string][]string{
		"a fox\r\na hen\r\n\x1a":                 {`1 {"prompt":"a fox"}`, `2 {"prompt":"a hen"}`},
		"a fox\x1a\x1a\n":                        {`1 {"prompt":"a fox"}`},
		"a\x1ab\nc\x1a":                          {`1 {"prompt":"a\u001ab"}`, `2 {"prompt":"c"}`},
		"{\"prompt\":\"a\"}\n\x1a":               {`1 {"prompt":"a"}`},
		"[{\"prompt\":\"a\"}]\x1a":               {`1 {"prompt":"a"}`},
		"{\n\"prompt\":\"a\"\n}\x1a\r\n":         {`1 {"prompt":"a"}`},
		"\x1a":                                   {"~end: The file is empty."},
		"a fox\n" + strings.Repeat("\x1a", 1000): {`1 {"prompt":"a fox"}`},
	} {
		expect(t, transcript(t, file, prompt.Options{}), want)
		expect(t, transcriptOf(t, iotest.OneByteReader(strings.NewReader(file)), prompt.Options{}), want)
	}
}

func TestTextHasNoColumns(t *testing.T) {
	refuse := func([]byte) (request.Request, error) {
		return request.Request{}, &job.Error{Fields: []request.FieldError{{Pointer: "/prompt", Detail: "too long."}}}
	}
	expect(t, transcript(t, "\na", prompt.Options{Format: prompt.Text, Decode: refuse}), []string{"line 2: /prompt: too long."})
	r, err := prompt.NewReader(strings.NewReader("a"), prompt.Options{Format: prompt.Text, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	if r.Header() != nil || r.Dropped() != nil || r.Place("/prompt") != "/prompt" {
		t.Errorf("header %q, dropped %q, the prompt is at %q", r.Header(), r.Dropped(), r.Place("/prompt"))
	}
}

func TestEmptyFileSaysSo(t *testing.T) {
	for _, file := range []string{"", "\n\n \r\n", "\xef\xbb\xbf", "\xff\xfe", "\xff\xfe\n\x00"} {
		for _, format := range []prompt.Format{"", prompt.CSV, prompt.NDJSON, prompt.Text} {
			expect(t, transcript(t, file, prompt.Options{Format: format}), []string{"~end: The file is empty."})
		}
	}
}

func TestOptionsThatCannotBeMet(t *testing.T) {
	if _, err := prompt.NewReader(strings.NewReader("a"), prompt.Options{}); err == nil {
		t.Error("a reader without Decode")
	}
	for want, o := range map[string]prompt.Options{
		`end: There is no format "xml"`:    {Format: "xml"},
		`end: There is no encoding "utf9"`: {Encoding: "utf9"},
		`cannot separate`:                  {Format: prompt.CSV, Comma: '"'},
	} {
		expect(t, transcript(t, "prompt\na", o), []string{"~" + want})
	}
}

// What the core and the API say of a row reaches the reader of the file with its line; the line within the object does
// not.
func TestErrorsOfDecodeNameTheLine(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want prompt.LineError
	}{
		"the core's": {
			&job.Error{Message: "no", Fields: []request.FieldError{{Pointer: "/seed", Line: 1, Detail: "bad seed."}}},
			prompt.LineError{Line: 2, Detail: "no", Fields: []request.FieldError{{Pointer: "/seed", Line: 2, Detail: "bad seed."}}},
		},
		"the API's":     {problem{}, prompt.LineError{Line: 2, Detail: "problem", Fields: []request.FieldError{{Pointer: "/model", Line: 2, Detail: "bad model."}}}},
		"anybody's":     {errors.New("odd"), prompt.LineError{Line: 2, Detail: "odd"}},
		"one wrapped":   {fmt.Errorf("x: %w", problem{}), prompt.LineError{Line: 2, Detail: "x: problem", Fields: []request.FieldError{{Pointer: "/model", Line: 2, Detail: "bad model."}}}},
		"without words": {&job.Error{Message: "no"}, prompt.LineError{Line: 2, Detail: "no"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := prompt.NewReader(strings.NewReader("\n{}"), prompt.Options{
				Decode: func([]byte) (request.Request, error) { return request.Request{}, c.err },
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Next()
			got, ok := errors.AsType[*prompt.LineError](err)
			if !ok {
				t.Fatalf("%v is no LineError", err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type problem struct{}

func (problem) Error() string { return "problem" }

func (problem) LineFields() []request.FieldError {
	return []request.FieldError{{Pointer: "/model", Line: 1, Detail: "bad model."}}
}

// The reader of a body has to tell a connection that broke off from a file that is wrong.
func TestErrorsOfReadingComeThrough(t *testing.T) {
	lost := errors.New("connection lost")
	for name, file := range map[string]string{
		"at once": "", "in a line": "a fox", "in text": "a fox\na hen\na", "in a CSV": "prompt\na fox\na",
		"in a quote": "prompt\n\"a", "in NDJSON": "{\"prompt\":\"a\"}\n{", "in an array": "[{\"prompt\":\"a\"},\n{", "between objects": "[\n{\"prompt\":\"a\"}", "in UTF-16": "\xff\xfea\x00\n\x00b\x00",
	} {
		t.Run(name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(file), &once{lost})
			r, err := prompt.NewReader(in, prompt.Options{Decode: strict})
			for err == nil {
				_, err = r.Next()
			}
			if !errors.Is(err, lost) {
				t.Errorf("%v does not wrap the error of the reader", err)
			}
			if r == nil {
				return
			}
			if _, again := r.Next(); !errors.Is(again, lost) {
				t.Errorf("the error does not come again, but %v", again)
			}
		})
	}
}

// once fails once and then is at its end, as some readers do.
type once struct{ err error }

func (o *once) Read([]byte) (int, error) {
	err := o.err
	o.err = io.EOF
	return 0, err
}

func TestReadingIsTheSameInSmallPieces(t *testing.T) {
	file := "\xef\xbb\xbfprompt;seed\r\n\"a\r\nb\";1\r\n\r\nc;2\r"
	in := iotest.OneByteReader(strings.NewReader(file))
	r, err := prompt.NewReader(in, prompt.Options{Format: prompt.CSV, Decode: strict})
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for {
		row, err := r.Next()
		if err != nil {
			break
		}
		lines = append(lines, row.Line)
	}
	if diff := cmp.Diff([]int{2, 5}, lines); diff != "" {
		t.Error(diff)
	}
}
