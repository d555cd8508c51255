package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/spelling"
	"easel/shared/template"
)

// expandMembers are those of expand, and matrixMembers those of its matrix.
var (
	expandMembers = []string{"mode", "count", "seed", "runs", "wildcards", "matrix"}
	matrixMembers = []string{"model", "style_preset", "aspect_ratio", "seed"}
)

// readExpand reads how the requests are multiplied.
func (d *draft) readExpand(raw json.RawMessage) {
	if raw == nil {
		return
	}
	if kind := kindOf(raw); kind != "an object" {
		d.faults.add(ProblemField{Pointer: "/expand", Detail: `expand must be an object such as {"mode": "all"} or {"runs": 4}; it is ` + kind + "."})
		return
	}
	d.expand, d.faults.crossed = &template.Expand{}, map[string]bool{}
	before := len(d.faults.list)
	raw = plainNumbers(raw)
	d.known("/expand", raw, expandMembers, d.expanding)
	if len(d.faults.list) > before {
		return
	}
	err := json.Unmarshal(raw, d.expand)
	if err == nil {
		err = d.expand.Check()
	}
	d.addExpand(err)
}

// addExpand notes what the package that multiplies has to say, if anything.
func (d *draft) addExpand(err error) {
	if err == nil {
		return
	}
	fields := []request.FieldError{{Detail: err.Error()}}
	if known, ok := errors.AsType[*job.Error](err); ok && len(known.Fields) > 0 {
		fields = known.Fields
	}
	for _, f := range fields {
		if d.faults.lined {
			d.faults.add(ProblemField{Parameter: expandIn(f.Pointer), Detail: f.Detail})
			continue
		}
		d.faults.add(ProblemField{Pointer: "/expand" + f.Pointer, Detail: f.Detail})
	}
}

// known visits the members of an object that has no others, each once.
func (d *draft) known(at string, object json.RawMessage, names []string, visit func(at, name string, raw json.RawMessage)) {
	seen := map[string]bool{}
	_ = each(object, func(name string, raw json.RawMessage) { // the syntax was checked
		switch at := at + pointerTo(name); {
		case string(raw) == "null":
		case !slices.Contains(names, name):
			d.faults.add(ProblemField{Pointer: at, Detail: fmt.Sprintf("%s is not a member here. There are: %s.%s", quote(name), strings.Join(names, ", "), spelling.DidYouMean(name, names))})
		case seen[name]:
			d.faults.add(ProblemField{Pointer: at, Detail: name + " is there twice; keep one of them."})
		default:
			visit(at, name, raw)
		}
		seen[name] = true
	}, func() {})
}

// expanding holds a member of expand against what it must be, in words that Go's own do not have.
func (d *draft) expanding(at, name string, raw json.RawMessage) {
	switch name {
	case "mode":
		d.must(at, name, raw, new(string), `a string, "all" or "random"`)
	case "wildcards":
		d.must(at, name, raw, new(map[string][]string), `an object of lists, such as {"colour": ["red", "blue"]}`)
	case "matrix":
		if d.must(at, name, raw, new(map[string][]any), `an object of lists, such as {"model": ["core", "ultra"]}`) {
			d.known(at, raw, matrixMembers, d.across)
		}
	default:
		d.must(at, name, raw, new(int64), "a whole number such as 4")
	}
}

func (d *draft) across(at, name string, raw json.RawMessage) {
	d.faults.crossed[name] = true
	var values []json.RawMessage
	null := func(value json.RawMessage) bool { return string(value) == "null" }
	if json.Unmarshal(raw, &values) == nil && (len(values) == 0 || slices.ContainsFunc(values, null)) {
		d.faults.add(ProblemField{Pointer: at, Detail: name + " must be a list with a value in every place, and at least one. Leave " + name + " out to have it the same in all jobs."})
		return
	}
	if name == "seed" {
		d.must(at, name, raw, new([]int64), "a list of whole numbers, such as [1, 2]")
		return
	}
	d.must(at, name, raw, new([]string), "a list of strings")
}

func (d *draft) must(at, name string, raw json.RawMessage, into any, be string) bool {
	if err := json.Unmarshal(raw, into); err != nil {
		d.faults.add(ProblemField{Pointer: at, Detail: fmt.Sprintf("%s must be %s; it is %s.", name, be, describeJSON(raw))})
		return false
	}
	if escape := loneSurrogate(raw); escape != "" {
		d.faults.add(ProblemField{Pointer: at, Detail: fmt.Sprintf("%s holds %s, one half of a character; write the character itself, or both halves.", name, escape)})
		return false
	}
	return true
}

// describeJSON shows a short value and names the kind of a long one.
func describeJSON(raw json.RawMessage) string {
	if len(raw) <= 40 && kindOf(raw) != "a string" {
		return string(raw)
	}
	return kindOf(raw)
}

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
	for n, l := range d.batch.Lines {
		if l.Number == number {
			return d.positions[n]
		}
	}
	return position{line: number}
}
