package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// verifiers is how many files are looked at at once: enough to keep a disk busy, few enough for its heads.
const verifiers = 4

// A check is one picture to be held against its entry.
type check struct {
	Key      string    `json:"key"`
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Size     int64     `json:"size_bytes"`
	Modified time.Time `json:"modified_at"`

	at    int64
	there bool  // it is the picture
	moved bool  // its time of change is another: found by its content
	err   error // it cannot be told
}

// Verify holds every picture against the manifest: by size and time of change, else by SHA-256. What is gone or differs
// counts as made no more. A file that cannot be read is an error, since it may well be the picture. progress may be nil
// and is never called twice at once.
func (f *Folder) Verify(ctx context.Context, progress func(done, all int)) error {
	f.mu.Lock()
	all, end := len(f.roll.inOrder(flagMade)), f.end
	f.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	todo, checked := make(chan check), make(chan check)
	var unread error
	go func() {
		defer close(todo)
		unread = f.checks(ctx, end, todo)
	}()
	go f.work(ctx, todo, checked)
	var failed error
	done := 0
	for c := range checked {
		done++
		if err := f.judge(c); failed == nil {
			failed = err
		}
		if progress != nil {
			progress(done, all)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(unread, failed)
}

// checks streams what is to be looked at: the pictures of the lines that count.
func (f *Folder) checks(ctx context.Context, end int64, todo chan<- check) error {
	in := newLines(io.NewSectionReader(f.manifest, 0, end))
	for {
		err := in.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.fail("read", manifestFile, err)
		}
		c := check{at: in.start}
		if json.Unmarshal(in.text, &c) != nil || !f.counts(c) {
			continue
		}
		select {
		case todo <- c:
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *Folder) counts(c check) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, ok := f.roll.find(c.Key)
	return ok && m.at == c.at && m.is(flagMade)
}

// work looks at several files at once and closes checked at the end.
func (f *Folder) work(ctx context.Context, todo <-chan check, checked chan<- check) {
	defer close(checked)
	var wg sync.WaitGroup
	for range verifiers {
		wg.Go(func() {
			for c := range todo {
				f.compare(ctx, &c)
				checked <- c
			}
		})
	}
	wg.Wait()
}

func (f *Folder) compare(ctx context.Context, c *check) {
	info, err := f.root.Lstat(local(c.File))
	if absent(err) {
		return
	}
	if err != nil {
		c.err = f.fail("look at", c.File, err)
		return
	}
	if !info.Mode().IsRegular() || info.Size() != c.Size {
		return
	}
	if info.ModTime().Equal(c.Modified) {
		c.there = true
		return
	}
	hash, err := f.hash(ctx, c.File)
	if absent(err) {
		return
	}
	if err != nil {
		c.err = f.fail("read", c.File, err)
		return
	}
	c.there = hash == c.SHA256
	c.moved = c.there
}

// hash is the SHA-256 of a file in hexadecimal. A link that leads out of the folder is not followed.
func (f *Folder) hash(ctx context.Context, name string) (string, error) {
	file, err := f.root.Open(local(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, patient{ctx, file}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// patient is a file that is read no further once nobody waits.
type patient struct {
	ctx  context.Context
	file *os.File
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.file.Read(b)
}

// judge takes up what was found. A picture that was found by its content is recorded with its new time of change: a
// folder that was copied is read in full once and not for every run.
func (f *Folder) judge(c check) error {
	switch {
	case c.err != nil:
		return c.err
	case c.moved:
		return f.renew(c)
	case !c.there:
		f.mu.Lock()
		defer f.mu.Unlock()
		if m, ok := f.roll.find(c.Key); ok && m.at == c.at {
			m.flags &^= flagMade
		}
	}
	return nil
}

func (f *Folder) renew(c check) error {
	e, err := f.entry(c.at)
	if err != nil {
		return err
	}
	if err := f.look(&e); err != nil {
		return err
	}
	if !f.counts(c) {
		return nil // the row has ended anew in the meantime
	}
	return f.append(e, false)
}
