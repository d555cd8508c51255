// Package prompt makes requests out of a file that people have at hand, with a prompt on each row: CSV, JSON lines or text,
// in whatever encoding a program wrote it. The command line and the service read such a file alike, because both use this
// package; what people mean beyond the names and values of a request is read for the command line alone. It opens no file
// and no connection, knows nothing of templates, batches or money, and judges no request: whether a prompt is too long for
// its model is the core's to say.
package prompt
