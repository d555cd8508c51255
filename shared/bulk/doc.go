// Package bulk goes from a file of prompts to a folder of pictures. The folder is the ledger: what lies in it, and the
// manifest beside it, say what is made already, so that a run can be stopped, the file edited, and the run begun again
// without any picture being paid for or downloaded twice.
//
// It draws nothing on a screen and asks nobody: it returns what a run would do, does it when told to, and tells of each
// event as it happens. It knows nothing of how pictures are made either; whatever it orders goes through the client of
// the API, be the server far away or inside the same process.
package bulk
