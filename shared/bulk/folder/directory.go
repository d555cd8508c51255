package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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

// hash is the SHA-256 of a file in hexadecimal. A link that leads out of the folder is not followed.
func (d *directory) hash(name string) (string, error) {
	file, err := d.root.Open(local(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
