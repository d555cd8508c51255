//go:build !race

package job_test

// again are the ways in which an operation goes wrong several times in a row.
var again = []way{
	{"error 9x", false, refuse, 9, false},
	{"lost 9x", true, refuse, 9, false},
	{"slow 3x", false, stall, 3, false},
	{"slow r. 3x", true, stall, 3, false},
	{"crash 3x", false, die, 3, false},
	{"c. after 3x", true, die, 3, false},
}

// manyBatches are enough to stand before another.
const manyBatches = 600

// orders are how many seeds the gate tries.
const orders = 1000
