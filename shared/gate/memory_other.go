//go:build !linux

package gate

// memory is a folder that the system keeps in memory: other systems have none.
func memory() string { return "" }
