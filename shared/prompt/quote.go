package prompt

import (
	"bytes"
	"unicode"
)

// quotes follows a record of a CSV through its lines, to know where it ends before encoding/csv sees it. The package
// would tell as well, but a quote that never ends would make it read to the end of the file; and it takes quotes in the
// middle of a cell (6" nails) only together with text behind a closing quote, where what is meant is anybody's guess.
type quotes struct {
	comma []byte
	trim  bool // blanks before a cell do not belong to it
	open  bool // a quoted cell goes on in the next line
	line  int  // where the last quoted cell begins
	cells int  // so far
}

// scan takes the next line, without its end, and reports whether it makes sense: not if text follows a closing quote.
func (q *quotes) scan(text []byte, line int) bool {
	if !q.open && !q.enter(&text, line) {
		return true
	}
	for {
		at := bytes.IndexByte(text, '"')
		if at < 0 {
			return true
		}
		text = text[at+1:]
		switch {
		case bytes.HasPrefix(text, []byte(`"`)):
			text = text[1:]
			continue
		case len(text) == 0:
			q.open = false
			return true
		case !bytes.HasPrefix(text, q.comma):
			return false
		}
		text = text[len(q.comma):]
		q.open = false
		if !q.enter(&text, line) {
			return true
		}
	}
}

// enter skips cells to the inside of the next quoted one, and reports whether the line has one.
func (q *quotes) enter(text *[]byte, line int) bool {
	for {
		q.cells++
		if q.trim {
			*text = bytes.TrimLeftFunc(*text, unicode.IsSpace)
		}
		if bytes.HasPrefix(*text, []byte(`"`)) {
			q.open, q.line, *text = true, line, (*text)[1:]
			return true
		}
		at := bytes.Index(*text, q.comma)
		if at < 0 {
			return false
		}
		*text = (*text)[at+len(q.comma):]
	}
}
