package folder

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"easel/shared/model"
	"easel/shared/picture"
)

// verifiers is how many files are looked at at once: enough to keep a disk busy, few enough for its heads.
const verifiers = 4

// A check is one picture to be held against its entry.
type check struct {
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Size     int64     `json:"size_bytes"`
	Modified time.Time `json:"modified_at"`
	JobID    string    `json:"job_id"`

	ref   int32
	at    int64
	taken bool  // another picture has its path
	now   int64 // bytes of the file that is there
	found fileState
	err   error // it cannot be told
}

// fileState is what stands at the path of a picture.
type fileState int

const (
	fileGone    fileState = iota // nothing
	fileBroken                   // a file that holds no picture
	fileSame                     // the picture
	fileTouched                  // the picture, with another time of change
	fileEdited                   // another picture
)

// Verify holds every picture against the manifest: by size and time of change, else by SHA-256. What is not in its place is
// looked for in the whole folder, and what the manifest does not know is asked for its job: see recover.go. A file that
// cannot be read is an error, since it may well be the picture. progress may be nil and is never called twice at once.
func (f *Folder) Verify(ctx context.Context, progress func(done, all int)) error {
	v := verification{f}
	displaced, err := v.verifyPlaces(ctx, progress)
	if err != nil {
		return err
	}
	return v.recover(ctx, displaced)
}

// verification holds the pictures of a folder against its manifest.
type verification struct{ *Folder }

// verifyPlaces looks at the path of every picture. It returns those that are not there, or another in their place.
func (v verification) verifyPlaces(ctx context.Context, progress func(done, all int)) (displaced []check, err error) {
	made, end := v.recorded()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	todo, checked := make(chan check), make(chan check)
	var unread error
	go func() {
		defer close(todo)
		unread = v.checks(ctx, made, end, todo)
	}()
	go v.work(todo, checked)
	var failed error
	done := 0
	for c := range checked {
		done++
		if err := v.note(c); failed == nil {
			failed = err
		}
		if c.found == fileGone || c.found == fileBroken || c.found == fileEdited {
			displaced = append(displaced, c)
		}
		if progress != nil {
			progress(done, len(made))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return displaced, errors.Join(unread, failed)
}

// recorded are the entries that tell of a picture, by where their lines begin, and the end of these lines.
func (m *manifest) recorded() (made map[int64]int32, end int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	made = map[int64]int32{}
	for n := range m.index.refs {
		if e := &m.index.refs[n]; e.at >= 0 && e.flags&(flagMade|flagMissing|flagGone) != 0 {
			made[e.at] = int32(n)
		}
	}
	return made, m.end
}

// checks streams what is to be looked at: the pictures of the lines that count.
func (v verification) checks(ctx context.Context, made map[int64]int32, end int64, todo chan<- check) error {
	return v.lines(end, func(at int64, text []byte) error {
		ref, counts := made[at]
		if !counts {
			return nil
		}
		c := check{ref: ref, at: at, taken: v.taken(ref)}
		if err := json.Unmarshal(text, &c); err != nil {
			return v.fail("read", manifestFile, err)
		}
		select {
		case todo <- c:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// taken reports whether another entry has its picture at the path of this one.
func (m *manifest) taken(ref int32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index.paths[m.index.refs[ref].path] != ref
}

// lines reads the manifest as far as an offset.
func (m *manifest) lines(end int64, visit func(at int64, text []byte) error) error {
	in := newLines(io.NewSectionReader(m.file, 0, end))
	for {
		err := in.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return m.fail("read", manifestFile, err)
		}
		if err := visit(in.start, in.text); err != nil {
			return err
		}
	}
}

// work looks at several files at once and closes checked at the end.
func (v verification) work(todo <-chan check, checked chan<- check) {
	defer close(checked)
	var wg sync.WaitGroup
	for range verifiers {
		wg.Go(func() {
			for c := range todo {
				c.found, c.err = v.compare(&c)
				checked <- c
			}
		})
	}
	wg.Wait()
}

// compare says what stands at the path of a picture.
func (v verification) compare(c *check) (fileState, error) {
	if c.taken {
		return fileGone, nil
	}
	info, err := v.root.Lstat(local(c.File))
	switch {
	case absent(err):
		return fileGone, nil
	case err != nil:
		return fileGone, v.fail("look at", c.File, err)
	case !info.Mode().IsRegular():
		return fileGone, nil
	}
	c.now = info.Size()
	switch {
	case c.now != c.Size:
		return v.stateOf(c.File)
	case info.ModTime().Equal(c.Modified):
		return fileSame, nil
	}
	hash, err := v.hash(c.File)
	switch {
	case absent(err):
		return fileGone, nil
	case err != nil:
		return fileGone, v.fail("read", c.File, err)
	case hash == c.SHA256:
		return fileTouched, nil
	}
	return v.stateOf(c.File)
}

// stateOf tells a picture, whichever it is, from a file that holds none or a part of one, as a power cut leaves it.
func (d *directory) stateOf(name string) (fileState, error) {
	data, err := d.readPicture(name)
	switch {
	case errors.Is(err, errNoThumb):
		if _, err := model.Sniff(data); err == nil { // too large for a picture of Easel's, but one
			return fileEdited, nil
		}
		return fileBroken, nil
	case absent(err):
		return fileGone, nil
	case err != nil:
		return fileGone, d.fail("read", name, err)
	}
	flaw := picture.Check(data)
	if _, err := model.Sniff(data); err != nil || errors.Is(flaw, picture.ErrTruncated) || errors.Is(flaw, picture.ErrDamaged) {
		return fileBroken, nil //nolint:nilerr // it is no picture
	}
	return fileEdited, nil
}

// note takes up what was found. A picture that was found by its content is recorded with its new time of change: a folder
// that was copied is read in full once and not for every run.
func (v verification) note(c check) error {
	if c.err != nil {
		return c.err
	}
	flags := map[fileState]uint16{fileGone: flagMissing, fileBroken: flagMissing | flagBroken, fileSame: flagMade, fileTouched: flagMade, fileEdited: flagMade | flagEdited}
	if !v.mark(c, flags[c.found]) || c.found != fileTouched {
		return nil
	}
	return v.renew(c, c.File, false)
}

// mark notes what became of the file of an entry, unless its row has ended anew in the meantime.
func (m *manifest) mark(c check, file uint16) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := &m.index.refs[c.ref]
	if e.at != c.at {
		return false
	}
	if e.is(flagGone) && file == flagMissing {
		return true // it was said before
	}
	e.set(file)
	return true
}

// renew records that the picture of an entry lies at a path. Edited: it is another file since, and its SHA-256 stays what was
// fetched.
func (v verification) renew(c check, file string, edited bool) error {
	e, err := v.entry(c.at)
	if err != nil {
		return err
	}
	e.File, e.ModifiedAt, e.Gone = file, nil, false
	if !edited {
		if err := v.look(&e); err != nil {
			return err
		}
	}
	if err := v.append(e, false); err != nil || !edited {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.index.refs[c.ref].set(flagMade | flagEdited)
	return nil
}
