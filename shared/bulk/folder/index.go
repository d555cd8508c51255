package folder

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"easel/shared/job"
)

// The flags of an [entryRef].
const (
	flagMade      uint16 = 1 << iota // its picture lies in the folder
	flagMissing                      // its picture was made, and no file of the folder is it
	flagBroken                       // of flagMissing: a file that is no picture stands at its path, as a power cut leaves it
	flagGone                         // the same, and a run before has said so
	flagEdited                       // of flagMade: the file at its path is another one since
	flagSimulated                    // the picture, or the failure, is the simulator's
	flagFailed
	flagAsked    // of a row of this run: failed.csv lists it, and the sheet shows it before others
	flagAdopted  // a picture gave itself the entry, and no row has taken it yet
	flagRejected // its picture lies in a folder named rejected
)

// rejectedFolder is where a person puts pictures aside that count and are not wanted.
const rejectedFolder = "rejected"

// none is the number of no [entryRef].
const none int32 = -1

// entryRef is what memory holds of the last entry of one key and one fingerprint. The rest is read from the manifest where
// it is needed.
type entryRef struct {
	at    int64  // where the line begins that counts; less than 0: there is none yet
	print uint64 // the first half of the fingerprint's digits
	key   Digest
	path  Digest // of its picture
	id    uint32 // of the row's custom_id; 0: it had none
	line  int32
	older int32 // the entry of the same key with another fingerprint that was recorded before; none: there is none
	flags uint16
}

func (e *entryRef) is(flags uint16) bool { return e.flags&flags == flags }

func (e *entryRef) state() State {
	return State{
		Made: e.is(flagMade), Simulated: e.is(flagSimulated), Failed: e.is(flagFailed), Named: e.id != 0,
		Edited: e.is(flagEdited), Rejected: e.is(flagRejected), Broken: e.is(flagBroken), Adopted: e.is(flagAdopted),
	}
}

// set replaces what is known of the file.
func (e *entryRef) set(file uint16) {
	e.flags = e.flags&^(flagMade|flagMissing|flagBroken|flagGone|flagEdited) | file
}

// manifestIndex finds the entries of a manifest, in some 150 bytes for each. An entry of a key takes the place of an
// earlier one with the same fingerprint, and stands before those with others: the pictures of a row as it was once lie in
// the folder still, and count when the row is changed back.
type manifestIndex struct {
	refs  []entryRef
	keys  map[Digest]int32 // the entry of a key that was recorded last
	came  map[Digest]int   // how many pictures of a batch there are or were
	paths map[Digest]int32 // to which entry a path belongs; two paths of one hash only cost a longer name
}

func newManifestIndex() manifestIndex {
	return manifestIndex{keys: map[Digest]int32{}, came: map[Digest]int{}, paths: map[Digest]int32{}}
}

// of yields the entries of a key, the last first.
func (x *manifestIndex) of(key Digest) func(yield func(*entryRef) bool) {
	return func(yield func(*entryRef) bool) {
		n, there := x.keys[key]
		for there && n != none {
			e := &x.refs[n]
			n = e.older
			if !yield(e) {
				return
			}
		}
	}
}

// best is the entry by which a key is known where no fingerprint is asked for: a real picture, a picture, the last end.
func (x *manifestIndex) best(key Digest) (found *entryRef) {
	for e := range x.of(key) {
		better := found == nil || e.is(flagMade) && (!found.is(flagMade) || found.is(flagSimulated) && !e.is(flagSimulated))
		if e.at >= 0 && better {
			found = e
		}
	}
	return found
}

// slot is the place of a key's entry with a fingerprint, before the others of the key.
func (x *manifestIndex) slot(key Digest, print uint64) int32 {
	head, there := x.keys[key]
	if !there {
		head = none
	}
	before := none
	for n := head; n != none; before, n = n, x.refs[n].older {
		if e := &x.refs[n]; e.print != print && e.at >= 0 {
			continue
		}
		if before != none {
			x.refs[before].older, x.refs[n].older = x.refs[n].older, head
			x.keys[key] = n
		}
		x.refs[n].print = print
		return n
	}
	x.refs = append(x.refs, entryRef{at: -1, print: print, key: key, older: head})
	x.keys[key] = int32(len(x.refs) - 1)
	return x.keys[key]
}

