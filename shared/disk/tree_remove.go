package disk

import (
	"errors"
	"path"
)

// remove removes those files of a directory that are there, one after the other, and the directories that this empties. They
// are gone for good once [tree.settle] has returned.
func (t *tree) remove(dir string, names ...string) error {
	in, err := t.root.OpenRoot(dir)
	if err != nil {
		if info, unknown := t.root.Stat(dir); absent(unknown) || unknown == nil && !info.IsDir() {
			return nil
		}
		return err
	}
	for _, name := range names {
		info, err := in.Lstat(name)
		if err == nil && !info.IsDir() {
			err = in.Remove(name)
		}
		if err != nil && !absent(err) {
			return errors.Join(err, in.Close())
		}
	}
	if err := errors.Join(in.Close(), t.sync(dir)); err != nil { // what was erased must not come back
		return err
	}
	t.prune(dir)
	return nil
}

// removeAll removes a directory if it is there, with what it holds, and the directories that this empties. As with
// [tree.remove] all is gone for good later.
func (t *tree) removeAll(dir string) error {
	if _, err := t.root.Lstat(dir); err != nil {
		if absent(err) {
			return nil
		}
		return err
	}
	t.forget(dir)
	err := errors.Join(t.root.RemoveAll(dir), t.sync(path.Dir(dir))) // what was erased must not come back
	t.prune(path.Dir(dir))
	return err
}

// prune removes the directory and those above it as far as they are empty. What is there but is no directory stays.
func (t *tree) prune(dir string) {
	for ; dir != "."; dir = path.Dir(dir) {
		info, err := t.root.Lstat(dir)
		if err != nil || !info.IsDir() || t.root.Remove(dir) != nil {
			return
		}
		t.forget(dir)
	}
}
