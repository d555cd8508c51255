package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"easel/shared/smalldisk"
)

// smallDisk mounts a file system for a data folder, which a test can fill without harm to others. It
// reports false where this user may not mount.
func smallDisk(t *testing.T, jobs int) (dir string, ok bool) {
	t.Helper()
	dir = t.TempDir()
	size := 64<<20 + jobs*48<<10
	return dir, smalldisk.Mount(t, dir, "size="+strconv.Itoa(size)) == nil
}

// fill leaves no block free on the disk.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}
