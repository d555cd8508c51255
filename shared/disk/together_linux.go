package disk

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// whole are the file systems of which it is known that a flush of all of them leaves out nothing, and tells of errors. Those
// over a network or in user space may take it for less.
var whole = []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC}

// flushOf returns what flushes the whole file system of a folder that is open, or nil where each file has to be flushed.
func flushOf(folder *os.File) func() error {
	var s unix.Statfs_t
	if unix.Fstatfs(int(folder.Fd()), &s) != nil || !slices.Contains(whole, int64(s.Type)) || !tellsErrors() {
		return nil
	}
	return func() error { return os.NewSyscallError("syncfs", unix.Syncfs(int(folder.Fd()))) }
}

// tellsErrors reports whether the kernel, from 5.8 on, tells of data that could not be written.
func tellsErrors() bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	major, rest := number(unix.ByteSliceToString(name.Release[:]))
	minor, _ := number(rest)
	return major > 5 || major == 5 && minor >= 8
}

// number reads the number that a text begins with, and returns what follows behind one more character.
func number(text string) (n int, rest string) {
	for i, c := range []byte(text) {
		if c < '0' || c > '9' {
			return n, text[i+1:]
		}
		n = 10*n + int(c-'0')
	}
	return n, ""
}
