package prompt_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"easel/shared/prompt"
	"easel/shared/request"
)

// generated is a file of many lines that is nowhere.
type generated struct {
	head, tail string
	line       func(n int) string
	lines, n   int
	rest       string
}

func (g *generated) Read(p []byte) (int, error) {
	for g.rest == "" {
		switch g.n++; {
		case g.n == 1:
			g.rest = g.head
		case g.n <= g.lines+1:
			g.rest = g.line(g.n - 1)
		case g.n == g.lines+2:
			g.rest = g.tail
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The file has 200,000 lines and some 20 MB; what is held of it stays below one.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const lines = 200_000
	words := strings.Repeat("word ", 16)
	for name, c := range map[string]struct {
		file   generated
		format prompt.Format
	}{
		"csv":    {generated{head: "prompt;id;note\r\n", line: func(n int) string { return fmt.Sprintf("\"%s%d\";%d;x\r\n", words, n, n) }}, prompt.CSV},
		"ndjson": {generated{line: func(n int) string { return fmt.Sprintf("{\"prompt\":\"%s%d\"}\n", words, n) }}, prompt.NDJSON},
		"array":  {generated{head: "[{}", tail: "\n]\n", line: func(n int) string { return fmt.Sprintf(",\n{\"prompt\":\"%s%d\"}", words, n) }}, prompt.NDJSON},
		"text":   {generated{line: func(n int) string { return fmt.Sprintf("%s%d\n", words, n) }}, prompt.Text},
	} {
		t.Run(name, func(t *testing.T) {
			c.file.lines = lines
			before := live()
			r, err := prompt.NewReader(&c.file, prompt.Options{Format: c.format, Decode: func([]byte) (request.Request, error) { return request.Request{}, nil }})
			if err != nil {
				t.Fatal(err)
			}
			for n := 0; ; n++ {
				row, err := r.Next()
				if errors.Is(err, io.EOF) {
					if n < lines {
						t.Errorf("%d rows of %d", n, lines)
					}
					return
				}
				if err != nil || row.Line < n {
					t.Fatalf("row %d is on line %d: %v", n, row.Line, err)
				}
				if n%50_000 == 0 {
					if now := live(); now > before+1<<20 {
						t.Fatalf("after %d rows %d bytes are held", n, now-before)
					}
				}
			}
		})
	}
}

// What does not end is given up soon, and what is merely too long is passed over.
func TestRowsAreBounded(t *testing.T) {
	const long = prompt.MaxRecord
	chunk := strings.Repeat("x", 1<<10)
	for name, c := range map[string]struct {
		head, tail string
		line       string
		format     prompt.Format
		want       []string
	}{
		"a line of text":   {"a\n", "\nb", chunk, prompt.Text, []string{`1 {"prompt":"a"}`, "~line 2: The line has more than", `3 {"prompt":"b"}`}},
		"a line of NDJSON": {"{\"prompt\":\"", "\"}\n{\"prompt\":\"b\"}", chunk, prompt.NDJSON, []string{"~line 1: The line has more than", `2 {"prompt":"b"}`}},
		"a row of a CSV":   {"prompt\n", "\nb", chunk, prompt.CSV, []string{"~line 2: The line has more than", `3 {"prompt":"b"}`}},
		"an open quote":    {"prompt,seed\na,1\n\n\"", "", chunk + "\n", prompt.CSV, []string{`2 {"prompt":"a","seed":1}`, "~end: line 4: A quote opens here that does not close within"}},
		"a quoted line":    {"prompt\n\"", "\"\nb", chunk, prompt.CSV, []string{"~end: line 2: A quote opens here that does not close within"}},
		"an object":        {"[\n\n{\"prompt\":\"", "\"}]", chunk, prompt.NDJSON, []string{"~end: line 3: What begins here has more than"}},
		"blanks":           {"[{\"prompt\":\"a\"}", ",\n{\"prompt\":\"b\"}\n]", strings.Repeat(" ", 1023) + "\n", prompt.NDJSON, []string{`1 {"prompt":"a"}`, `8194 {"prompt":"b"}`}},
		"blanks behind":    {"[]", "7", strings.Repeat(" ", 1<<10), prompt.NDJSON, []string{"~end: line 1: Something follows the end"}},
		"blanks of values": {"{\n\"prompt\":\"a\"}", "", strings.Repeat(" ", 1<<10), prompt.NDJSON, []string{`1 {"prompt":"a"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			file := &generated{head: c.head, tail: c.tail, line: func(int) string { return c.line }, lines: 8 << 10}
			expect(t, transcriptOf(t, file, prompt.Options{Format: c.format}), c.want)
			if read := file.n << 10; c.tail == "" && read > 2*long {
				t.Errorf("%d bytes were read", read)
			}
		})
	}
}

func TestRowAtTheBoundIsRead(t *testing.T) {
	const around = len(`{"prompt":""}`)
	for _, c := range []struct {
		extra int
		want  string
	}{{0, "1 {"}, {1, "~line 1: The line has more than"}} {
		file := `{"prompt":"` + strings.Repeat("x", prompt.MaxRecord-around-1+c.extra) + "\"}\n"
		got := transcript(t, file, prompt.Options{})
		got[0] = got[0][:min(len(got[0]), 60)]
		if c.extra == 0 {
			got[0] = got[0][:3]
		}
		expect(t, got, []string{c.want})
	}
}
