//go:build linux || darwin

package local

import (
	"io/fs"
	"os"
	"syscall"
)

// shared reports whether the mode of a file lets other users read it. The group may where the file belongs to another
// user: it is by the group then that this process reads it.
func shared(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	mine := !ok || int(owner.Uid) == os.Geteuid()
	return info.Mode().Perm()&0o004 != 0 || mine && info.Mode().Perm()&0o040 != 0
}

// readOnly reports whether the file lies on a mount that is read-only.
func readOnly(f *os.File) bool {
	const flag = 1 // ST_RDONLY of Linux and MNT_RDONLY of macOS
	var s syscall.Statfs_t
	return syscall.Fstatfs(int(f.Fd()), &s) == nil && s.Flags&flag != 0
}
