// Package run is what both homes do around the core, be it in goroutines of one process or in functions on AWS: it takes
// one delivery of a queue through a worker, keeps a panic over one job from ending what else runs, writes the lines of the
// log, and tells the outside of ends. Each home keeps what only it has: where deliveries come from, and how long a worker may
// take. It decides nothing about jobs.
//
// Nothing that it logs holds a prompt, a picture, a signature or an address that is signed.
package run
