package folder

import (
	"cmp"
	"slices"
)

// Found is what the folder has for a row.
type Found uint8

// What a folder has for a row.
const (
	Nothing Found = iota
	Picture       // of what the row asks for
	Renamed       // the same, made for a row with another custom_id
	Changed       // of what the row asked for when it was made
	Failure       // of what the row asks for
	Missing       // it had the picture, and no file is it
	Gone          // the same, and a run before has said so
)

// Match says of one row what was found, and which entry of the manifest it is.
type Match struct {
	Found Found
	ref   int32
}

// Row is what a folder has to know of a row to find what was made for it. It takes 24 bytes.
type Row struct {
	Key   Digest // by which the batch knows it
	Print uint64 // begins the fingerprint of what it asks for
	line  int32  // of the file
	id    uint32 // of its custom_id in the file; 0: it has none
}

// NewRow is the row of a line in a file.
func NewRow(key, customID string, print uint64, line int) Row {
	return Row{Key: DigestOf(key), Print: print, line: int32(line), id: idOfRow(customID)}
}

// matcher deals the entries of a manifest out to the rows of a file. Each entry goes to one row at most, so that of three
// equal rows two are made where one picture lies.
type matcher struct {
	index     *manifestIndex
	rows      []Row
	simulated bool // simulated ends count
	byPrint   []int32
	taken     []bool
	matches   []Match
}

// Match deals out what the folder has. See the package's comment for the rule. What is dealt out is of this run, and stands
// where its row does.
func (f *Folder) Match(rows []Row, simulated, redo bool) []Match {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &matcher{
		index: &f.index, rows: rows, simulated: simulated,
		taken: make([]bool, len(f.index.refs)), matches: make([]Match, len(rows)),
	}
	m.sort()
	sameKey := func(r *Row, e *entryRef) bool { return r.Key == e.key }
	sameID := func(r *Row, e *entryRef) bool { return r.id == e.id }
	anyID := func(*Row, *entryRef) bool { return true }
	m.deal(flagMade, Picture, sameKey)
	m.deal(flagMade, Picture, sameID)
	m.deal(flagMade, Renamed, anyID)
	if !redo {
		m.dealChanged()
	}
	for _, same := range []func(*Row, *entryRef) bool{sameKey, sameID, anyID} {
		m.deal(flagFailed, Failure, same)
		m.deal(flagMissing, Missing, same)
		m.deal(flagGone, Gone, same)
	}
	for n, one := range m.matches {
		if one.Found != Nothing {
			e := &f.index.refs[one.ref]
			e.flags, e.line = e.flags|flagAsked, rows[n].line
		}
	}
	return m.matches
}

// sort puts the entries in the order of what they were made for, the first line first.
func (m *matcher) sort() {
	for n := range m.index.refs {
		if e := &m.index.refs[n]; e.at >= 0 && (m.simulated || !e.is(flagSimulated)) {
			m.byPrint = append(m.byPrint, int32(n))
		}
	}
	slices.SortStableFunc(m.byPrint, func(a, b int32) int { return cmp.Compare(m.index.refs[a].print, m.index.refs[b].print) })
}

// deal gives each row that has nothing yet an entry of what it asks for.
func (m *matcher) deal(flag uint16, as Found, fits func(*Row, *entryRef) bool) {
	for n := range m.rows {
		if m.matches[n].Found != Nothing {
			continue
		}
		row := &m.rows[n]
		at, _ := slices.BinarySearchFunc(m.byPrint, row.Print, func(ref int32, print uint64) int {
			return cmp.Compare(m.index.refs[ref].print, print)
		})
		for ; at < len(m.byPrint) && m.index.refs[m.byPrint[at]].print == row.Print; at++ {
			ref := m.byPrint[at]
			if e := &m.index.refs[ref]; !m.taken[ref] && e.is(flag) && fits(row, e) {
				m.take(n, as, ref)
				break
			}
		}
	}
}

func (m *matcher) take(row int, as Found, ref int32) {
	m.matches[row], m.taken[ref] = Match{as, ref}, true
}

// dealChanged gives the rows the pictures that were made under their keys for something else, unless what they ask for now
// has failed since. Where it had failed before, the picture is that of the row repaired, from whatever file.
func (m *matcher) dealChanged() {
	for n := range m.rows {
		if m.matches[n].Found != Nothing {
			continue
		}
		ref, there := m.index.keys[m.rows[n].Key]
		for there && ref != none {
			e := &m.index.refs[ref]
			if e.is(flagFailed) && e.print == m.rows[n].Print {
				break // it is the later one
			}
			if e.is(flagMade) && !m.taken[ref] && (m.simulated || !e.is(flagSimulated)) {
				m.take(n, m.changed(&m.rows[n]), ref)
				break
			}
			ref = e.older
		}
	}
}

// changed is what a picture of a row's key is for the row, made for something else.
func (m *matcher) changed(row *Row) Found {
	for e := range m.index.of(row.Key) {
		if e.is(flagFailed) && e.print == row.Print {
			return Picture
		}
	}
	return Changed
}

// Fetched is how many pictures of a batch came into the folder at one time or another.
func (f *Folder) Fetched(batch string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index.came[DigestOf(batch)]
}

// Had reports whether a picture of a key came into the folder at one time or another, of what was asked for.
func (f *Folder) Had(key string, print uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := range f.index.of(DigestOf(key)) {
		if e.at >= 0 && e.print == print && e.flags&(flagMade|flagMissing|flagGone) != 0 {
			return true
		}
	}
	return false
}

// PicturesOf is how many pictures there are or were of what begins a fingerprint.
func (f *Folder) PicturesOf(print uint64) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.index.refs {
		e := &f.index.refs[i]
		if e.print == print && e.at >= 0 && !e.is(flagFailed) {
			n++
		}
	}
	return n
}

// State is what the folder knows of what was matched, by now.
func (f *Folder) State(m Match) State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index.refs[m.ref].state()
}

// KeyOf is the key under which it was recorded.
func (f *Folder) KeyOf(m Match) (string, error) {
	e, err := f.entry(f.startOf(m.ref))
	return e.Key, err
}

// Dismiss records that the picture is missing, and that this was said.
func (f *Folder) Dismiss(m Match) error {
	e, err := f.entry(f.startOf(m.ref))
	if err != nil {
		return err
	}
	e.Gone = true
	return f.append(e, true)
}

// Give records that a picture which gave itself an entry is that of a row.
func (f *Folder) Give(m Match, key, customID string, line int) error {
	e, err := f.entry(f.startOf(m.ref))
	if err != nil {
		return err
	}
	e.Key, e.CustomID, e.Line, e.Input.CustomID = key, customID, line, key
	return f.append(e, true)
}
