//go:build race

package job_test

// again is empty: under the race detector every operation fails once in every way.
var again []way

// manyBatches are enough to stand before another; the race detector makes each ten times as slow.
const manyBatches = 60
