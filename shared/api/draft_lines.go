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

// readLines reads a request for many jobs that is lines of a file, each with a job.
func (d *draft) readLines(data []byte, k bodyKind) error {
	var own map[string]bool
	r, err := prompt.NewReader(bytes.NewReader(data), prompt.Options{
		Format: k.format, Encoding: k.encoding, Comma: k.comma, Columns: d.columns,
		Decode: func(line []byte) (request request.Request, err error) {
			request, own, err = d.request(line)
			return request, err
		},
	})
	for err == nil && !d.faults.full() {
		var row prompt.Row
		row, err = r.Next()
		switch wrong, on := errors.AsType[*prompt.LineError](err); {
		case on:
			d.reject(wrong)
			err = nil
		case err == nil && len(d.rows) == job.MaxLines:
			return d.tooMany(fmt.Sprintf("The body has more than %d rows, the most that one request takes.", job.MaxLines))
		case err == nil:
			d.take(row, position{line: row.Line, own: own, place: r.Place})
		}
	}
	return d.end(err)
}

// end notes why the reading ended before the end of the file.
func (d *draft) end(err error) error {
	broken, ok := errors.AsType[*prompt.FileError](err)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return nil
	case !ok:
		return err
	}
	d.faults.add(ProblemField{Line: broken.Line, Detail: inHeader.Replace(broken.Detail)})
	return nil
}

func (d *draft) reject(wrong *prompt.LineError) {
	if len(wrong.Fields) == 0 {
		d.faults.note(wrong.Line, ProblemField{Line: wrong.Line, Detail: inHeader.Replace(wrong.Detail)})
	}
	for _, f := range wrong.Fields {
		d.faults.reject(position{line: wrong.Line, own: d.faults.given}, []request.FieldError{f})
	}
}
