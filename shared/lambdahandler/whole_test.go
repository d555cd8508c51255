//go:build !race && long

package lambdahandler_test

// scale divides the loads of the tests in virtual time.
const scale = 1
