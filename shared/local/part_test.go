//go:build race || !long

package local

// scale divides the loads of the tests in virtual time: the short run and the race detector need the paths, not the
// mass. Of so few calls a single late one is some percent.
const (
	scale = 10
	least = 0.9
)
