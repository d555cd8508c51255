package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"easel/shared/prompt"
)

// What a folder holds beside its pictures. No picture's path begins with a dot or has one of these names.
const (
	inner        = ".easel"
	lockFile     = inner + "/lock"
	batchFile    = inner + "/batch.json"
	staging      = inner + "/part" // files that are being written
	thumbFolder  = inner + "/thumbs"
	failedMark   = inner + "/failed.sha256"
	manifestFile = "manifest.jsonl"
	failedFile   = "failed.csv"
	contactFile  = "contact.html"
)

// ErrBusy says that another run has the folder.
var ErrBusy = errors.New("busy")

// Folder is a folder of pictures that this process has to itself. Its methods may be called by several goroutines at once.
type Folder struct {
	Path string           // absolute
	Now  func() time.Time // nil: time.Now

	root *os.Root
	lock *flock.Flock

	fresh bool     // it was no folder of pictures before
	made  []string // folders that opening it has made, the deepest first

	pageCards, embedCards int // of contact.html

	// dialect is how the source of this run is written, where it is a table. failed.csv is written so too: the program that
	// wrote the source opens both, and one that looks for semicolons shows a single column otherwise.
	Dialect prompt.Taken

	mu       sync.Mutex
	batches  []Batch
	header   []string // of the cells that come
	manifest *os.File
	end      int64 // of the whole lines in the manifest
	synced   time.Time
	index    manifestIndex
	broken   prompt.Faults // lines of the manifest that were skipped
	unknown  int           // pictures of the folder of which nothing is known

	brush sync.Mutex // one picture is decoded at a time: each takes many times its size in memory
}

// Open opens the folder, makes it if need be, and reads what it knows of its pictures. The error is [ErrBusy] if
// another run has it.
func Open(dir string) (*Folder, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", dir, err)
	}
	f := &Folder{Path: full, index: newManifestIndex(), pageCards: pageCards, embedCards: embedCards}
	f.made = missing(full)
	if err := os.MkdirAll(full, 0o777); err != nil {
		return nil, fmt.Errorf("create folder %s: %w%s", full, err, advice(err))
	}
	if f.root, err = os.OpenRoot(full); err != nil {
		return nil, fmt.Errorf("open folder %s: %w%s", full, err, advice(err))
	}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Folder) open() error {
	_, err := f.root.Lstat(inner)
	fresh := absent(err)
	if err := f.take(); err != nil {
		return err
	}
	if err := f.clear(); err != nil {
		return f.fail("prepare", staging, err)
	}
	if err := f.loadBatches(); err != nil {
		return err
	}
	if err := f.loadManifest(); err != nil {
		return err
	}
	f.fresh = fresh
	return nil
}

// take locks the folder. The file is made through the root first, so that no link leads the lock outside.
func (f *Folder) take() error {
	if err := f.root.MkdirAll(inner, 0o777); err != nil {
		return f.fail("create", inner, err)
	}
	file, err := f.root.OpenFile(local(lockFile), os.O_CREATE|os.O_RDONLY, 0o666)
	if err != nil {
		return f.fail("create", lockFile, err)
	}
	if err := file.Close(); err != nil {
		return f.fail("create", lockFile, err)
	}
	f.lock = flock.New(filepath.Join(f.Path, local(lockFile)))
	ok, err := f.lock.TryLock()
	if err != nil {
		return f.fail("lock", lockFile, err)
	}
	if !ok {
		return fmt.Errorf("folder %s is %w: another easel fetches pictures into it. Wait until that has ended, or choose another folder", f.Path, ErrBusy)
	}
	return nil
}

// clear removes what an earlier run left half-written.
func (f *Folder) clear() error {
	if err := f.root.RemoveAll(local(staging)); err != nil {
		return err
	}
	return f.root.Mkdir(local(staging), 0o777)
}

// Close makes the manifest durable and lets others have the folder. Where nothing was ordered for a new folder, it leaves
// none behind.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	unused := f.unused()
	if f.manifest != nil {
		if err := errors.Join(f.manifest.Sync(), f.manifest.Close()); err != nil {
			all = append(all, f.fail("write", manifestFile, err))
		}
		f.manifest = nil
	}
	if unused {
		f.undo()
	}
	if f.lock != nil {
		all = append(all, f.lock.Close())
	}
	all = append(all, f.root.Close())
	for _, dir := range f.made {
		if !unused || os.Remove(dir) != nil { // not where it holds anything
			break
		}
	}
	return errors.Join(all...)
}

// Warnings are what was wrong in the manifest and had to be skipped, one sentence for each kind of it.
func (f *Folder) Warnings() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.broken.Kinds {
		all = append(all, manifestFile+", "+k.String())
	}
	return all
}

// fail says what could not be done, with which file, where, and what may help.
func (f *Folder) fail(what, name string, err error) error {
	return fmt.Errorf("%s %s in folder %s: %w%s", what, name, f.Path, err, advice(err))
}

func advice(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return " (free some space on this disk and run again: what is there already is not paid again)"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return " (easel must be able to write there: check the folder's owner and mode, or choose another)"
	}
	return ""
}

// FreeBytes is how much room its disk has left; 0: that is not known.
func (f *Folder) FreeBytes() uint64 { return free(f.Path) }

// absent reports whether an error means that there is no such file, be it that a part of its path is a file itself.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Aside is where a file lies that is no picture and that people need not see.
func (f *Folder) Aside(name string) string { return filepath.Join(f.Path, inner, name) }

func local(name string) string { return filepath.FromSlash(name) }

func (f *Folder) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}
