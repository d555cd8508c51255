//go:build race

package lambdahandler_test

// scale divides the loads of the tests in virtual time: the race detector needs the paths, not the mass.
const scale = 10
