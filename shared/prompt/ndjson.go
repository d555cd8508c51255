package prompt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"easel/shared/job"
)

// openJSON looks whether objects stand on a line each. What begins with a bracket is an array, and who writes an
// opening brace on a line of its own writes objects over several.
func openJSON(in *lines, first []byte, o Options) source {
	first = bytes.TrimSpace(first)
	line, _, _ := bytes.Cut(first, []byte("\n"))
	if bytes.HasPrefix(line, []byte("[")) || string(bytes.TrimSpace(line)) == "{" {
		return newStream(in, line[0] == '[', o.Decode)
	}
	return &objects{in: in, decode: o.Decode}
}

// objects reads a JSON object a line.
type objects struct {
	in     *lines
	decode func([]byte) (job.Request, error)
}

func (o *objects) next() (Row, error) {
	for {
		line, err := o.in.next()
		if err != nil {
			return Row{}, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if fault := slip(line); fault != nil {
			return Row{}, explain(o.in.n, line, fault)
		}
		request, err := o.decode(line)
		if err != nil {
			return Row{}, refused(o.in.n, err, same)
		}
		return Row{Line: o.in.n, Request: request}, nil
	}
}

// slip finds what keeps a line from being JSON. Decode would find it as well, but tells of a body and its lines.
func slip(line []byte) *json.SyntaxError {
	if json.Valid(line) {
		return nil
	}
	fault, _ := errors.AsType[*json.SyntaxError](json.Unmarshal(line, new(json.RawMessage)))
	return fault
}

func explain(n int, line []byte, fault *json.SyntaxError) error {
	at := min(max(0, int(fault.Offset)-1), len(line))
	said := fault.Error()
	switch {
	case strings.HasPrefix(said, "unexpected end"):
		return bad(n, "The line is not JSON: it ends within an object. One object belongs on each line, with all its brackets and quotes.")
	case strings.Contains(said, "after top-level value"):
		said += " (one object belongs on each line, without a comma behind it)"
	}
	where := utf8.RuneCount(line[:at]) + 1
	return bad(n, "The line is not JSON: %s. Check quotes, commas and brackets there.", job.Found(fmt.Sprintf("character %d: %s", where, said)))
}
