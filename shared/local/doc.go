// Package local is the embedded mode: it puts the core on SQLite, a directory and a simulated or real
// Bedrock, and runs it in one process, with goroutines where AWS has functions.
//
// It wires and pumps, and holds no rule about jobs. What an operator would set for a deployment on AWS
// is an option here; what AWS does by itself (delivering messages, running the sweep every minute, ending a
// function in time) is done here in the small.
package local
