// Package bulk goes from a file of prompts to a folder of pictures. The folder is the ledger: what lies in it, and the
// manifest beside it, say what is made already, so that a run can be stopped, the file edited, and the run begun again
// without any picture being paid for or downloaded twice.
//
// # When a row counts as made
//
// A row is known by what it asks for, which [easel/shared/job.Fingerprint] decides, and by the custom_id that the file
// gives it; its line, or its number among the rows that a template or a matrix makes of one, counts for nothing.
// A row counts as made if a picture of what it asks for lies in the folder, and each picture counts for one row.
// Pictures go to the rows under whose key they were made first, then to rows of the same custom_id, then to rows of
// another: ids that were renamed order nothing.
// Of equal rows as many are made as there are such pictures, which is what --runs counts on.
// A row with a custom_id that asks for something else since counts as made as well, with the picture that it has, until
// it is said that changed rows are made again; when it is changed back, its first picture counts. Of a row that was
// multiplied each member is known by what it asks for alone: one that asks for something else is a new one.
// A picture lies in the folder if a file below it has the SHA-256 that the manifest recorded, wherever that file is and
// whatever its name.
// A file at its recorded path that is another picture since counts with a note, unless it names another job; so does one
// elsewhere that names the job.
// A picture that names a job of which the manifest knows nothing gets an entry, so that a lost manifest is rebuilt from the
// pictures that tell their settings: PNG, JPEG and WebP alike, but neither those that a model signed nor those made with
// embed none.
// A picture that was made and is not found stays away: the first run says so, and the manifest notes it as gone. Where it is
// asked for again it is fetched under its old key, or paid a second time if the server has it no more; the plan says that in
// a line of its own, and a person is asked. A file that holds no picture, as a power cut leaves it, is fetched like that at once.
// What the simulator made counts for nothing in a run that makes real pictures.
//
// # Rows that change, and jobs that were deleted
//
// A row with a custom_id that changes while its job has not ended is made once, as it asks now. The server adds a job beside
// the first one and cancels nothing, so the run cancels the first one itself, once it has added the other. A run that dies
// between the two leaves a job too many, and the next run cancels it. A row that is changed back begins its first job again,
// and no third job is made. A batch thus has several jobs under one custom_id; the one with the fingerprint of the row counts.
// Jobs of rows that the file has no more wait on, unless it is said that they are canceled.
// A row whose job was deleted on the server is left alone, and the plan says so; another picture of it is made on request, under
// a key that no job had. Where the whole batch was deleted the run goes on with another one under another key.
//
// The package draws nothing on a screen and asks nobody: it returns what a run would do, does it when told to, and tells
// of each event as it happens. It knows nothing of how pictures are made either; whatever it orders goes through the client
// of the API, be the server far away or inside the same process.
package bulk
