package prompt

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// A table reads a CSV: one record after the other, each in memory as a whole.
type table struct {
	in     *lines
	binder *binder
	record quotes
	comma  rune
	size   int // bytes of the record so far
	header []string
	quoted bool // every name of the header
}

func openTable(in *lines, b *binder, o Options) (*table, error) {
	comma, err := dialect(in, o)
	if err != nil {
		return nil, err
	}
	t := &table{in: in, binder: b, comma: comma, record: quotes{comma: []byte(string(comma))}}
	header, line, err := t.read()
	if err != nil {
		return nil, final(err)
	}
	t.header, t.quoted = header, t.record.every
	b.columns, err = bindNames(columns{}, header, line, o.Columns)
	if err == nil && !b.columns.holds("prompt") {
		err = b.columns.promptless(line, t.glance(), o.Format == "")
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

// next leaves out rows that repeat the header: files that were put behind each other have it once more.
func (t *table) next() (Row, error) {
	for {
		cells, line, err := t.read()
		if err != nil {
			return Row{}, err
		}
		if !blank(cells) && !slices.Equal(cells, t.header) {
			return t.row(cells, line)
		}
	}
}

// read returns a record and the line where it begins.
func (t *table) read() ([]string, int, error) {
	line, err := t.gather()
	if err != nil {
		return nil, 0, err
	}
	if n := t.record.count; n > MaxColumns {
		return nil, 0, bad(line, "The row has %s cells; at most %d are read. Check the quotes and the separator.", figure(n), MaxColumns)
	}
	return t.record.cells, line, nil
}

// gather collects the lines of a record and returns where it begins. A line that is no text spoils the whole record, which
// is read to its end nevertheless.
func (t *table) gather() (begin int, spoilt error) {
	q := &t.record
	q.reset()
	t.size = 0
	for begin == 0 || q.open {
		text, err := t.in.next()
		_, on := errors.AsType[*LineError](err)
		switch {
		case errors.Is(err, io.EOF) && q.open:
			return 0, bad(q.line, "A quote opens here that never closes. Close it, and write a quote within a quoted cell twice.")
		case err != nil && !on:
			return 0, err
		case on && spoilt == nil:
			spoilt = err
		case begin == 0 && !on && len(strings.TrimSpace(string(text))) == 0:
			continue
		}
		if begin == 0 {
			begin = t.in.n
		}
		t.size += len(text) + 1
		if !q.scan(text, t.in.n) {
			return 0, bad(q.line, "A quote that opens here closes in line %s in the middle of a cell. Write a quote within a quoted cell twice.", figure(t.in.n))
		}
		if q.open && t.size > MaxRecord {
			return 0, broken(q.line, "A quote opens here that does not close within %d bytes. Close it.", MaxRecord)
		}
	}
	return begin, spoilt
}

func (t *table) row(texts []string, line int) (Row, error) {
	n := len(t.header)
	if len(texts) > n && !blank(texts[n:]) {
		return Row{}, bad(line, "The row has %s cells, the header names %d columns. A cell that holds the separator needs double quotes around it.", figure(len(texts)), n)
	}
	texts = slices.Concat(texts, make([]string, max(0, n-len(texts))))[:n]
	cells := make([]datum, n)
	for i, text := range texts {
		cells[i].text = text
	}
	row, err := t.binder.row(cells, line)
	if err == nil {
		row.Cells = texts
	}
	return row, err
}

// glance returns the rows below the header that were read along with it, at most a few: it waits for none.
func (t *table) glance() (rows [][]string) {
	const most = 20
	for len(rows) < most && t.in.r.Buffered() > 0 {
		if ahead, _ := t.in.r.Peek(t.in.r.Buffered()); !strings.Contains(string(ahead), "\n") && len(rows) > 0 {
			return rows
		}
		cells, _, err := t.read()
		if err != nil {
			return rows
		}
		rows = append(rows, cells)
	}
	return rows
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}
