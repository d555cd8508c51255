// Package gate says how long the tests may take. Plain `go test` leaves out what takes minutes, so that it is run
// often, by the gate too. `make long` runs everything with `go test -tags long`.
//
// The choice is a build tag, because `go test ./...` gives a flag to the tests of every package, and those that do not
// define it fail. Unlike an environment variable, which a package reads before `go test` notes it, a tag never lets a
// result of the short run pass for one of the long run.
package gate

import "testing"

// Only skips a test in the short run. What says why the test takes long.
func Only(t testing.TB, what string) {
	t.Helper()
	if !Long {
		t.Skipf("%s: run by go test -tags long", what)
	}
}

// Size is how large a load is: small in the short run and full in the long one.
func Size(small, full int) int {
	if Long {
		return full
	}
	return small
}
