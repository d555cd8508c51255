//go:build long

package gate

// Long reports whether the tests run in full.
const Long = true
