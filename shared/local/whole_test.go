//go:build !race && long

package local

// scale divides the loads of the tests in virtual time, least is the share of a quota that must be used.
const (
	scale = 1
	least = 0.97
)
