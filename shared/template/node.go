package template

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
)

// A node is a part of a template whose lists are known. It does not change, and lists share theirs.
type node interface {
	about() *facts
	walk(w *walker, next func() bool) bool // adds each of its texts in turn and calls next; false: enough
	draw(w *walker)                        // adds one of its texts
}

// facts are what is known of a node without making its texts.
type facts struct {
	id    [sha256.Size]byte // the same for nodes that are written alike
	count *big.Int          // of texts, at least 1; shared, so never to be changed
	size  int               // bytes of the longest text without columns, and one for each node on its way
	cells int               // how many columns a text holds at most
	needs []string          // the columns, sorted
}

func (f *facts) about() *facts { return f }

var single = big.NewInt(1)

func hash(kind string, ids ...[sha256.Size]byte) [sha256.Size]byte {
	text := make([]byte, 0, len(kind)+len(ids)*sha256.Size)
	text = append(text, kind...)
	for _, id := range ids {
		text = append(text, id[:]...)
	}
	return sha256.Sum256(text)
}

type literal struct {
	facts
	text string
}

func newLiteral(text string) *literal {
	return &literal{facts{id: hash("text " + text), count: single, size: len(text) + 1}, text}
}

type inserted struct {
	facts
	name string
}

func newInserted(name string) *inserted {
	return &inserted{facts{id: hash("column " + name), count: single, size: 1, cells: 1, needs: []string{name}}, name}
}

type sequence struct {
	facts
	nodes []node
}

// sequence puts nodes behind each other; whatever a template holds is in one, so this is where length is bounded. Neighbouring texts become one, so that what reads alike is alike.
func (l *library) sequence(nodes []node) (node, error) {
	size := 0
	for _, n := range nodes {
		if size += n.about().size; size > MaxText {
			return nil, tooLong()
		}
	}
	nodes = join(nodes)
	switch len(nodes) {
	case 0:
		return newLiteral(""), nil
	case 1:
		return nodes[0], nil
	}
	s := &sequence{facts{count: single, size: 1}, nodes}
	ids := make([][sha256.Size]byte, 0, len(nodes))
	for _, n := range nodes {
		f := n.about()
		if err := l.spend(500 + (len(s.count.Bits())+1)*(len(f.count.Bits())+10)); err != nil {
			return nil, err
		}
		s.count = new(big.Int).Mul(s.count, f.count)
		s.size += f.size
		s.cells += f.cells
		s.needs = append(s.needs, f.needs...)
		ids = append(ids, f.id)
	}
	slices.Sort(s.needs)
	s.needs, s.id = slices.Compact(s.needs), hash("sequence ", ids...)
	return s, nil
}

func join(nodes []node) (all []node) {
	for _, n := range nodes {
		if s, ok := n.(*sequence); ok {
			all = append(all, s.nodes...)
			continue
		}
		all = append(all, n)
	}
	text, kept := []byte(nil), all[:0:0]
	flush := func() {
		if len(text) > 0 {
			kept = append(kept, newLiteral(string(text)))
		}
		text = text[:0]
	}
	for _, n := range all {
		if t, ok := n.(*literal); ok {
			text = append(text, t.text...)
			continue
		}
		flush()
		kept = append(kept, n)
	}
	flush()
	return kept
}

// option is a node among others.
type option struct {
	node
	weight float64
	upto   float64 // the weights of all before it and its own
}

// set is what a choice is made of: its options differ from each other.
type set struct {
	facts   // count: of all options together; size and cells: the most that one has
	options []option
	even    *big.Int // the count of each option if all have the same
}

// newSet makes one of options, of which those that are alike become one with their weights added. Flat: choices among
// them are replaced by what they choose from.
func (l *library) newSet(options []option, flat bool) (*set, error) {
	s := &set{facts: facts{count: new(big.Int)}}
	at := map[[sha256.Size]byte]int{}
	for _, one := range options {
		inner := []option{one}
		if c, ok := one.node.(*choice); ok && flat {
			inner = c.spread(one.weight)
		}
		for _, o := range inner {
			if err := l.spend(500 + 10*len(s.count.Bits())); err != nil {
				return nil, err
			}
			if i, twice := at[o.about().id]; twice {
				s.options[i].weight += o.weight
				continue
			}
			at[o.about().id] = len(s.options)
			s.add(o)
		}
	}
	return s.done(), nil
}

func (s *set) add(o option) {
	f := o.about()
	if len(s.options) == 0 {
		s.even = f.count
	}
	if s.even != nil && s.even.Cmp(f.count) != 0 {
		s.even = nil
	}
	s.count.Add(s.count, f.count)
	s.size, s.cells = max(s.size, f.size), max(s.cells, f.cells)
	s.needs = append(s.needs, f.needs...)
	s.options = append(s.options, o)
}

// done adds up the weights. If none is more than zero, all are the same: something has to be picked.
func (s *set) done() *set {
	slices.Sort(s.needs)
	s.needs = slices.Compact(s.needs)
	ids := make([][sha256.Size]byte, 0, len(s.options))
	var total float64
	for i := range s.options {
		total += s.options[i].weight
		s.options[i].upto = total
		ids = append(ids, s.options[i].about().id)
	}
	s.id = hash("set ", ids...)
	for i := range s.options {
		if total == 0 {
			s.options[i].weight, s.options[i].upto = 1, float64(i+1)
		}
	}
	return s
}

// one is the choice of an option.
func (s *set) one() node {
	if len(s.options) == 1 {
		return s.options[0].node
	}
	c := &choice{s.facts, s}
	c.size++
	return c
}

type choice struct {
	facts
	from *set
}

// spread returns the options with weights that add up to the one given.
func (c *choice) spread(weight float64) []option {
	all := slices.Clone(c.from.options)
	total := all[len(all)-1].upto
	for i := range all {
		all[i].weight *= weight / total
	}
	return all
}

type pick struct {
	facts
	from         *set
	lower, upper int
	joiner       string
}

func (l *library) pick(s *set, lower, upper int, joiner string) (node, error) {
	p := &pick{s.facts, s, lower, upper, joiner}
	p.id = hash(fmt.Sprintf("pick %d %d %q ", lower, upper, joiner), s.id)
	p.size, p.cells = 1+upper*(s.size+len(joiner)), upper*s.cells
	var err error
	if p.count, err = l.ways(s, lower, upper); err != nil {
		return nil, err
	}
	return p, nil
}
