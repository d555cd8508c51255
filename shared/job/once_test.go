//go:build race

package job_test

// again is empty: under the race detector every operation fails once in every way.
var again []way

// manyBatches are enough to stand before another; the race detector makes each ten times as slow.
const manyBatches = 60

// orders are how many seeds the gate tries; each takes ten times as long here.
const orders = 20
