package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// directory is the folder on its disk. Nothing is read or written outside of it, whatever links lie there.
type directory struct {
	Path string // absolute

	root *os.Root
}

// fail says what could not be done, with which file, where, and what may help.
func (d *directory) fail(what, name string, err error) error {
	return fmt.Errorf("%s %s in folder %s: %w%s", what, name, d.Path, err, advice(err))
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
func (d *directory) FreeBytes() uint64 { return free(d.Path) }

// absent reports whether an error means that there is no such file, be it that a part of its path is a file itself.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Aside is where a file lies that is no picture and that people need not see.
func (d *directory) Aside(name string) string { return filepath.Join(d.Path, inner, name) }

func local(name string) string { return filepath.FromSlash(name) }
