//go:build !race

package lambdahandler_test

// raced reports whether the race detector watches.
const raced = false
