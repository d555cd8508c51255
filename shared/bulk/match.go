package bulk

import (
	"cmp"
	"slices"
)

// found is what the folder has for a row.
type found uint8

const (
	foundNothing found = iota
	foundPicture       // of what the row asks for
	foundRenamed       // the same, made for a row with another custom_id
	foundChanged       // of what the row asked for when it was made
	foundFailure       // of what the row asks for
	foundMissing       // it had the picture, and no file is it
	foundGone          // the same, and a run before has said so
)

// match says of one row what was found, and which entry of the manifest it is.
type match struct {
	found found
	ref   int32
}

// matcher deals the entries of a manifest out to the rows of a file. Each entry goes to one row at most, so that of three
// equal rows two are made where one picture lies.
type matcher struct {
	index     *manifestIndex
	rows      []tableRow
	simulated bool // simulated ends count
	byPrint   []int32
	taken     []bool
	matches   []match
}

// match deals out what the folder has. See the package's comment for the rule. What is dealt out is of this run, and stands
// where its row does.
func (f *Folder) match(rows []tableRow, simulated, redo bool) []match {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &matcher{
		index: &f.index, rows: rows, simulated: simulated,
		taken: make([]bool, len(f.index.refs)), matches: make([]match, len(rows)),
	}
	m.sort()
	sameKey := func(r *tableRow, e *entryRef) bool { return r.key == e.key }
	sameID := func(r *tableRow, e *entryRef) bool { return r.id == e.id }
	anyID := func(*tableRow, *entryRef) bool { return true }
	m.deal(flagMade, foundPicture, sameKey)
	m.deal(flagMade, foundPicture, sameID)
	m.deal(flagMade, foundRenamed, anyID)
	if !redo {
		m.dealChanged()
	}
	for _, same := range []func(*tableRow, *entryRef) bool{sameKey, sameID, anyID} {
		m.deal(flagFailed, foundFailure, same)
		m.deal(flagMissing, foundMissing, same)
		m.deal(flagGone, foundGone, same)
	}
	for n, one := range m.matches {
		if one.found != foundNothing {
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
func (m *matcher) deal(flag uint16, as found, fits func(*tableRow, *entryRef) bool) {
	for n := range m.rows {
		if m.matches[n].found != foundNothing {
			continue
		}
		row := &m.rows[n]
		at, _ := slices.BinarySearchFunc(m.byPrint, row.print, func(ref int32, print uint64) int {
			return cmp.Compare(m.index.refs[ref].print, print)
		})
		for ; at < len(m.byPrint) && m.index.refs[m.byPrint[at]].print == row.print; at++ {
			ref := m.byPrint[at]
			if e := &m.index.refs[ref]; !m.taken[ref] && e.is(flag) && fits(row, e) {
				m.take(n, as, ref)
				break
			}
		}
	}
}

func (m *matcher) take(row int, as found, ref int32) {
	m.matches[row], m.taken[ref] = match{as, ref}, true
}

// dealChanged gives the rows the pictures that were made under their keys for something else, unless what they ask for now
// has failed since. Where it had failed before, the picture is that of the row repaired, from whatever file.
func (m *matcher) dealChanged() {
	for n := range m.rows {
		if m.matches[n].found != foundNothing {
			continue
		}
		ref, there := m.index.keys[m.rows[n].key]
		for there && ref != none {
			e := &m.index.refs[ref]
			if e.is(flagFailed) && e.print == m.rows[n].print {
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
func (m *matcher) changed(row *tableRow) found {
	for e := range m.index.of(row.key) {
		if e.is(flagFailed) && e.print == row.print {
			return foundPicture
		}
	}
	return foundChanged
}

// fetchedOf is how many pictures of a batch came into the folder at one time or another.
func (f *Folder) fetchedOf(batch string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index.came[digestOf(batch)]
}

// knows reports whether a picture of a key came into the folder at one time or another, of what was asked for.
func (f *Folder) knows(key string, print uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := range f.index.of(digestOf(key)) {
		if e.at >= 0 && e.print == print && e.flags&(flagMade|flagMissing|flagGone) != 0 {
			return true
		}
	}
	return false
}

// entryOf returns what memory holds of an entry.
func (f *Folder) entryOf(ref int32) entryRef {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index.refs[ref]
}

// keyOf is the key of an entry.
func (f *Folder) keyOf(ref int32) (string, error) {
	e, err := f.entry(f.entryOf(ref).at)
	return e.Key, err
}

// dismiss records that the picture of an entry is missing, and that this was said.
func (f *Folder) dismiss(ref int32) error {
	e, err := f.entry(f.entryOf(ref).at)
	if err != nil {
		return err
	}
	e.Gone = true
	return f.append(e, true)
}

// give records that a picture which gave itself an entry is that of a row.
func (f *Folder) give(ref int32, l line) error {
	e, err := f.entry(f.entryOf(ref).at)
	if err != nil {
		return err
	}
	e.Key, e.CustomID, e.Line, e.Input.CustomID = l.Key, l.CustomID, l.Number, l.Key
	return f.append(e, true)
}
