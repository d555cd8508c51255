package prompt

import (
	"bufio"
	"bytes"
	"cmp"
	"path"
	"regexp"
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

// told says what a file is by its first line, and by its name only where that does not tell.
func told(first []byte, o Options) Format {
	first = bytes.TrimSpace(first)
	if n := bytes.LastIndexByte(first, '\n'); n > 0 {
		first = first[:n] // what has been read of the last line may be a part of it
	}
	return cmp.Or(guess(first, o), o.Likely, Text)
}

// guess tells the format by the beginning of a file, or nothing. Columns or a separator that are named make it a CSV.
func guess(first []byte, o Options) Format {
	begins := opening
	if o.Lenient {
		begins = opened
	}
	if begins.Match(first) {
		return NDJSON
	}
	text, _, _ := strings.Cut(string(first), "\n")
	_, said := announced(text)
	switch {
	case o.Likely == NDJSON && strings.HasPrefix(text, "{"):
		return NDJSON
	case said, len(o.Columns) > 0, o.Comma != 0, wanted(text, o), tabular(text):
		return CSV
	}
	return ""
}

// How JSON begins. A bracket alone does not make it so: prompts begin with alternatives in braces, and these with quotes.
var (
	// opening begins an object with its first name, or an array of objects, as far as there is more than a bracket.
	opening = regexp.MustCompile(`^(?:\[\s*)?\{\s*(?:$|\}|"(?:[^"\\]|\\.)*"\s*[:"])|^\[\s*(?:\]|$)`)
	// opened begins an array of texts as well.
	opened = regexp.MustCompile(opening.String() + `|^\[\s*"(?:[^"\\]|\\.)*"\s*(?:[,\]]|$)`)
)

// tabular reports whether a line is the header of a table though no column is called prompt: no prompt holds a tab, and
// none is made of the names of members.
func tabular(line string) bool {
	if strings.Contains(strings.TrimSpace(line), "\t") {
		return true
	}
	for _, sep := range separators {
		known := 0
		for _, name := range apart(line, sep) {
			if called(name) != "" {
				known++
			}
		}
		if known > 1 {
			return true
		}
	}
	return false
}

// head returns the beginning of a file to its first line that is not blank, without taking it away. It asks for no more
// than it needs: a person may be typing the file.
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
