package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
// What lies on the disk, what the manifest records and what was ordered have types of their own, and a Folder is all of them.
type Folder struct {
	*directory
	*manifest
	*orders
	*thumbnails

	lock  *flock.Flock
	fresh bool     // it was no folder of pictures before
	made  []string // folders that opening it has made, the deepest first

	pageCards, embedCards int // of contact.html

	// Dialect is how the source of this run is written, where it is a table. failed.csv is written so too: the program that
	// wrote the source opens both, and one that looks for semicolons shows a single column otherwise.
	Dialect prompt.Taken
}

// Open opens the folder, makes it if need be, and reads what it knows of its pictures. The error is [ErrBusy] if
// another run has it.
func Open(dir string) (*Folder, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %s: %w", dir, err)
	}
	d := &directory{Path: full}
	f := &Folder{
		directory: d, manifest: &manifest{directory: d, index: newManifestIndex()}, orders: &orders{directory: d}, thumbnails: &thumbnails{directory: d},
		made: missing(full), pageCards: pageCards, embedCards: embedCards,
	}
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
	if f.file != nil {
		if err := errors.Join(f.file.Sync(), f.file.Close()); err != nil {
			all = append(all, f.fail("write", manifestFile, err))
		}
		f.file = nil
	}
	if unused {
		// While the lock is held: a process that waits for it finds no folder to go on in. A file that cannot be removed stays and does no harm.
		_, _ = f.root.Remove(manifestFile), f.root.RemoveAll(inner)
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
