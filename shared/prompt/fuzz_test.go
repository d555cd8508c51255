package prompt_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"easel/shared/prompt"
	"easel/shared/request"
)

// Whatever a file holds, it is read to an end; a row is on a line of the file, behind that of the row before, and what
// was taken from it is text.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"prompt;seed\r\na, b;7\r\n", "\xef\xbb\xbfPrompt,id\n\"a\n\"\"b\",1\n", "sep=|\nprompt|x\na|b", "prompt\n\"a", "prompt\tstrength\na\t0,5",
		"{\"prompt\":\"a\"}\n{\"prompt\"\n", "[{\"prompt\":\"a\"},\n{}]", "{\n\"prompt\":\"a\"}{}", "a\n# b\n\xe9", "\xff\xfep\x00\n\x00", "PK\x03\x04", ";;\n\nprompt;metadata.a;a;a;\n1;2;3;4;5;;",
	} {
		for choice := range uint8(5) {
			f.Add(seed, choice)
		}
	}
	formats := []prompt.Format{"", prompt.CSV, prompt.NDJSON, prompt.Text, prompt.CSV}
	f.Fuzz(func(t *testing.T, file string, choice uint8) {
		o := prompt.Options{Format: formats[choice%5], Decode: strict}
		if choice >= 128 {
			o.Encoding, o.Lookup = "shift_jis", htmlindex.Get
		}
		if choice%5 == 4 {
			o.Columns = map[string]string{"prompt": "a"}
		}
		r, err := prompt.NewReader(strings.NewReader(file), o)
		if err != nil {
			return
		}
		most := 1 + strings.Count(file, "\n") + strings.Count(file, "\r") + strings.Count(file, "\x0a\x00") + strings.Count(file, "\x0d\x00")
		last := 0
		for range len(file) + 1 {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if e, on := errors.AsType[*prompt.LineError](err); on {
				inside(t, e.Line, 1, most)
				continue
			}
			if _, told := errors.AsType[*prompt.FileError](err); told {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			inside(t, row.Line, last, most)
			last = row.Line
			sound(t, row.Request, len(r.Header()), row)
		}
		t.Fatal("there are more rows than bytes")
	})
}

func inside(t *testing.T, line, least, most int) {
	t.Helper()
	if line < max(1, least) || line > most {
		t.Fatalf("line %d, want %d to %d", line, max(1, least), most)
	}
}

func sound(t *testing.T, r request.Request, columns int, row prompt.Row) {
	t.Helper()
	if !utf8.ValidString(r.Prompt) || len(row.Cells) != columns {
		t.Fatalf("%q, %d cells under %d columns", r.Prompt, len(row.Cells), columns)
	}
}
