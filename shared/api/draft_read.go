package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// draft reads the body and the query of an order for many jobs; those of an append leave the batch open unless they say
// otherwise.
func (t batchRoutes) draft(w http.ResponseWriter, r *http.Request) (*draft, error) {
	k, err := t.kind(r)
	if err != nil {
		return nil, err
	}
	data, leave, err := t.readBody(w, r, "Send fewer jobs at a time, and append the rest with POST /batches/{id}/jobs.")
	if err != nil {
		return nil, err
	}
	defer leave()
	if k, err = k.look(data); err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	d := &draft{
		check: t.Submitter.Check, standard: t.standard, faults: faults{lined: !k.json},
		batch: job.BatchRequest{BatchID: id, Open: id != ""},
	}
	queryReader{asked(r), d}.read()
	if err := d.read(data, k); err != nil {
		return nil, err
	}
	return d, nil
}

// read reads the body and makes lines for the core of it.
func (d *draft) read(data []byte, k bodyKind) error {
	var err error
	if k.json {
		err = d.readJSON(data)
	} else {
		err = d.readLines(data, k)
	}
	if err != nil {
		return err
	}
	if err := d.refusal(); err != nil {
		return err
	}
	if len(d.rows) == 0 && !d.faults.lined && d.batch.BatchID == "" && d.batch.Open {
		return nil
	}
	if len(d.rows) == 0 {
		d.faults.add(ProblemField{Detail: d.nothing()})
		return d.refusal()
	}
	return d.multiply()
}

func (d *draft) nothing() string {
	const give = "The order holds no job. Give jobs, prompts or a template, such as " + orderExample
	switch {
	case d.faults.lined:
		return "The body holds no prompt. Send a prompt on each line, a CSV with a header and rows, or a JSON object on each line."
	case d.batch.BatchID != "":
		return give + "."
	}
	return give + `; or "open": true for a batch to which jobs are appended later.`
}

// tooMany is the answer to more jobs than one request takes, with what to do about it.
func (d *draft) tooMany(detail string) error {
	next := " Send a part of them with open, and append the rest with POST /batches/{id}/jobs."
	if d.batch.BatchID != "" {
		next = " Append them with several requests."
	}
	return NewProblem(http.StatusUnprocessableEntity, "too_many_jobs", detail+next)
}

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
	d.faults.reject(position{line: wrong.Line, own: d.faults.given}, wrong.Fields)
}
