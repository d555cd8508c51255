//go:build linux || darwin

package bulk

import "syscall"

// free is how many bytes the disk of a folder has left; 0 where nobody says.
func free(folder string) uint64 {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
