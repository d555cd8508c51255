package prompt

import (
	"bufio"
	"bytes"
	"path"
	"strings"
)

// Format is what a file is made of.
type Format string

// The formats of a file.
const (
	// CSV has a header and rows, separated by comma, semicolon or tab.
	CSV Format = "csv"
	// NDJSON has a JSON object on each line. A file that is one JSON array of objects, or objects over several lines,
	// is read as well; there a mistake in the JSON ends the reading, since nothing tells where the next object begins.
	NDJSON Format = "ndjson"
	// Text has a prompt on each line. There are no comments: a line that begins with # is a prompt.
	Text Format = "text"
)

// FormatOf tells the format by a file's name, and nothing where the name does not say.
func FormatOf(name string) Format {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv":
		return CSV
	case ".ndjson", ".jsonl", ".json":
		return NDJSON
	case ".txt":
		return Text
	}
	return ""
}

// guess tells the format by the beginning of a file. A brace alone does not make it JSON: prompts begin with
// alternatives in braces.
func guess(first []byte, o Options) Format {
	first = bytes.TrimSpace(first)
	if begins(first, '{', `"}`) || begins(first, '[', "{]") {
		return NDJSON
	}
	line, _, _ := bytes.Cut(first, []byte("\n"))
	if _, said := announced(string(line)); said || len(o.Columns) > 0 || wanted(string(line), o) {
		return CSV
	}
	return Text
}

// begins reports whether the text has a bracket at its beginning and one of the others behind it, or nothing yet.
func begins(text []byte, bracket byte, then string) bool {
	if len(text) == 0 || text[0] != bracket {
		return false
	}
	rest := bytes.TrimSpace(text[1:])
	return len(rest) == 0 || strings.IndexByte(then, rest[0]) >= 0
}

// head returns the beginning of a file to its first line that is not blank, without taking it away. It asks for no more
// than it needs: somebody may be typing.
func head(r *bufio.Reader) ([]byte, error) {
	for most := 1; ; most = r.Buffered() + 1 {
		if _, err := r.Peek(most); err != nil {
			text, _ := r.Peek(r.Buffered())
			return text, err
		}
		text, _ := r.Peek(r.Buffered())
		if bytes.IndexByte(bytes.TrimLeft(text, " \t\n"), '\n') >= 0 {
			return text, nil
		}
	}
}
