// Package bulk goes from a file of prompts to a folder of pictures: it plans what a run would do, sends the rows, watches the
// batch and fetches what is made, so that a run can be stopped, the file edited, and the run begun again without any picture
// being paid for or downloaded twice. What lies there already is the business of package folder.
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
// # Where things are
//
// [Run] assembles the parts. When it plans, the loader reads the file, the opener finds or makes the batch, the survey looks at
// what the batch has already, the planner says what becomes of each row, and the asker lets the server say what that costs.
// When it goes, the sender appends the rows, the cancellations cancel the jobs that these replace, the watch looks at the jobs
// of the batch, the judge says what a job means for its row, and the fetcher saves its picture. Each holds the run, whose
// settings, rows, batch and reporting they share, and beside it what it alone has to remember.
//
// The package draws nothing on a screen and asks no questions: it returns what a run would do, does it when told to, and tells
// of each event as it happens. It knows nothing of how pictures are made either; whatever it orders goes through the client
// of the API, be the server far away or inside the same process.
package bulk
