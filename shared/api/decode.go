package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// maxFaults bounds how many things one answer names.
const maxFaults = 32

const exampleRequest = `{"prompt": "a lighthouse at dawn"}`

// decode reads the body of POST /jobs.
func (t jobRoutes) decode(w http.ResponseWriter, r *http.Request) (request.Request, error) {
	if err := t.media(r); err != nil {
		return request.Request{}, err
	}
	data, leave, err := t.readBody(w, r, "An input image may have 3 MB before base64: scale it down, or send it as JPEG.")
	if err != nil {
		return request.Request{}, err
	}
	defer leave()
	request, err := parse(data, t.standard)
	return request, complete(t.Submitter.Check, request, err)
}

// complete adds to a refusal what the core would refuse as well, so that the client need not ask twice. Where
// the model or the image could not be read, what depends on them cannot be judged.
func complete(check func(request.Request) error, request request.Request, err error) error {
	p, refused := errors.AsType[*Problem](err)
	if !refused || len(p.Errors) == 0 || p.Status != http.StatusUnprocessableEntity {
		return err
	}
	said := map[string]bool{}
	for _, f := range p.Errors {
		said[f.Pointer] = true
	}
	core, refused := errors.AsType[*job.Error](check(request))
	if !refused || said["/model"] || said["/image"] {
		return err
	}
	fields := slices.Clone(p.Errors)
	for _, f := range core.Fields {
		if !said[f.Pointer] && len(fields) < maxFaults {
			fields = append(fields, ProblemField{Pointer: f.Pointer, Detail: f.Detail})
		}
	}
	return refuse(fields)
}

// body is a request on its way from JSON: what was understood, and what was wrong.
type body struct {
	request request.Request // first the defaults, if there are any
	fields  []ProblemField
	seen    map[string]json.RawMessage // members that are known, by their name in JSON
	unknown []unknownMember
	brief   bool // what members there are has been told already
}

// parse reads a request. It returns a [*Problem] that names everything that is wrong with it, as far as
// that shows without asking the core. The standard model is the one of a request that names none.
func parse(data []byte, standard model.Model) (request.Request, error) {
	const moreObjects = " One request orders one picture, so the body holds one object; POST /batches takes many."
	const array = " One request orders one picture: send an object for each, or all of them to POST /batches."
	if err := checkObject(data, exampleRequest, moreObjects, array); err != nil {
		return request.Request{}, err
	}
	b := &body{}
	b.members(data)
	b.explain(standard)
	return b.request, refuse(b.fields)
}

// checkObject refuses a body that is no JSON object. To what it says it adds what to do with more values than one, and with an
// array.
func checkObject(data []byte, example, more, array string) error {
	if err := syntax(data, example, more); err != nil {
		return err
	}
	kind := kindOf(bytes.TrimSpace(data))
	switch kind {
	case "an object":
		return nil
	case "an array":
		more = array
	default:
		more = ""
	}
	return NewProblem(http.StatusUnprocessableEntity, job.CodeInvalid, "The body must be a JSON object such as "+example+"; it is "+kind+"."+more)
}

// syntax finds what keeps the body from being JSON, by line and column.
func syntax(data []byte, example, more string) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return malformed("The body is empty. Send a JSON object such as " + example + ".")
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return malformed("The body holds zero bytes, as UTF-16 does. Send it as UTF-8.")
	}
	wrong := slipIn(data)
	if wrong == nil {
		return nil
	}
	detail := fmt.Sprintf("The body is not JSON: line %d, column %d (byte %d): %s. Check quotes, commas and brackets there.", wrong.line, wrong.column, wrong.at, wrong.said)
	switch {
	case strings.Contains(wrong.said, "after top-level value"):
		detail += more
	case wrong.at == 1:
		detail += " Send a JSON object such as " + example + "."
	}
	return malformed(detail, ProblemField{Line: wrong.line, Detail: wrong.said})
}

// slip is the first place where something is not JSON, counted from 1.
type slip struct {
	line, column, at int
	said             string
}

func slipIn(data []byte) *slip {
	var wrong *json.SyntaxError
	if err := json.Unmarshal(data, new(json.RawMessage)); !errors.As(err, &wrong) {
		return nil
	}
	end := min(max(0, int(wrong.Offset)-1), len(data))
	return &slip{
		line:   1 + bytes.Count(data[:end], []byte("\n")),
		column: 1 + utf8.RuneCount(data[bytes.LastIndexByte(data[:end], '\n')+1:end]),
		at:     end + 1, said: wrong.Error(),
	}
}

func malformed(detail string, fields ...ProblemField) error {
	return NewProblem(http.StatusBadRequest, "malformed_json", detail, fields...)
}

// members reads those of an object.
func (b *body) members(object []byte) {
	b.seen = map[string]json.RawMessage{}
	explained := utf8.Valid(object)
	for name, raw := range each(object) {
		explained = explained || !utf8.Valid(raw)
		b.member(name, raw)
	}
	if !explained {
		b.add("", "The name of a member is not valid UTF-8; send the body as UTF-8.")
	}
}

// has are the members that were there and not null.
func (b *body) has() map[string]bool {
	there := map[string]bool{}
	for name, raw := range b.seen {
		there[name] = string(raw) != "null"
	}
	return there
}

// each are the members of an object of which the syntax was checked, in their order and with those that are there twice.
func each(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		d := json.NewDecoder(bytes.NewReader(object))
		for _, _ = d.Token(); d.More(); { // first the brace
			name, _ := d.Token()
			var raw json.RawMessage
			if key, is := name.(string); !is || d.Decode(&raw) != nil || !yield(key, raw) {
				return
			}
		}
	}
}

// member reads one member. null is as good as absent: many clients write it for what is not set.
func (b *body) member(name string, raw json.RawMessage) {
	m, known := find(name)
	if _, twice := b.seen[m.name]; known && twice {
		also := ""
		if m.name == "style_preset" {
			also = " (style_preset and stylePreset are the same)"
		}
		b.add(pointerTo(name), "%s is there twice%s; keep one of them.", m.name, also)
		return
	}
	switch {
	case !known && string(raw) != "null":
		if len(b.unknown) < maxFaults {
			b.unknown = append(b.unknown, unknownMember{name, raw})
		}
	case !known:
	case string(raw) == "null":
		b.seen[m.name] = raw
	case !utf8.Valid(raw):
		b.seen[m.name] = raw
		b.add(pointerTo(name), "%s is not valid UTF-8; send the body as UTF-8.", name)
	default:
		b.seen[m.name] = raw
		m.read(b, name, plainNumbers(raw))
	}
}

// add notes what is wrong, as far as one answer bears: a body has room for half a million mistakes.
func (b *body) add(pointer, format string, args ...any) {
	if len(b.fields) == maxFaults {
		return
	}
	f := request.Faulty(pointer, format, args...)
	b.fields = append(b.fields, ProblemField{Pointer: pointer, Detail: f.Detail, Found: f.Found})
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointerTo is the JSON pointer to a member, kept short where a client sends nonsense for a name.
func pointerTo(names ...string) string {
	var out strings.Builder
	for _, n := range names {
		out.WriteString("/" + pointerEscaper.Replace(request.Clip(n)))
	}
	return out.String()
}

// nouns are kinds of JSON values by their first byte. All others are numbers.
var nouns = map[byte]string{'{': "an object", '[': "an array", '"': "a string", 't': "a boolean", 'f': "a boolean", 'n': "null"}

// kindOf says what a JSON value is, in words.
func kindOf(raw []byte) string { return cmp.Or(nouns[raw[0]], "a number") }
