package api

import (
	"encoding/json"
	"errors"
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

// expansion reads how the requests are multiplied: nil is not at all. It notes what is wrong, and which members the matrix has.
func (fs *faults) expansion(raw json.RawMessage) *template.Expand {
	if raw == nil {
		return nil
	}
	if kind := kindOf(raw); kind != "an object" {
		fs.at("/expand", `expand must be an object such as {"mode": "all"} or {"runs": 4}; it is %s.`, kind)
		return nil
	}
	expand := &template.Expand{}
	fs.crossed = map[string]bool{}
	before := len(fs.list)
	raw = plainNumbers(raw)
	fs.known("/expand", raw, expandMembers, fs.expander)
	if len(fs.list) > before {
		return expand
	}
	err := json.Unmarshal(raw, expand)
	if err == nil {
		err = expand.Check()
	}
	for _, f := range fieldsOf(err) {
		fs.at("/expand"+f.Pointer, "%s", f.Detail)
	}
	return expand
}

// fieldsOf is what a package of the core has to say, if anything.
func fieldsOf(err error) []request.FieldError {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*job.Error](err); ok && len(known.Fields) > 0 {
		return known.Fields
	}
	return []request.FieldError{{Detail: err.Error()}}
}

// known visits the members of an object that has no others, each once.
func (fs *faults) known(at string, object json.RawMessage, names []string, visit func(at, name string, raw json.RawMessage)) {
	seen := map[string]bool{}
	for name, raw := range each(object) {
		switch at := at + pointerTo(name); {
		case string(raw) == "null":
		case !slices.Contains(names, name):
			fs.at(at, "%s is not a member here. There are: %s.%s", quote(name), strings.Join(names, ", "), spelling.DidYouMean(name, names))
		case seen[name]:
			fs.at(at, "%s is there twice; keep one of them.", name)
		default:
			visit(at, name, raw)
		}
		seen[name] = true
	}
}

// expander holds a member of expand against what it must be, in words that Go's own do not have.
func (fs *faults) expander(at, name string, raw json.RawMessage) {
	switch name {
	case "mode":
		fs.must(at, name, raw, new(string), `a string, "all" or "random"`)
	case "wildcards":
		fs.must(at, name, raw, new(map[string][]string), `an object of lists, such as {"colour": ["red", "blue"]}`)
	case "matrix":
		if fs.must(at, name, raw, new(map[string][]any), `an object of lists, such as {"model": ["core", "ultra"]}`) {
			fs.known(at, raw, matrixMembers, fs.across)
		}
	default:
		fs.must(at, name, raw, new(int64), "a whole number such as 4")
	}
}

func (fs *faults) across(at, name string, raw json.RawMessage) {
	fs.crossed[name] = true
	var values []json.RawMessage
	null := func(value json.RawMessage) bool { return string(value) == "null" }
	if json.Unmarshal(raw, &values) == nil && (len(values) == 0 || slices.ContainsFunc(values, null)) {
		fs.at(at, "%s must be a list with a value in every place, and at least one. Leave %[1]s out to have it the same in all jobs.", name)
		return
	}
	if name == "seed" {
		fs.must(at, name, raw, new([]int64), "a list of whole numbers, such as [1, 2]")
		return
	}
	fs.must(at, name, raw, new([]string), "a list of strings")
}

func (fs *faults) must(at, name string, raw json.RawMessage, into any, be string) bool {
	if err := json.Unmarshal(raw, into); err != nil {
		fs.at(at, "%s must be %s; it is %s.", name, be, describeJSON(raw))
		return false
	}
	if escape := loneSurrogate(raw); escape != "" {
		fs.at(at, halfCharacter, name, escape)
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
