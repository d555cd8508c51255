package template

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"easel/shared/prompt"
	"easel/shared/request"
)

// What a template consists of, as it is written.
type (
	part interface {
		resolve(l *library) (node, error)
	}
	parts    []part
	verbatim string // text
	insert   string // the column of this name
	listed   struct {
		name string // or a pattern
		at   int
	}
	alternatives struct {
		options      []alternative
		lower, upper int // how many to take
		joiner       string
	}
	alternative struct {
		parts  parts
		weight float64
	}
)

// library finds lists by name and reads each of them once. It also bounds the work that a template may cause: a few
// lists that name each other twice over make numbers of any length.
type library struct {
	lists   Lists
	sets    map[setKey]*set // of the patterns asked for
	entries map[string][]option
	reading []string // the lists on the way to the one that is being read
	kept    int      // options of sets
	work    int      // since the template began
}

// setKey is a pattern, and whether entries that are choices are their options.
type setKey struct {
	name string
	flat bool
}

// maxWork is in machine words of arithmetic, or nanoseconds at best; handling a node or an option counts as several
// hundred. It is enough for 40 lists of 10,000 entries.
const maxWork = 200_000_000

func (l *library) spend(n int) error {
	if l.work += n; l.work > maxWork {
		return &SyntaxError{Offset: -1, Detail: "The template is too large to be counted: its lists and braces multiply beyond any use. Use fewer or shorter lists within lists."}
	}
	return nil
}

func tooLong() error {
	return &SyntaxError{Offset: -1, Detail: fmt.Sprintf("The template makes texts of more than %d bytes. Shorten it, or what its lists and columns put in.", MaxText)}
}

func (v verbatim) resolve(*library) (node, error) { return newLiteral(string(v)), nil }

func (i insert) resolve(*library) (node, error) { return newInserted(string(i)), nil }

func (all parts) resolve(l *library) (node, error) {
	nodes := make([]node, 0, len(all))
	for _, one := range all {
		n, err := one.resolve(l)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return l.sequence(nodes)
}

func (ref *listed) resolve(l *library) (node, error) {
	s, err := l.set(ref, true)
	if err != nil {
		return nil, err
	}
	return s.one(), nil
}

func (a *alternatives) resolve(l *library) (node, error) {
	s, err := a.set(l)
	if err != nil {
		return nil, err
	}
	lower, upper := min(a.lower, len(s.options)), min(a.upper, len(s.options))
	switch {
	case upper == 0:
		return newLiteral(""), nil
	case upper == 1 && lower == 1:
		return s.one(), nil
	case upper > MaxPick:
		return nil, &SyntaxError{Offset: -1, Detail: fmt.Sprintf("{%d$$...} takes more than %d alternatives at once. Take fewer.", upper, MaxPick)}
	}
	return l.pick(s, lower, upper, a.joiner)
}

// set makes one of the alternatives. A list that stands in braces alone is its entries.
func (a *alternatives) set(l *library) (*set, error) {
	exactlyOne := a.lower == 1 && a.upper == 1
	if first := a.options[0].parts; len(a.options) == 1 && len(first) == 1 {
		if ref, alone := first[0].(*listed); alone {
			return l.set(ref, exactlyOne)
		}
	}
	options := make([]option, 0, len(a.options))
	for _, one := range a.options {
		n, err := one.parts.resolve(l)
		if err != nil {
			return nil, err
		}
		options = append(options, option{node: n, weight: one.weight})
	}
	return l.newSet(options, exactlyOne)
}

// set returns the entries of the lists that a name or pattern fits. Flat: entries that are choices are their options.
func (l *library) set(ref *listed, flat bool) (*set, error) {
	if l.sets == nil {
		l.sets, l.entries = map[setKey]*set{}, map[string][]option{}
	}
	key := setKey{ref.name, flat}
	if s, there := l.sets[key]; there {
		return s, nil
	}
	var all []option
	names, err := l.named(ref.name)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		some, err := l.read(name)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, l.unknown(ref, len(names) > 0)
	}
	s, err := l.newSet(distinct(all), flat)
	if err != nil {
		return nil, err
	}
	l.keep(key, s)
	return s, nil
}

