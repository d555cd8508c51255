// Package cli is Easel's command line: it orders pictures from a server, waits for them, saves them, and
// starts the embedded server and the simulator.
//
// Its promises are to scripts as much as to people. What was asked for goes to the standard output, and
// everything else to the standard error; --json gives one object a line, for errors too; the exit codes
// are [Main]'s; a progress line appears on a terminal and nowhere else; no file is overwritten unless that
// is asked for, and what would make saving impossible is found before anything is paid. The package decides
// nothing about jobs, keeps no state between two commands, and takes no key as a flag, where other users
// could read it.
package cli
