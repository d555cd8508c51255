package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// inHeader turns the reader's words for the command line into those for a request.
var inHeader = strings.NewReplacer("The file is empty. Write", "The body is empty. Send", "call it .txt", "send it as text/plain", "say --file-format text", "send it as text/plain", "--encoding ", "Content-Type with charset=", "(--column)", "(?column=)", "say --file-format csv", "send it as text/csv", "--column ", "?column=")

// lineReader reads a request for many jobs that is lines of a file, each with a job, into its draft.
type lineReader struct{ draft *draft }

func (l lineReader) read(data []byte, k bodyKind) error {
	var own map[string]bool
	r, err := prompt.NewReader(bytes.NewReader(data), prompt.Options{
		Format: k.format, Encoding: k.encoding, Comma: k.comma, Columns: l.draft.columns,
		Decode: func(line []byte) (request request.Request, err error) {
			request, own, err = l.draft.request(line)
			return request, err
		},
	})
	for err == nil && !l.draft.faults.full() {
		var row prompt.Row
		row, err = r.Next()
		switch wrong, on := errors.AsType[*prompt.LineError](err); {
		case on:
			l.reject(wrong)
			err = nil
		case err == nil && len(l.draft.rows) == job.MaxLines:
			return l.draft.tooMany(fmt.Sprintf("The body has more than %d rows, the most that one request takes.", job.MaxLines))
		case err == nil:
			l.draft.take(row, position{line: row.Line, own: own, place: r.Place})
		}
	}
	return l.end(err)
}

// end notes why the reading ended before the end of the file.
func (l lineReader) end(err error) error {
	broken, ok := errors.AsType[*prompt.FileError](err)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return nil
	case !ok:
		return err
	}
	l.draft.faults.add(ProblemField{Line: broken.Line, Detail: inHeader.Replace(broken.Detail)})
	return nil
}

func (l lineReader) reject(wrong *prompt.LineError) {
	if len(wrong.Fields) == 0 {
		l.draft.faults.note(wrong.Line, ProblemField{Line: wrong.Line, Detail: inHeader.Replace(wrong.Detail)})
	}
	for _, f := range wrong.Fields {
		l.draft.faults.reject(position{line: wrong.Line, own: l.draft.faults.given}, []request.FieldError{f})
	}
}
