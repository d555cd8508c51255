package gate

import "os"

// UseMemory is for the TestMain of a package whose tests wait for the disk more than they work. In the short run their
// temporary folders lie in memory, where the system has room for them and TMPDIR does not name a place. The long run lies on
// the disk.
func UseMemory() {
	if dir := memory(); !Long && dir != "" && os.Getenv("TMPDIR") == "" {
		_ = os.Setenv("TMPDIR", dir) // without it the tests are slower and no less right
	}
}