// enter takes up an entry whose line begins at an offset. A canceled job changes nothing: what was there before is there
// still. Nor does a simulated end where there is a real picture.
func (x *manifestIndex) enter(at int64, e Entry, asked bool) {
	if !e.made() && e.Status != string(job.Failed) {
		return
	}
	n := x.slot(DigestOf(e.Key), e.Print())
	if asked {
		x.refs[n].flags |= flagAsked
	}
	if e.made() && !e.Gone {
		x.place(n, e.File)
	}
	ref := &x.refs[n]
	if e.Simulated && ref.is(flagMade) && !ref.is(flagSimulated) {
		return
	}
	if e.made() && (ref.at < 0 || ref.flags&(flagMade|flagMissing|flagGone) == 0) {
		x.came[DigestOf(e.BatchID)]++
	}
	ref.at, ref.line, ref.id = at, int32(e.Line), idOfRow(e.CustomID)
	ref.flags = ref.flags&flagAsked | flagsOf(e)
	if e.made() {
		ref.path = pathDigest(e.File)
	}
}

// place gives a path to an entry. The picture that another entry had there is missing, unless it had no row.
func (x *manifestIndex) place(n int32, file string) {
	at := pathDigest(file)
	if owner, taken := x.paths[at]; taken && owner != n && x.refs[owner].path == at {
		lost := flagMissing
		if x.refs[owner].is(flagAdopted) {
			lost = 0
		}
		x.refs[owner].set(lost)
	}
	x.paths[at] = n
}

// claim gives the path to a row for a picture that is to come, unless another row has it.
func (x *manifestIndex) claim(file, key string) bool {
	at, row := pathDigest(file), DigestOf(key)
	owner, taken := x.paths[at]
	if taken {
		return x.refs[owner].key == row
	}
	if _, there := x.keys[row]; !there {
		x.slot(row, 0)
	}
	x.paths[at] = x.keys[row]
	return true
}

func flagsOf(e Entry) (flags uint16) {
	if e.Simulated {
		flags |= flagSimulated
	}
	if strings.HasPrefix(e.Key, adoptedKey) {
		flags |= flagAdopted
	}
	if slices.Contains(strings.Split(path.Dir(e.File), "/"), rejectedFolder) {
		flags |= flagRejected
	}
	switch {
	case e.made() && e.Gone:
		return flags | flagGone
	case e.made():
		return flags | flagMade
	}
	return flags | flagFailed
}

// idOfRow stands for a custom_id among entries of one fingerprint. It is 0 where there is none.
func idOfRow(customID string) uint32 {
	if customID == "" {
		return 0
	}
	return max(1, uint32(DigestOf(customID)))
}

// with are the entries that have all of these flags: those of this run's rows in the order of its file, then the others.
func (x *manifestIndex) with(flags uint16) []int32 {
	var found []int32
	for n := range x.refs {
		if x.refs[n].at >= 0 && x.refs[n].is(flags) {
			found = append(found, int32(n))
		}
	}
	slices.SortFunc(found, func(a, b int32) int {
		return cmp.Or(cmp.Compare(x.refs[b].flags&flagAsked, x.refs[a].flags&flagAsked), cmp.Compare(x.refs[a].line, x.refs[b].line), cmp.Compare(x.refs[a].at, x.refs[b].at))
	})
	return found
}

// shown are the pictures that people are shown, in that order: of each key the last.
func (x *manifestIndex) shown() []int32 {
	return slices.DeleteFunc(x.with(flagMade), func(n int32) bool { return x.superseded(&x.refs[n]) })
}

// superseded reports whether a key has a later picture. A simulated one takes the place of no real one.
func (x *manifestIndex) superseded(ref *entryRef) bool {
	for e := range x.of(ref.key) {
		if e == ref {
			return false
		}
		if e.is(flagMade) && (!e.is(flagSimulated) || ref.is(flagSimulated)) {
			return true
		}
	}
	return false
}

// pathDigest is the same for paths that any file system takes for one: without regard to case, to the way in which accents
// are written, and to characters that show nothing.
func pathDigest(file string) Digest { return DigestOf(foldPath(file)) }

func foldPath(file string) string {
	file = strings.Map(func(r rune) rune {
		if r == joiner || r >= 0xfe00 && r <= 0xfe0f {
			return -1
		}
		return r
	}, file)
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.ToUpper(file))))
}
