package prompt

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"easel/shared/request"
)

// The bounds of [Faults]: a file of a million faulty rows is told of in as few words as one of ten.
const (
	maxKinds  = 20   // that are kept
	maxLines  = 1000 // of one kind
	maxFound  = 10   // values of one kind
	fewLines  = 3    // that a sentence names where there are more than one more
	fewValues = 3    // that a sentence names beside the first
)

// A Fault is one kind of fault, with the rows that have it: they break the same rule at the same place.
type Fault struct {
	Lines  []int    `json:"lines,omitempty"`  // where these rows begin in the file, in order, from 1; at most the first thousand
	Rows   int      `json:"rows,omitempty"`   // how many there are
	Column string   `json:"column,omitempty"` // of a CSV
	Member string   `json:"member,omitempty"` // of a request, where no column holds it
	Detail string   `json:"detail"`           // of the first of them
	Found  []string `json:"found,omitempty"`  // the first ten different things that the rows hold there
}

// Faults gathers what is wrong with the rows of a file, by kind, in the order in which they come. The zero value has none.
type Faults struct {
	Kinds  []*Fault
	Rows   int // that are faulty
	Others int // faults of further kinds, which are not kept

	last   int // the line that came last
	byRule map[rule]*Fault
}

type rule struct{ column, member, text string }

// Last is the line of the row that came last.
func (f *Faults) Last() int { return f.last }

// Add notes a fault of a row, in a column of a CSV or else in a member of a request. Line 0 is that of what is no row. A row that was multiplied may come many times and counts
// once.
func (f *Faults) Add(line int, header, name string, e request.FieldError) {
	if line > 0 && line != f.last {
		f.Rows++
		f.last = line
	}
	id := rule{header, name, e.Rule()}
	k, there := f.byRule[id]
	if !there && len(f.Kinds) == maxKinds {
		f.Others++
		return
	}
	if !there {
		if f.byRule == nil {
			f.byRule = map[rule]*Fault{}
		}
		k = &Fault{Column: header, Member: name, Detail: e.Detail}
		f.byRule[id] = k
		f.Kinds = append(f.Kinds, k)
	}
	k.add(line, e.Found)
}

func (k *Fault) add(line int, found string) {
	if found != "" && len(k.Found) < maxFound && !slices.Contains(k.Found, found) {
		k.Found = append(k.Found, found)
	}
	if line == 0 || len(k.Lines) > 0 && k.Lines[len(k.Lines)-1] == line {
		return
	}
	k.Rows++
	if len(k.Lines) < maxLines {
		k.Lines = append(k.Lines, line)
	}
}

// Text has a line for each kind, indented, with a line end before it.
func (f *Faults) Text() string {
	var b strings.Builder
	for _, k := range f.Kinds {
		b.WriteString("\n  " + k.String())
	}
	if f.Others > 0 {
		fmt.Fprintf(&b, "\nThere are %d more faults, of other kinds. Mend these first.", f.Others)
	}
	return b.String()
}

// String is the fault on one line, such as "line 2, 5, 7 and 21 more, column Seed: seed must be a whole number …".
func (k *Fault) String() string {
	var where []string
	if len(k.Lines) > 0 {
		where = append(where, "line "+k.listed())
	}
	if k.Column != "" {
		where = append(where, "column "+k.Column)
	}
	if k.Member != "" {
		where = append(where, k.Member)
	}
	text := k.Detail
	if len(where) > 0 {
		text = strings.Join(where, ", ") + ": " + text
	}
	if len(k.Found) < 2 {
		return text
	}
	others := k.Found[1:]
	if len(others) > fewValues {
		return text + " Elsewhere: " + strings.Join(others[:fewValues], ", ") + " and others."
	}
	return text + " Elsewhere: " + strings.Join(others, ", ") + "."
}

// listed are the numbers of the lines, as far as a sentence bears.
func (k *Fault) listed() string {
	shown, more := k.Lines, ""
	if k.Rows > fewLines+1 {
		shown, more = k.Lines[:fewLines], fmt.Sprintf(" and %d more", k.Rows-fewLines)
	}
	numbers := make([]string, len(shown))
	for n, line := range shown {
		numbers[n] = strconv.Itoa(line)
	}
	if last := len(numbers) - 1; more == "" && last > 0 {
		return strings.Join(numbers[:last], ", ") + " and " + numbers[last]
	}
	return strings.Join(numbers, ", ") + more
}
