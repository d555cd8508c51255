package prompt

import (
	"easel/shared/request"
)

// Row is one request of a file.
type Row struct {
	Line    int               // where it begins in the file, from 1
	ID      string            // custom_id of the row that this one was made of, where a template made several of it
	Print   string            // the fingerprint of Request, where a template has computed it
	Request request.Request   // as Options.Decode has read it
	Columns map[string]string // trimmed cells by their trimmed header in lower case, or members of an object; nil for a text
	Cells   []string          // of a CSV: the row as it was, in the order of [Reader.Header]
}
