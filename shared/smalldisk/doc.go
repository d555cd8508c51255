// Package smalldisk makes file systems for tests that fill one up, or take the right to write from a process that runs as root.
// It needs Linux and the right to mount; without it those tests are skipped.
package smalldisk
