// Package folder keeps a folder of pictures with its manifest: what lies in it, and what the manifest says of it, tell which
// rows of a file are made already. It locks the folder, names pictures safely, holds each against the manifest, finds what a
// person has moved, and writes failed.csv and the contact sheet. It asks no server and orders nothing: what a row asks for,
// and what is fetched for it, is said to it.
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
package folder