// distinct leaves out entries that are repeated with the same weight: a line that is there twice comes up no more often.
func distinct(all []option) []option {
	type known struct {
		id     [sha256.Size]byte
		weight float64
	}
	seen := map[known]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(o option) bool {
		k := known{o.about().id, o.weight}
		defer func() { seen[k] = true }()
		return seen[k]
	})
}

// keep remembers a set for the next row, or forgets all others: patterns can be combined in more ways than fit in memory.
func (l *library) keep(key setKey, s *set) {
	const most = 500_000
	if l.kept += len(s.options); l.kept > most {
		clear(l.sets)
		l.kept = len(s.options)
	}
	l.sets[key] = s
}

// named returns the names that a pattern fits, or if there are none those that it fits within folders.
func (l *library) named(pattern string) ([]string, error) {
	if _, there := l.lists[pattern]; there {
		return []string{pattern}, nil
	}
	var plain, below []string
	for _, name := range slices.Sorted(maps.Keys(l.lists)) {
		if err := l.spend(50 + len(name)); err != nil {
			return nil, err
		}
		if fits(pattern, name) {
			plain = append(plain, name)
		}
		if fits("*/"+pattern, name) {
			below = append(below, name)
		}
	}
	if len(plain) == 0 {
		return below, nil
	}
	return plain, nil
}

func (l *library) unknown(ref *listed, empty bool) error {
	detail := fmt.Sprintf("There is no list %q, and no others were given either. Give it with the request, or put a backslash before underscores that are meant as they are: \\_\\_.", request.Clip(ref.name))
	switch {
	case empty:
		detail = fmt.Sprintf("The list %q is empty. Give it entries, or take it out.", request.Clip(ref.name))
	case len(l.lists) > 0:
		detail = fmt.Sprintf("There is no list %q. %s", request.Clip(ref.name), known("Lists", l.lists))
	}
	return &SyntaxError{Offset: ref.at, Detail: detail}
}

// known lists the names that there are, as far as a message bears.
func known[V any](what string, all map[string]V) string {
	return what + " given: " + prompt.Listed(slices.Sorted(maps.Keys(all))) + "."
}

// read resolves the entries of one list.
func (l *library) read(name string) ([]option, error) {
	if all, there := l.entries[name]; there {
		return all, nil
	}
	if err := l.enter(name); err != nil {
		return nil, err
	}
	defer func() { l.reading = l.reading[:len(l.reading)-1] }()
	var all []option
	for i, text := range l.lists[name] {
		if strings.TrimSpace(text) == "" {
			continue
		}
		one, err := l.entry(text)
		if err != nil {
			return nil, within(err, name, i+1)
		}
		all = append(all, one)
	}
	l.entries[name] = all
	return all, nil
}

func (l *library) enter(name string) error {
	if n := len(l.lists[name]); n > MaxEntries {
		return &SyntaxError{Offset: -1, Detail: tooMany(name, n)}
	}
	if at := slices.Index(l.reading, name); at >= 0 {
		way := strings.Join(append(slices.Clone(l.reading[at:]), name), " > ")
		return &SyntaxError{Offset: -1, Detail: fmt.Sprintf("The list %q leads back to itself: %s. Take one of these references out.", request.Clip(name), way)}
	}
	if len(l.reading) == MaxDepth {
		return &SyntaxError{Offset: -1, Detail: fmt.Sprintf("Lists name each other more than %d deep. Put the entries of the inner ones where they are used.", MaxDepth)}
	}
	l.reading = append(l.reading, name)
	return nil
}

func tooMany(name string, n int) string {
	return fmt.Sprintf("The list %q has %d entries; at most %d are allowed. Split it: __name*__ takes from several.", request.Clip(name), n, MaxEntries)
}

func (l *library) entry(text string) (option, error) {
	p := &parser{text: text, columns: map[string]mention{}}
	weight := p.weight()
	all, err := p.whole()
	if err != nil {
		return option{}, err
	}
	n, err := all.resolve(l)
	return option{node: n, weight: weight}, err
}

// within adds where an error is, unless a list further in has done so.
func within(err error, list string, entry int) error {
	if e, ok := errors.AsType[*SyntaxError](err); ok && e.List == "" {
		e.List, e.Entry = list, entry
	}
	return err
}
