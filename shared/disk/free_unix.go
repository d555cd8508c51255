//go:build linux || darwin

package disk

import "syscall"

// free is how many bytes the disk of a folder has left for this user, where the system tells.
func free(folder string) (left uint64, known bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
