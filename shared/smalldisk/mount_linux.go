package smalldisk

import (
	"syscall"
	"testing"
)

// Make mounts a file system in memory and returns its folder, until the test ends. Options are those of tmpfs, such as size=256k.
// It skips the test where the user may not mount.
func Make(t testing.TB, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := Mount(t, dir, options); err != nil {
		t.Skipf("this user may not mount: %v", err)
	}
	return dir
}

// Mount is Make in a folder that is there, for a test that goes on without.
func Mount(t testing.TB, dir, options string) error {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options)
	if err == nil {
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	}
	return err
}

// Protect makes what Make has mounted read-only. It skips the test where the user may not mount again.
func Protect(t testing.TB, dir string) {
	t.Helper()
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("this user may not mount again: %v", err)
	}
}
