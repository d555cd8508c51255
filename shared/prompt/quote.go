package prompt

import (
	"bytes"
	"strings"
)

// quotes takes a record of a CSV apart, line by line, and knows where it ends. encoding/csv would read to the end of the
// file for a quote that never closes, and takes quotes in the middle of a cell (6" nails) only together with text behind a
// closing quote, where the meaning is a guess. Blanks around a quoted cell do not belong to it; those of other
// cells do, on both sides.
type quotes struct {
	comma []byte
	open  bool     // a quoted cell goes on in the next line
	line  int      // where the last quoted cell begins
	cells []string // those that have ended; of more than MaxColumns one is kept
	count int      // of the cells that have ended
	every bool     // each cell that is not empty was quoted
	cell  []byte   // the open one, as far as it has come
}

// reset begins a record.
func (q *quotes) reset() { q.open, q.cells, q.count, q.every = false, nil, 0, true }

// scan takes the next line, without its end, and reports whether it makes sense: not if text follows a closing quote.
func (q *quotes) scan(text []byte, line int) bool {
	for {
		if q.open {
			if text = q.inside(text); q.open {
				return true
			}
			q.end(string(q.cell))
			text = q.behind(text)
			if len(text) == 0 {
				return true
			}
			if !bytes.HasPrefix(text, q.comma) {
				return false
			}
			text = text[len(q.comma):]
		}
		if inner, is := bytes.CutPrefix(q.behind(text), []byte(`"`)); is {
			q.open, q.line, q.cell, text = true, line, q.cell[:0], inner
			continue
		}
		cell, rest, more := bytes.Cut(text, q.comma)
		q.every = q.every && len(cell) == 0
		q.end(string(cell))
		if !more {
			return true
		}
		text = rest
	}
}

// inside takes the text of a quoted cell as far as the line has it, and returns what follows its closing quote.
func (q *quotes) inside(text []byte) []byte {
	for {
		part, rest, quoted := bytes.Cut(text, []byte(`"`))
		q.cell = append(q.cell, part...)
		if !quoted {
			q.cell = append(q.cell, '\n')
			return nil
		}
		if !bytes.HasPrefix(rest, []byte(`"`)) {
			q.open = false
			return rest
		}
		q.cell, text = append(q.cell, '"'), rest[1:]
	}
}

// behind skips blanks that stand between a quote and what separates cells.
func (q *quotes) behind(text []byte) []byte {
	return bytes.TrimLeft(text, strings.ReplaceAll(" \t", string(q.comma), ""))
}

func (q *quotes) end(cell string) {
	if q.count++; q.count <= MaxColumns+1 {
		q.cells = append(q.cells, cell)
	}
}
