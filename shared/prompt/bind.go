package prompt

import (
	"encoding/json"
	"strings"

	"easel/shared/request"
	"easel/shared/spelling"
)

// A binder makes requests of rows whose values have names: the cells of a CSV, the members of a JSON object. What a name
// and a value stand for is decided here alone, so that the same column means the same in every format.
type binder struct {
	decode   func([]byte) (request.Request, error)
	lenient  bool
	columns  columns // of the row that was read last
	dropped  []string
	readings readings
}

// A datum is one value of a row.
type datum struct {
	text string          // what a CSV would hold of it
	raw  json.RawMessage // as JSON has it; nil for a CSV
}

func (c datum) empty() bool { return strings.TrimSpace(c.text) == "" }

// is reports whether the value is JSON that begins with one of these characters.
func (c datum) is(begins string) bool {
	return len(c.raw) > 0 && strings.IndexByte(begins, c.raw[0]) >= 0
}

// row makes a request of the values of a row, or tells what is wrong with each.
func (b *binder) row(cells []datum, line int) (Row, error) {
	written, faults := b.object(cells, line)
	decoded, err := b.decode(written)
	if err == nil && len(faults) == 0 {
		return Row{Line: line, Request: decoded, Columns: b.columns.byName(cells)}, nil
	}
	if err == nil {
		return Row{}, &LineError{Line: line, Fields: faults, Detail: faults[0].Detail}
	}
	e := refused(line, err)
	for n := range e.Fields {
		f := &e.Fields[n]
		f.Pointer, f.Detail = b.columns.place(f.Pointer), f.Detail+b.columns.doubt(f.Pointer, f.Found)
	}
	if len(e.Fields) == 0 && len(faults) > 0 {
		faults = append(faults, request.FieldError{Line: line, Detail: e.Detail, Found: e.Found})
	}
	e.Fields = append(faults, e.Fields...)
	return Row{}, e
}

// object writes a row as JSON, without the members whose values make no sense: what is wrong with the others is told
// along with them.
func (b *binder) object(cells []datum, line int) ([]byte, []request.FieldError) {
	values := map[string]any{}
	var faults []request.FieldError
	for _, f := range b.columns.fields {
		c := cells[f.at]
		if c.empty() && !c.is("[{") {
			continue
		}
		value, fault := b.value(f, c)
		if fault.Detail != "" {
			fault.Pointer, fault.Line, fault.Detail = b.columns.place("/"+f.name), line, f.name+" "+fault.Detail
			faults = append(faults, fault)
			continue
		}
		values[f.name] = value
	}
	faults = append(faults, b.unknownMembers(cells, line)...)
	pairs, raw := b.metadata(cells)
	switch {
	case raw != nil:
		values["metadata"] = raw // it is no object, and refused
	case len(pairs) > 0:
		values["metadata"] = pairs
	}
	written, _ := json.Marshal(values) // strings, numbers and JSON that was checked
	return written, faults
}

// value reads what stands for a member. JSON of a type that the member has not is left to be refused by name.
func (b *binder) value(f field, c datum) (any, request.FieldError) {
	text := strings.TrimSpace(c.text)
	switch {
	case c.raw == nil, c.is(`"`) && !f.raw:
	case c.is("-0123456789") && f.named:
		return c.text, request.FieldError{}
	default:
		if c.is("-0123456789") {
			return json.RawMessage(text), request.FieldError{} // written plainly
		}
		return c.raw, request.FieldError{}
	}
	value, fault := f.read(text)
	read, isText := value.(string)
	if isText && b.lenient {
		value = spelling.Meant(f.name, read)
	}
	if b.lenient && isText && value != text && fault.Detail == "" {
		b.readings.add(f.name, text, value.(string))
	}
	if value == c.text && c.raw != nil {
		return c.raw, fault // with what the conversion would lose
	}
	return value, fault
}

// unknownMembers refuses members of a JSON object that no request has and that are nearly called like one that is missing: kept
// as metadata, they would be paid for in vain. In a table the header says so once, and the plan with it.
func (b *binder) unknownMembers(cells []datum, line int) (faults []request.FieldError) {
	for _, m := range b.columns.meta {
		if m.near != "" && !cells[m.at].empty() {
			fault := request.Faulty(b.columns.spot(m.key, nil), "%s is no member of a row. Did you mean %s? If it is something else, write it into metadata.", request.Quoted(m.key), m.near)
			fault.Line = line
			faults = append(faults, fault)
		}
	}
	return faults
}

// metadata takes what is no member as far as a request has room. What asks to be metadata is taken in any case: if that is
// too much, its owner has to know. A member called metadata that is no object comes back alone.
func (b *binder) metadata(cells []datum) (map[string]any, json.RawMessage) {
	pairs, size := map[string]any{}, 0
	for _, m := range b.columns.meta {
		c := cells[m.at]
		if m.key == "metadata" && c.raw != nil {
			if !c.is("{") {
				return nil, c.raw
			}
			names, values, _ := membersIn(c.raw) // it was checked
			for n, name := range names {
				pairs[name] = values[n].kept()
			}
			continue
		}
		if c.empty() {
			continue
		}
		text := strings.TrimSpace(c.text)
		_, twice := pairs[m.key]
		full := len(pairs) >= request.MaxMetadataPairs || size+len(m.key)+len(text) > request.MaxMetadataBytes
		if twice || full && !m.asked {
			b.dropped = once(b.dropped, b.columns.names[m.at], MaxColumns)
			continue
		}
		pairs[m.key] = c.kept()
		size += len(m.key) + len(text)
	}
	return pairs, nil
}

// kept is the value as metadata have it: a text.
func (c datum) kept() any {
	if text := strings.TrimSpace(c.text); !c.is(`"`) || text != c.text {
		return text
	}
	return c.raw
}
