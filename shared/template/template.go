package template

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"easel/shared/prompt"
	"easel/shared/request"
)

// The bounds of a template. What goes beyond them is a [SyntaxError].
const (
	MaxBytes   = 64 << 10  // bytes of a template, and of an entry of a list
	MaxText    = 128 << 10 // bytes of what a template makes; each of its parts counts as one more
	MaxDepth   = 50        // of braces within braces, and of lists within lists
	MaxEntries = 10_000    // of a list
	MaxPick    = 100       // alternatives that {n$$...} takes
)

// Lists are the entries that __name__ stands for, by name.
type Lists map[string][]string

// textTemplate is a text that stands for many.
type textTemplate struct {
	parts   parts
	columns map[string]mention
}

// mention is where a template names a column first, and how it is written there.
type mention struct {
	at      int
	written string
}

// SyntaxError says what is wrong with a template, or with an entry of a list that it uses.
type SyntaxError struct {
	Offset int    // in bytes from 0; -1: it is about the whole
	List   string // whose entry is wrong; empty: the template itself is
	Entry  int    // from 1
	Detail string // what was found and what to do
}

// Error returns the place and the detail.
func (e *SyntaxError) Error() string {
	var where []string
	if e.List != "" {
		where = append(where, fmt.Sprintf("list %q, entry %d", request.Clip(e.List), e.Entry))
	}
	if e.Offset >= 0 {
		where = append(where, fmt.Sprintf("at byte %d", e.Offset))
	}
	if len(where) == 0 {
		return e.Detail
	}
	return strings.Join(where, ", ") + ": " + e.Detail
}

// whereIn is where in a template an error is, as the error writes it.
func whereIn(err error) string {
	if e, ok := errors.AsType[*SyntaxError](err); ok && e.Offset >= 0 {
		return fmt.Sprintf("at byte %d", e.Offset)
	}
	return ""
}

// parse reads a template. Its error is a [*SyntaxError].
func parse(text string) (*textTemplate, error) {
	p := &parser{text: text, columns: map[string]mention{}}
	all, err := p.whole()
	if err != nil {
		return nil, err
	}
	return &textTemplate{parts: all, columns: p.columns}, nil
}

// bound is a template whose names are resolved.
type bound struct {
	root    node
	columns map[string]string
}

func (t *textTemplate) bind(l *library, columns map[string]string) (*bound, error) {
	l.work = 0
	root, err := t.parts.resolve(l)
	if err != nil {
		return nil, err
	}
	longest := 0
	for _, name := range root.about().needs {
		cell, there := columns[name]
		if !there {
			return nil, t.missing(name, columns)
		}
		longest = max(longest, len(cell))
	}
	f := root.about()
	if f.size+f.cells*longest > MaxText {
		return nil, tooLong()
	}
	return &bound{root: root, columns: columns}, nil
}

func (t *textTemplate) missing(name string, columns map[string]string) error {
	first, here := t.columns[name]
	if !here {
		first = mention{-1, name} // an entry of a list names it
	}
	detail := fmt.Sprintf("There is no column %q; only the rows of a CSV have columns. Write {a|b} with one brace on each side for alternatives.", request.Clip(first.written))
	switch {
	case prompt.Reported(name):
		detail = fmt.Sprintf("Easel wrote the column %q into failed.csv to say why a row failed; it is no part of a row. Take it out of the template.", request.Clip(first.written))
	case len(columns) > 0:
		detail = fmt.Sprintf("There is no column %q. %s", request.Clip(first.written), known("Columns", columns))
	}
	return &SyntaxError{Offset: first.at, Detail: detail}
}

func (b *bound) all(yield func(string) bool) bool {
	w := &walker{columns: b.columns}
	return b.root.walk(w, func() bool { return yield(string(w.text)) })
}

func (b *bound) pick(r *rand.Rand) string {
	w := &walker{columns: b.columns, rand: r}
	b.root.draw(w)
	return string(w.text)
}
