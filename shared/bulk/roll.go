package bulk

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"easel/shared/job"
)

// The flags of a [mark].
const (
	flagMade uint8 = 1 << iota
	flagSimulated
	flagFailed
	flagRetryable
	flagAsked // in this run
)

// mark is what is kept in memory of a row. What it was is read from the manifest where it is needed.
type mark struct {
	at    int64  // where the line begins that counts; less than 0: there is none yet
	print uint64 // the first half of the fingerprint's digits
	line  int32
	flags uint8
}

func (m *mark) is(flags uint8) bool { return m.flags&flags == flags }

func (m *mark) state() State {
	s := State{Made: m.is(flagMade), Simulated: m.is(flagSimulated), Failed: m.is(flagFailed), Retryable: m.is(flagRetryable)}
	if m.print != 0 {
		s.Fingerprint = fmt.Sprintf("%016x", m.print)
	}
	return s
}

// roll is the manifest in some 100 bytes a row.
type roll struct {
	marks []mark
	keys  map[digest]int32
	paths map[uint64]int32 // which row a path belongs to; two paths of one hash only cost a longer name
}

func newRoll() roll { return roll{keys: map[digest]int32{}, paths: map[uint64]int32{}} }

func (r *roll) find(key string) (*mark, bool) {
	id, ok := r.keys[digestOf(key)]
	if !ok {
		return nil, false
	}
	return &r.marks[id], true
}

// id returns the row's number, and gives it one.
func (r *roll) id(key string) int32 {
	d := digestOf(key)
	id, ok := r.keys[d]
	if !ok {
		id = int32(len(r.marks))
		r.marks = append(r.marks, mark{at: -1})
		r.keys[d] = id
	}
	return id
}

// brief is what the roll needs of an [Entry].
type brief struct {
	Key         string `json:"key"`
	Line        int    `json:"line"`
	Fingerprint string `json:"fingerprint"`
	File        string `json:"file"`
	Status      string `json:"status"`
	Simulated   bool   `json:"simulated"`
	Error       *struct {
		Retryable bool `json:"retryable"`
	} `json:"error"`
}

func (e Entry) brief() brief {
	b := brief{Key: e.Key, Line: e.Line, Fingerprint: e.Fingerprint, File: e.File, Status: e.Status, Simulated: e.Simulated}
	if e.Error != nil {
		b.Error = &struct {
			Retryable bool `json:"retryable"`
		}{e.Error.Retryable}
	}
	return b
}

// enter takes up the line that begins at an offset. A canceled job changes nothing: what was there before is there still.
func (r *roll) enter(at int64, b brief, asked bool) {
	id := r.id(b.Key)
	m := &r.marks[id]
	if asked {
		m.flags |= flagAsked
	}
	made := b.Status == string(job.Succeeded) && b.File != ""
	if made {
		r.paths[hashPath(b.File)] = id
	}
	if !made && b.Status != string(job.Failed) || b.Simulated && m.is(flagMade) && !m.is(flagSimulated) {
		return
	}
	m.at, m.line, m.print = at, int32(b.Line), printOf64(b.Fingerprint)
	m.flags = m.flags&flagAsked | flagsOf(b, made)
}

func flagsOf(b brief, made bool) (flags uint8) {
	if b.Simulated {
		flags |= flagSimulated
	}
	if made {
		return flags | flagMade
	}
	if b.Error != nil && b.Error.Retryable {
		flags |= flagRetryable
	}
	return flags | flagFailed
}

func printOf64(fingerprint string) uint64 {
	n, _ := strconv.ParseUint(fingerprint[:min(len(fingerprint), keyDigits)], 16, 64)
	return n
}

// claim gives the path to the row, unless another has it.
func (r *roll) claim(path, key string) bool {
	hash, id := hashPath(path), r.id(key)
	owner, taken := r.paths[hash]
	if taken && owner != id {
		return false
	}
	r.paths[hash] = id
	return true
}

// inOrder returns the rows that have all of these flags in the order of the source's lines.
func (r *roll) inOrder(flags uint8) []int32 {
	var ids []int32
	for id := range r.marks {
		if r.marks[id].at >= 0 && r.marks[id].is(flags) {
			ids = append(ids, int32(id))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int {
		if l := int(r.marks[a].line) - int(r.marks[b].line); l != 0 {
			return l
		}
		return int(min(1, max(-1, r.marks[a].at-r.marks[b].at)))
	})
	return ids
}

// hashPath is the same for paths that any file system takes for one: without regard to case, to the way in which accents
// are written, and to characters that show nothing.
func hashPath(path string) uint64 {
	d := digestOf(foldPath(path))
	return binary.BigEndian.Uint64(d[:8])
}

func foldPath(path string) string {
	path = strings.Map(func(r rune) rune {
		if r == joiner || r >= 0xfe00 && r <= 0xfe0f {
			return -1
		}
		return r
	}, path)
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.ToUpper(path))))
}
