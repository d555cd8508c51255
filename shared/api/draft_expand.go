package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"easel/shared/job"
	"easel/shared/request"
	"easel/shared/spelling"
	"easel/shared/template"
)

// expandMembers are those of expand, and matrixMembers those of its matrix.
var (
	expandMembers = []string{"mode", "count", "seed", "runs", "wildcards", "matrix"}
	matrixMembers = []string{"model", "style_preset", "aspect_ratio", "seed"}
)

// expandReader reads how the requests are multiplied. It notes what is wrong, and which members the matrix has.
type expandReader struct{ faults *faults }

// read returns nil where requests are not multiplied.
func (e expandReader) read(raw json.RawMessage) *template.Expand {
	if raw == nil {
		return nil
	}
	if kind := kindOf(raw); kind != "an object" {
		e.faults.add(ProblemField{Pointer: "/expand", Detail: `expand must be an object such as {"mode": "all"} or {"runs": 4}; it is ` + kind + "."})
		return nil
	}
	expand := &template.Expand{}
	e.faults.crossed = map[string]bool{}
	before := len(e.faults.list)
	raw = plainNumbers(raw)
	e.known("/expand", raw, expandMembers, e.member)
	if len(e.faults.list) > before {
		return expand
	}
	err := json.Unmarshal(raw, expand)
	if err == nil {
		err = expand.Check()
	}
	e.refused(err)
	return expand
}

// refused notes what the package that multiplies has to say, if anything.
func (e expandReader) refused(err error) {
	if err == nil {
		return
	}
	fields := []request.FieldError{{Detail: err.Error()}}
	if known, ok := errors.AsType[*job.Error](err); ok && len(known.Fields) > 0 {
		fields = known.Fields
	}
	for _, f := range fields {
		if e.faults.lined {
			e.faults.add(ProblemField{Parameter: expandIn(f.Pointer), Detail: f.Detail})
			continue
		}
		e.faults.add(ProblemField{Pointer: "/expand" + f.Pointer, Detail: f.Detail})
	}
}

// known visits the members of an object that has no others, each once.
func (e expandReader) known(at string, object json.RawMessage, names []string, visit func(at, name string, raw json.RawMessage)) {
	seen := map[string]bool{}
	for name, raw := range each(object) {
		switch at := at + pointerTo(name); {
		case string(raw) == "null":
		case !slices.Contains(names, name):
			e.faults.add(ProblemField{Pointer: at, Detail: fmt.Sprintf("%s is not a member here. There are: %s.%s", quote(name), strings.Join(names, ", "), spelling.DidYouMean(name, names))})
		case seen[name]:
			e.faults.add(ProblemField{Pointer: at, Detail: name + " is there twice; keep one of them."})
		default:
			visit(at, name, raw)
		}
		seen[name] = true
	}
}

// member holds a member of expand against what it must be, in words that Go's own do not have.
func (e expandReader) member(at, name string, raw json.RawMessage) {
	switch name {
	case "mode":
		e.must(at, name, raw, new(string), `a string, "all" or "random"`)
	case "wildcards":
		e.must(at, name, raw, new(map[string][]string), `an object of lists, such as {"colour": ["red", "blue"]}`)
	case "matrix":
		if e.must(at, name, raw, new(map[string][]any), `an object of lists, such as {"model": ["core", "ultra"]}`) {
			e.known(at, raw, matrixMembers, e.across)
		}
	default:
		e.must(at, name, raw, new(int64), "a whole number such as 4")
	}
}

func (e expandReader) across(at, name string, raw json.RawMessage) {
	e.faults.crossed[name] = true
	var values []json.RawMessage
	null := func(value json.RawMessage) bool { return string(value) == "null" }
	if json.Unmarshal(raw, &values) == nil && (len(values) == 0 || slices.ContainsFunc(values, null)) {
		e.faults.add(ProblemField{Pointer: at, Detail: name + " must be a list with a value in every place, and at least one. Leave " + name + " out to have it the same in all jobs."})
		return
	}
	if name == "seed" {
		e.must(at, name, raw, new([]int64), "a list of whole numbers, such as [1, 2]")
		return
	}
	e.must(at, name, raw, new([]string), "a list of strings")
}

func (e expandReader) must(at, name string, raw json.RawMessage, into any, be string) bool {
	if err := json.Unmarshal(raw, into); err != nil {
		e.faults.add(ProblemField{Pointer: at, Detail: fmt.Sprintf("%s must be %s; it is %s.", name, be, describeJSON(raw))})
		return false
	}
	if escape := loneSurrogate(raw); escape != "" {
		e.faults.add(ProblemField{Pointer: at, Detail: fmt.Sprintf("%s holds %s, one half of a character; write the character itself, or both halves.", name, escape)})
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
