package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"easel/shared/request"
)

// maxLineFaults bounds how many things one answer names of a body with many requests.
const maxLineFaults = 100

// fault is something wrong, and in which of the requests: 0 for what concerns all of them.
type fault struct {
	row int
	ProblemField
}

// faults are what is wrong with a request for many jobs. They know how the request is written, and so where in it each stands.
type faults struct {
	lined   bool            // the body is lines of a file, and its settings are in the query
	given   map[string]bool // the members that all requests have unless they have their own
	crossed map[string]bool // the members that the matrix of an expansion has

	list []fault
}

// add notes what is wrong with the whole.
func (fs *faults) add(f ProblemField) { fs.note(0, f) }

func (fs *faults) at(pointer, format string, args ...any) {
	fs.add(ProblemField{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

// note notes what is wrong, as far as one answer bears. What is wrong with a default is told once and not for every row.
func (fs *faults) note(row int, f ProblemField) {
	same := func(other fault) bool { return other.ProblemField == f }
	if !fs.full() && !slices.ContainsFunc(fs.list, same) {
		fs.list = append(fs.list, fault{row, f})
	}
}

func (fs *faults) full() bool { return len(fs.list) >= maxLineFaults }

// reject notes what is wrong with a request.
func (fs *faults) reject(from position, fields []request.FieldError) {
	for _, f := range fields {
		fs.note(from.line, fs.place(from, f))
	}
}

// place says where in the body something lies that is wrong with one of the requests.
func (fs *faults) place(from position, f request.FieldError) ProblemField {
	name, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
	common := fs.given[name] && !from.own[name]
	switch {
	case fs.crossed[name]:
		return ProblemField{Pointer: "/expand/matrix" + f.Pointer, Detail: f.Detail}
	case common && fs.lined:
		return ProblemField{Parameter: name, Detail: f.Detail}
	case common:
		return ProblemField{Pointer: "/defaults" + f.Pointer, Detail: f.Detail}
	case from.text:
		return ProblemField{Pointer: from.pointer, Detail: f.Detail}
	case !fs.lined:
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

// setting is where something about the order itself lies: in the query, or in the body that tells all of it.
func (fs *faults) setting(f request.FieldError) ProblemField {
	name := strings.TrimPrefix(f.Pointer, "/")
	if fs.lined || slices.Contains(inQuery, name) {
		return ProblemField{Parameter: name, Detail: f.Detail}
	}
	return ProblemField{Pointer: f.Pointer, Detail: f.Detail}
}

// refuse makes one problem of what is wrong with a body of many requests.
func (fs *faults) refuse(code string) error {
	fields := make([]ProblemField, len(fs.list))
	for n, f := range fs.list {
		fields[n] = f.ProblemField
	}
	detail := fmt.Sprintf("Nothing was recorded: %d things are wrong, see errors. Mend them and send everything again.", len(fields))
	switch {
	case len(fields) == 1:
		detail = "Nothing was recorded: " + fields[0].where() + fields[0].Detail
	case fs.full():
		detail = fmt.Sprintf("Nothing was recorded: errors has the first %d of many things that are wrong. Mend what they have in common and send everything again.", maxLineFaults)
	}
	return NewProblem(http.StatusUnprocessableEntity, code, detail, fields...)
}
