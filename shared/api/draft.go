package api

import (
	"errors"
	"slices"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

// draft is an order for many jobs on its way to the core: what was understood of its address and body, and what was wrong.
type draft struct {
	check    func(request.Request) error // what the core says of a single request
	standard model.Model                 // of a request that names none

	batch    job.BatchRequest
	dry      bool              // only the plan is wanted
	columns  map[string]string // of a CSV: which header stands for a member of a request
	defaults request.Request   // what a request has where it does not say itself
	expand   *template.Expand  // how requests are multiplied; nil: not at all

	rows      []prompt.Row // the requests that were understood
	positions []position   // where in the body they stand
	faults    faults
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

// request reads one of the requests. What is wrong comes back as a [*Problem], with what the core would refuse as well.
func (d *draft) request(data []byte) (request.Request, map[string]bool, error) {
	b, err := parseLine(data, d.defaults)
	if err != nil {
		return request.Request{}, nil, err
	}
	b.brief = d.told
	d.told = d.told || len(b.unknown) > 0
	b.explain(d.standard)
	return b.request, b.has(), complete(d.check, b.request, refuse(b.fields))
}

// take adds a request that was understood.
func (d *draft) take(r prompt.Row, from position) {
	d.rows, d.positions = append(d.rows, r), append(d.positions, from)
}

// refusal is the answer to everything that was found, nil to nothing. Where something was, the requests that were
// understood are shown to the core too, so that the client need not ask twice; templates are not requests yet.
func (d *draft) refusal() error {
	if len(d.faults.list) == 0 {
		return nil
	}
	for n := 0; n < len(d.rows) && d.expand == nil && !d.faults.full(); n++ {
		if known, ok := errors.AsType[*job.Error](d.check(d.rows[n].Request)); ok {
			d.faults.reject(d.positions[n], known.Fields)
		}
	}
	slices.SortStableFunc(d.faults.list, func(a, b fault) int { return a.row - b.row })
	return d.faults.refuse(job.CodeInvalid)
}

// worded puts what the core says of an order into the places of the body.
func (d *draft) worded(err error) error {
	known, ok := errors.AsType[*job.Error](err)
	if !ok || !errors.Is(known.Kind, job.ErrInvalid) || len(known.Fields) == 0 {
		return err
	}
	d.faults.list = nil
	for _, f := range known.Fields {
		if f.Line == 0 {
			d.faults.add(d.faults.setting(f))
			continue
		}
		d.faults.reject(d.position(f.Line), []request.FieldError{f})
	}
	return d.faults.refuse(known.Code)
}
