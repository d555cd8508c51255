package prompt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"easel/shared/request"
)

// jsonValues yields one JSON value of a file after the other, and the line where it begins.
type jsonValues interface {
	next() (value []byte, line int, err error)
}

// openJSON looks whether objects stand on a line each. What begins with a bracket is an array, and who writes an
// opening brace on a line of its own writes objects over several.
func openJSON(in *lines, first []byte, b *binder, o Options) source {
	first = bytes.TrimSpace(first)
	line, _, _ := bytes.Cut(first, []byte("\n"))
	line = bytes.TrimSpace(line)
	var all jsonValues = &lined{in}
	if bytes.HasPrefix(line, []byte("[")) || string(line) == "{" || o.Lenient && wrapping.Match(line) {
		all = newStream(in, line[0] == '[')
	}
	return &objects{values: all, binder: b, given: o.Columns}
}

// lined reads a JSON value a line.
type lined struct{ in *lines }

func (l *lined) next() ([]byte, int, error) {
	line, err := l.in.filled()
	if err != nil {
		return nil, 0, err
	}
	line = bytes.TrimSpace(line)
	if fault := slip(line); fault != nil {
		return nil, 0, explain(l.in.n, line, fault)
	}
	return line, l.in.n, nil
}

// objects makes requests of JSON values.
type objects struct {
	values jsonValues
	binder *binder
	given  map[string]string // which member of an object stands for one of a request
	found  map[string]bool   // of given
	names  []string          // of the object that was read last
	seen   columnList
	inner  []json.RawMessage // of an object that holds a list of rows: those that come next
	line   int               // of that object
}

func (o *objects) next() (Row, error) {
	if len(o.inner) > 0 {
		value := o.inner[0]
		o.inner = o.inner[1:]
		return o.row(value, o.line)
	}
	value, line, err := o.values.next()
	if errors.Is(err, io.EOF) {
		return Row{}, o.missing()
	}
	if err != nil {
		return Row{}, err
	}
	if o.binder.lenient {
		inner, err := wrapped(value, line)
		if err != nil {
			return Row{}, err
		}
		if len(inner) > 0 {
			o.inner, o.line = inner, line
			return o.next()
		}
	}
	return o.row(value, line)
}

// row decodes a value as it stands, or else takes its members for what they are called.
func (o *objects) row(value []byte, line int) (Row, error) {
	if o.binder.lenient && bytes.HasPrefix(value, []byte(`"`)) {
		value = slices.Concat([]byte(`{"prompt":`), value, []byte("}"))
	}
	if !o.binder.lenient || !bytes.HasPrefix(value, []byte("{")) {
		request, err := o.binder.decode(value)
		if err != nil {
			return Row{}, refused(line, err)
		}
		return Row{Line: line, Request: request}, nil
	}
	names, cells, err := membersIn(value)
	if err != nil {
		return Row{}, bad(line, "The object cannot be taken apart: %s.", request.Found(err.Error()))
	}
	if err := o.bind(names, line); err != nil {
		return Row{}, err
	}
	return o.binder.row(cells, line)
}

// bind finds out what the members of an object stand for. Most objects of a file have the same.
func (o *objects) bind(names []string, line int) error {
	if len(names) > MaxColumns {
		return bad(line, "The object has %s members; at most %d are read.", figure(len(names)), MaxColumns)
	}
	if slices.Equal(names, o.names) {
		return nil
	}
	c, err := bindNames(columns{json: true}, names, line, o.given)
	if e, is := errors.AsType[*FileError](err); is && e.Line > 0 {
		return bad(line, "%s", e.Detail)
	}
	if err != nil {
		return err
	}
	c.suspect()
	o.binder.columns, o.names = c, names
	o.seen.add(&c)
	if o.found == nil {
		o.found = map[string]bool{}
	}
	for memberName, header := range o.given {
		if slices.ContainsFunc(names, func(name string) bool { return fold(name) == fold(header) }) {
			o.found[memberName] = true
		}
	}
	return nil
}

// missing is the end of the file, or an error about a member that was named and that no object has.
func (o *objects) missing() error {
	for _, memberName := range slices.Sorted(maps.Keys(o.given)) {
		if header := o.given[memberName]; header != "" && !o.found[memberName] {
			return broken(0, "--column %s=%s: no object has such a member. %s", memberName, request.Clip(header), o.seen.named())
		}
	}
	return io.EOF
}

// membersIn takes an object apart, in its order.
func membersIn(value []byte) (names []string, cells []datum, err error) {
	d := json.NewDecoder(bytes.NewReader(value))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, nil, err
		}
		text, _ := name.(string)
		names, cells = append(names, text), append(cells, datumOf(raw))
	}
	return names, cells, nil
}

// datumOf is a value with what a CSV would hold of it: null is an empty cell, and a list of words has commas between them.
func datumOf(raw json.RawMessage) datum {
	c := datum{text: string(raw), raw: raw}
	switch {
	case c.text == "null":
		return datum{}
	case c.is(`"`):
		_ = json.Unmarshal(raw, &c.text) // it was checked
	case c.is("["):
		c.text = joined(raw)
	case c.is("-0123456789"):
		c.text = request.PlainNumber(c.text)
	}
	return c
}

// joined writes an array of texts and numbers with commas, and any other as it is.
func joined(raw json.RawMessage) string {
	var all []json.RawMessage
	_ = json.Unmarshal(raw, &all) // it was checked
	var texts []string
	for _, one := range all {
		c := datumOf(one)
		if c.is("[{") {
			return string(raw)
		}
		texts = append(texts, c.text)
	}
	return strings.Join(texts, ", ")
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
	return bad(n, "The line is not JSON: %s. Check quotes, commas and brackets there.", request.Found(fmt.Sprintf("character %d: %s", where, said)))
}
