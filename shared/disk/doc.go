// Package disk keeps pictures and input images in a folder on this machine, hands out signed addresses for
// them, and looks after the data folder that everything embedded lives in: one process at a time, one generator,
// one secret. It is the twin of S3 for the mode that needs no account.
//
// It does not share a folder between processes or machines, keeps no records and decides nothing about jobs. A
// picture is there or it is not: no crash leaves half of one.
package disk
