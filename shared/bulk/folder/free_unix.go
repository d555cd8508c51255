//go:build linux || darwin

package folder

import "syscall"

// free is how many bytes the disk of a directory has left; 0 where the system does not say.
func free(dir string) uint64 {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
