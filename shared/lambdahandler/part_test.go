//go:build race || !long

package lambdahandler_test

// scale divides the loads of the tests in virtual time: the short run and the race detector need the paths, not the
// mass.
const scale = 10
