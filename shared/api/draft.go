package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

// maxLineFaults bounds how many things one answer names of a body with many requests.
const maxLineFaults = 100

// draft is an order for many jobs on its way to the core: what was understood of its body, and what was wrong.
type draft struct {
	check    func(request.Request) error // what the core says of a single request
	standard model.Model                 // of a request that names none

	batch    job.BatchRequest
	dry      bool              // only the plan is wanted
	lined    bool              // the body is lines of a file, and its settings are in the query
	columns  map[string]string // of a CSV: which header stands for a member of a request
	defaults request.Request   // what a request has where it does not say itself
	given    map[string]bool   // which members these are
	expand   *template.Expand  // how requests are multiplied; nil: not at all
	crossed  map[string]bool   // which members its matrix has

	rows      []prompt.Row // the requests that were understood
	positions []position   // where in the body they stand
	faults    []fault
	told      bool // what members there are has been told
}

// position is where in the body a request stands.
type position struct {
	line    int                 // of the file, or number in the list, from 1
	pointer string              // to it, in JSON
	text    bool                // it is a prompt and nothing else, so the pointer leads to that
	own     map[string]bool     // the members that it has itself
	place   func(string) string // of a line: what a pointer into it is called; nil: as it is
}

// fault is something wrong, and in which of the requests: 0 for what concerns all of them.
type fault struct {
	row int
	ProblemField
}

// add notes what is wrong with the whole.
func (d *draft) add(f ProblemField) { d.note(0, f) }

// note notes what is wrong, as far as one answer bears. What is wrong with a default is told once and not for every row.
func (d *draft) note(row int, f ProblemField) {
	same := func(other fault) bool { return other.ProblemField == f }
	if !d.full() && !slices.ContainsFunc(d.faults, same) {
		d.faults = append(d.faults, fault{row, f})
	}
}

func (d *draft) full() bool { return len(d.faults) >= maxLineFaults }

// request reads one of the requests. What is wrong comes back as a [*Problem], with what the core would refuse as well.
func (d *draft) request(data []byte) (request.Request, map[string]bool, error) {
	b, err := parseLine(data, d.defaults)
	if err != nil {
		return request.Request{}, nil, err
	}
	b.brief = d.told
	d.told = d.told || len(b.unknown) > 0
	b.explain(d.standard)
	own := map[string]bool{}
	for name, raw := range b.seen {
		own[name] = string(raw) != "null"
	}
	return b.request, own, complete(d.check, b.request, refuse(b.fields))
}

// take adds a request that was understood.
func (d *draft) take(r prompt.Row, from position) {
	d.rows, d.positions = append(d.rows, r), append(d.positions, from)
}

// reject notes what is wrong with a request.
func (d *draft) reject(from position, fields []request.FieldError) {
	for _, f := range fields {
		d.note(from.line, d.place(from, f))
	}
}

// place says where in the body something lies that is wrong with one of the requests.
func (d *draft) place(from position, f request.FieldError) ProblemField {
	name, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
	common := d.given[name] && !from.own[name]
	switch {
	case d.crossed[name]:
		return ProblemField{Pointer: "/expand/matrix" + f.Pointer, Detail: f.Detail}
	case common && d.lined:
		return ProblemField{Parameter: name, Detail: f.Detail}
	case common:
		return ProblemField{Pointer: "/defaults" + f.Pointer, Detail: f.Detail}
	case from.text:
		return ProblemField{Pointer: from.pointer, Detail: f.Detail}
	case !d.lined:
		return ProblemField{Pointer: from.pointer + f.Pointer, Detail: f.Detail}
	}
	out := ProblemField{Line: from.line, Pointer: f.Pointer, Detail: f.Detail}
	if from.place != nil {
		out.Pointer = from.place(f.Pointer)
	}
	if column, named := strings.CutPrefix(out.Pointer, "column "); named {
		out.Pointer, out.Column = "", column
	}
	return out
}

// refusal is the answer to everything that was found, nil to nothing. Where something was, the requests that were
// understood are shown to the core too, so that the client need not ask twice; templates are not requests yet.
func (d *draft) refusal() error {
	if len(d.faults) == 0 {
		return nil
	}
	for n := 0; n < len(d.rows) && d.expand == nil && !d.full(); n++ {
		if known, ok := errors.AsType[*job.Error](d.check(d.rows[n].Request)); ok {
			d.reject(d.positions[n], known.Fields)
		}
	}
	slices.SortStableFunc(d.faults, func(a, b fault) int { return a.row - b.row })
	return d.refuse(job.CodeInvalid)
}

// worded puts what the core says of an order into the places of the body.
func (d *draft) worded(err error) error {
	known, ok := errors.AsType[*job.Error](err)
	if !ok || !errors.Is(known.Kind, job.ErrInvalid) || len(known.Fields) == 0 {
		return err
	}
	d.faults = nil
	for _, f := range known.Fields {
		if f.Line == 0 {
			d.add(d.setting(f))
			continue
		}
		d.reject(d.position(f.Line), []request.FieldError{f})
	}
	return d.refuse(known.Code)
}

// setting is where something about the order itself lies: in the query, or in the body that tells all of it.
func (d *draft) setting(f request.FieldError) ProblemField {
	name := strings.TrimPrefix(f.Pointer, "/")
	if d.lined || slices.Contains(inQuery, name) {
		return ProblemField{Parameter: name, Detail: f.Detail}
	}
	return ProblemField{Pointer: f.Pointer, Detail: f.Detail}
}

// refuse makes one problem of what is wrong with a body of many requests.
func (d *draft) refuse(code string) error {
	fields := make([]ProblemField, len(d.faults))
	for n, f := range d.faults {
		fields[n] = f.ProblemField
	}
	detail := fmt.Sprintf("Nothing was recorded: %d things are wrong, see errors. Mend them and send everything again.", len(fields))
	switch {
	case len(fields) == 1:
		detail = "Nothing was recorded: " + fields[0].where() + fields[0].Detail
	case d.full():
		detail = fmt.Sprintf("Nothing was recorded: errors has the first %d of many things that are wrong. Mend what they have in common and send everything again.", maxLineFaults)
	}
	return NewProblem(http.StatusUnprocessableEntity, code, detail, fields...)
}
