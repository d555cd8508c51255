//go:build race

package job_test

// again is empty: under the race detector every operation fails once in every way.
var again []way
