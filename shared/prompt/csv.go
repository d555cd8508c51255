package prompt

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"easel/shared/job"
)

// A table reads a CSV: one record after the other, each in memory before encoding/csv takes it apart.
type table struct {
	in      *lines
	decode  func([]byte) (job.Request, error)
	quotes  quotes // as a record begins
	record  []byte
	feed    *bytes.Reader
	csv     *csv.Reader
	header  []string
	columns columns
	dropped []bool // by column
}

func openTable(in *lines, o Options) (*table, error) {
	comma, err := dialect(in, o)
	if err != nil {
		return nil, err
	}
	t := &table{in: in, decode: o.Decode, feed: bytes.NewReader(nil)}
	t.csv = csv.NewReader(t.feed)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.LazyQuotes = comma, -1, true
	t.csv.TrimLeadingSpace = !unicode.IsSpace(comma) // else it would skip empty cells
	t.quotes = quotes{comma: []byte(string(comma)), trim: t.csv.TrimLeadingSpace}
	header, line, err := t.read()
	if err != nil {
		return nil, final(err)
	}
	t.header, t.dropped = header, make([]bool, len(header))
	t.columns, err = match(header, line, o.Columns)
	if err == nil && !t.columns.holds("prompt") {
		err = t.columns.promptless(line, t.glance())
	}
	return t, err
}

// dialect finds the separator, and takes away the line that only says it.
func dialect(in *lines, o Options) (rune, error) {
	first, err := top(in)
	if err != nil {
		return 0, err
	}
	comma, said := announced(first)
	if said {
		_, _ = in.next() // it is there
		if first, err = top(in); err != nil {
			return 0, err
		}
	}
	if o.Comma != 0 {
		comma = o.Comma
	} else if !said {
		comma = separator(first, o)
	}
	return comma, check(comma)
}

// top looks at the first line that has more than separators, which are all that a spreadsheet writes of an empty row.
func top(in *lines) (string, error) {
	for {
		line, err := in.peek()
		switch {
		case errors.Is(err, io.EOF):
			return "", broken(in.n, "The file has no header. Write the names of the columns into its first line, one of them prompt.")
		case err != nil:
			return "", final(err)
		case strings.Trim(string(line), " \t,;") != "":
			return string(line), nil
		}
		_, _ = in.next() // it is there
	}
}

func (t *table) next() (Row, error) {
	for {
		cells, line, err := t.read()
		if err != nil {
			return Row{}, err
		}
		if !blank(cells) {
			return t.row(cells, line)
		}
	}
}

// read returns a record and the line where it begins.
func (t *table) read() ([]string, int, error) {
	line, cells, err := t.gather()
	if err != nil {
		return nil, 0, err
	}
	if cells > MaxColumns {
		return nil, 0, bad(line, "The row has %s cells; at most %d are read. Check the quotes and the separator.", figure(cells), MaxColumns)
	}
	t.feed.Reset(t.record)
	record, err := t.csv.Read()
	if err != nil {
		return nil, 0, bad(line, "The row cannot be taken apart: %s. Check its quotes.", job.Found(err.Error()))
	}
	return record, line, nil
}

// gather collects the lines of a record and returns where it begins and how many cells it has. A line that is no text
// spoils the whole record, which is read to its end nevertheless.
func (t *table) gather() (begin, cells int, spoilt error) {
	t.record = t.record[:0]
	q := t.quotes
	for begin == 0 || q.open {
		text, err := t.in.next()
		_, on := errors.AsType[*LineError](err)
		switch {
		case errors.Is(err, io.EOF) && q.open:
			return 0, 0, bad(q.line, "A quote opens here that never closes. Close it, and write a quote within a quoted cell twice.")
		case err != nil && !on:
			return 0, 0, err
		case on && spoilt == nil:
			spoilt = err
		case begin == 0 && !on && len(bytes.TrimSpace(text)) == 0:
			continue
		}
		if begin == 0 {
			begin = t.in.n
		}
		t.record = append(append(t.record, text...), '\n')
		if !q.scan(text, t.in.n) {
			return 0, 0, bad(q.line, "A quote that opens here closes in line %s in the middle of a cell. Write a quote within a quoted cell twice.", figure(t.in.n))
		}
		if q.open && len(t.record) > MaxRecord {
			return 0, 0, broken(q.line, "A quote opens here that does not close within %d bytes. Close it.", MaxRecord)
		}
	}
	return begin, q.cells, spoilt
}

func (t *table) row(cells []string, line int) (Row, error) {
	n := len(t.header)
	if len(cells) > n && !blank(cells[n:]) {
		return Row{}, bad(line, "The row has %s cells, the header names %d columns. A cell that holds the separator needs double quotes around it.", figure(len(cells)), n)
	}
	cells = slices.Concat(cells, make([]string, max(0, n-len(cells))))[:n]
	object, faults := t.object(cells, line)
	request, err := t.decode(object)
	if err == nil && len(faults) == 0 {
		return Row{Line: line, Request: request, Columns: t.columns.byName(cells), Cells: cells}, nil
	}
	if err == nil {
		return Row{}, &LineError{Line: line, Fields: faults, Detail: faults[0].Detail}
	}
	e := refused(line, err, same)
	for n := range e.Fields {
		f := &e.Fields[n]
		f.Pointer, f.Detail = t.place(f.Pointer), f.Detail+t.columns.doubt(f.Pointer)
	}
	if len(e.Fields) == 0 && len(faults) > 0 {
		faults = append(faults, job.FieldError{Line: line, Detail: e.Detail, Found: e.Found})
	}
	e.Fields = append(faults, e.Fields...)
	return Row{}, e
}

// object writes a row as JSON, without the members whose cells make no sense: what is wrong with the others is told
// along with them.
func (t *table) object(cells []string, line int) ([]byte, []job.FieldError) {
	members := map[string]any{}
	var faults []job.FieldError
	for _, f := range t.columns.fields {
		cell := strings.TrimSpace(cells[f.at])
		if cell == "" {
			continue
		}
		value, fault := f.read(cell)
		if fault.Detail != "" {
			fault.Pointer, fault.Line, fault.Detail = t.place("/"+f.name), line, f.name+" "+fault.Detail
			faults = append(faults, fault)
			continue
		}
		members[f.name] = value
	}
	if pairs := t.metadata(cells); len(pairs) > 0 {
		members["metadata"] = pairs
	}
	object, _ := json.Marshal(members) // strings, numbers and JSON that was checked
	return object, faults
}

// metadata takes what is no member as far as a request has room. A column that asks to be metadata is taken in any case:
// if that is too much, its owner has to know.
func (t *table) metadata(cells []string) map[string]string {
	pairs := map[string]string{}
	size := 0
	for _, m := range t.columns.meta {
		cell := strings.TrimSpace(cells[m.at])
		if cell == "" {
			continue
		}
		_, twice := pairs[m.key]
		full := len(pairs) >= job.MaxMetadataPairs || size+len(m.key)+len(cell) > job.MaxMetadataBytes
		if twice || full && !m.asked {
			t.dropped[m.at] = true
			continue
		}
		pairs[m.key] = cell
		size += len(m.key) + len(cell)
	}
	return pairs
}

func (t *table) left() (names []string) {
	for at, dropped := range t.dropped {
		if dropped {
			names = append(names, t.columns.names[at])
		}
	}
	return names
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}
