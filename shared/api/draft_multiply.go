package api

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

// multiply makes the lines for the core. How many an expansion brings is known before anything is expanded.
func (d *draft) multiply() error {
	if d.expand == nil {
		for _, r := range d.rows {
			d.batch.Lines = append(d.batch.Lines, job.Line{Number: r.Line, Request: r.Request})
		}
		return nil
	}
	d.expand.Model = d.standard.ID
	all, expander := new(big.Int), d.expand.Open()
	for n := 0; n < len(d.rows) && !d.faults.full(); n++ {
		count, err := expander.Count(d.rows[n])
		if err != nil {
			d.rejectTemplate(d.positions[n], err)
			continue
		}
		all.Add(all, count)
	}
	d.checkOwners()
	if err := d.refusal(); err != nil {
		return err
	}
	if err := template.Fit(all, job.MaxLines, "one request"); err != nil {
		return err
	}
	return d.unfold(expander)
}

// checkOwners refuses a custom_id that two different rows have: what becomes of them would be told apart by what it asks for,
// and a slip would not be noticed.
func (d *draft) checkOwners() {
	owners := map[string]int{}
	for n, r := range d.rows {
		first, again := owners[r.Request.CustomID]
		switch {
		case r.Request.CustomID == "":
		case !again:
			owners[r.Request.CustomID] = n
		case job.Fingerprint(job.InputOf(d.rows[first].Request), d.standard.ID) != job.Fingerprint(job.InputOf(r.Request), d.standard.ID):
			d.faults.reject(d.positions[n], []request.FieldError{{
				Pointer: "/custom_id", Detail: fmt.Sprintf("custom_id %s stands for another request further up; give each its own.", quote(r.Request.CustomID)),
			}})
		}
	}
}

// unfold writes the requests out. A job is numbered by its place among all, since one row may stand for many. Each is
// shown to the core at once: a short template can make long prompts, and they are not to be gathered in vain.
func (d *draft) unfold(expander *template.Expander) error {
	var origins []position
	for n, r := range d.rows {
		for row, err := range expander.Rows(r) {
			if err != nil {
				d.rejectTemplate(d.positions[n], err)
				break
			}
			if wrong, ok := errors.AsType[*job.Error](d.check(row.Request)); ok {
				d.faults.reject(d.positions[n], wrong.Fields)
				continue
			}
			d.batch.Lines = append(d.batch.Lines, job.Line{Number: len(d.batch.Lines) + 1, Request: row.Request})
			origins = append(origins, d.positions[n])
		}
	}
	d.positions = origins
	return d.refusal()
}

// rejectTemplate notes what is wrong with the templates of a request.
func (d *draft) rejectTemplate(from position, err error) {
	fields := []request.FieldError{{Pointer: "/prompt", Detail: err.Error()}}
	if wrong, ok := errors.AsType[*prompt.LineError](err); ok && len(wrong.Fields) > 0 {
		fields = wrong.Fields
	}
	d.faults.reject(from, fields)
}

// position is where the request stands that became a line of the order.
func (d *draft) position(number int) position {
	n := slices.IndexFunc(d.batch.Lines, func(l job.Line) bool { return l.Number == number })
	if n < 0 {
		return position{line: number}
	}
	return d.positions[n]
}
