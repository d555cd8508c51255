package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// staging holds files that are being written. No key can lie in it, since no part of a key begins with a dot.
const staging = ".tmp"

// tree is a folder in which files appear whole and durable or not at all, and from which no name leads out.
type tree struct {
	path string
	root *os.Root
	self *os.File  // the folder itself
	all  *together // nil: each file and each directory is flushed for itself

	mu    sync.Mutex
	grown map[string]bool // directories that are durable, as far as others were made in them
}

// openTree opens the folder, which may not exist yet, and clears away what an earlier process left half-written.
// No other process may be writing there.
func openTree(folder string) (*tree, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("create folder %s: %w%s", folder, err, advice(err))
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w%s", folder, err, advice(err))
	}
	t := &tree{path: folder, root: root}
	if t.self, err = root.Open("."); err == nil {
		if flushSelf := flushOf(t.self); flushSelf != nil {
			t.all = newTogether(flushSelf)
		}
		err = t.clear()
	}
	if err != nil {
		return nil, t.fail("prepare", staging, errors.Join(err, t.close()))
	}
	return t, nil
}

// close lets go of the folder.
func (t *tree) close() error {
	if t.self == nil {
		return t.root.Close()
	}
	return errors.Join(t.self.Close(), t.root.Close())
}

func (t *tree) clear() error {
	if err := t.root.RemoveAll(staging); err != nil {
		return err
	}
	if err := t.root.Mkdir(staging, 0o700); err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(t.path))
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder that others made for us: theirs to keep
	}
	return flush(parent, err)
}

// write makes the file appear under the name with these bytes, in place of any that was there.
func (t *tree) write(name string, data []byte) error {
	temps, err := t.stage(data)
	if err == nil {
		defer t.discard(temps...)
		err = t.place(staged{temps[0], name})
	}
	if err == nil {
		err = t.settle()
	}
	return t.fail("write", name, err)
}

// once returns what a file holds. If there is none it is written.
func (t *tree) once(name string, first []byte) ([]byte, error) {
	data, err := t.root.ReadFile(name)
	switch {
	case absent(err):
		return first, t.write(name, first)
	case err != nil:
		return nil, t.fail("read", name, err)
	}
	return data, nil
}

// staged is a file on its way to its name.
type staged struct{ temp, name string }

// stage writes files durably under names in the staging folder, which no reader opens.
func (t *tree) stage(files ...[]byte) (temps []string, err error) {
	for _, data := range files {
		temp := path.Join(staging, rand.Text())
		temps = append(temps, temp)
		if err = t.create(temp, data); err != nil {
			break
		}
	}
	if err == nil {
		err = t.settle()
	}
	if err != nil {
		t.discard(temps...)
		return nil, err
	}
	return temps, nil
}

func (t *tree) create(name string, data []byte) error {
	f, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && t.all == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// place gives staged files their names in one directory. Once [tree.settle] has returned they are there after a crash;
// before, a later one is not there without those before it.
func (t *tree) place(files ...staged) error {
	dir := path.Dir(files[0].name)
	if err := t.mkdir(dir); err != nil {
		return err
	}
	for _, f := range files {
		if err := t.root.Rename(f.temp, f.name); err != nil {
			return err
		}
	}
	return t.sync(dir)
}

// settle makes durable what was done before, where that is done for all together.
func (t *tree) settle() error {
	if t.all == nil {
		return nil
	}
	return t.all.wait()
}

// discard removes staged files that have got no name. What cannot be removed now goes when the folder is opened next.
func (t *tree) discard(temps ...string) {
	for _, temp := range temps {
		_ = t.root.Remove(temp)
	}
}

// mkdir creates the directory. A new directory is an entry in the one above it, so those are made durable too, but once.
func (t *tree) mkdir(dir string) error {
	if dir == "." || t.durable(dir) {
		return nil
	}
	above := path.Dir(dir)
	known := t.durable(above)
	if err := t.mkdir(above); err != nil {
		return err
	}
	err := t.root.Mkdir(dir, 0o700)
	switch {
	case known && errors.Is(err, fs.ErrNotExist): // another process or a person removed it
		t.forget(above)
		return t.mkdir(dir)
	case err != nil && !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := t.sync(above); err != nil {
		return err
	}
	t.grow(above)
	return nil
}

// maxGrown bounds how many directories are remembered.
const maxGrown = 1000

// durable reports whether the directory and those above it need not be made.
func (t *tree) durable(dir string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.grown[dir]
}

// grow remembers a directory in which another was made. Those in which none is are too many, and are filled once.
func (t *tree) grow(dir string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.grown == nil || len(t.grown) >= maxGrown {
		t.grown = map[string]bool{}
	}
	t.grown[dir] = true
}

// forget says that a directory is removed, with those in it.
func (t *tree) forget(dir string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.grown[dir] {
		t.grown = nil
	}
}

// look returns what is known of a file, or fs.ErrNotExist. A directory is no file.
func (t *tree) look(name string) (fs.FileInfo, error) {
	info, err := t.root.Stat(name)
	if absent(err) || err == nil && info.IsDir() {
		return nil, fs.ErrNotExist
	}
	return info, err
}

// sync makes a directory's entries durable, where that is done for each.
func (t *tree) sync(dir string) error {
	if t.all != nil {
		return nil
	}
	return flush(t.root.Open(dir))
}

// flush makes a directory's entries durable and closes it. Windows has no such call, and some network
// file systems refuse it.
func flush(dir *os.File, err error) error {
	if err != nil {
		return err
	}
	defer dir.Close()
	if runtime.GOOS == "windows" {
		return nil
	}
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// fail says what could not be done, with which file, where, and what may help. It is nil where nothing failed.
func (t *tree) fail(what, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s in folder %s: %w%s", what, name, t.path, err, advice(err))
}

func advice(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return " (free some space on this disk)"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return " (easel must be able to write there: check the folder's owner and mode)"
	}
	return ""
}

// absent reports whether an error means that there is no such file, be it that a part of its path is a file itself.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
