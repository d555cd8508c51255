package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
func (t *jobRoutes) decode(w http.ResponseWriter, r *http.Request) (request.Request, error) {
	if err := t.bodies.media(r); err != nil {
		return request.Request{}, err
	}
	data, leave, err := t.bodies.read(w, r, "An input image may have 3 MB before base64: scale it down, or send it as JPEG.")
	if err != nil {
		return request.Request{}, err
	}
	defer leave()
	request, err := parse(data, t.standard)
	return request, complete(t.submitter.Check, request, err)
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
	var fields []ProblemField
	for _, f := range core.Fields {
		if !said[f.Pointer] && len(p.Errors)+len(fields) < maxFaults {
			fields = append(fields, ProblemField{Pointer: f.Pointer, Detail: f.Detail})
		}
	}
	return refuse(append(slices.Clone(p.Errors), fields...))
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
	if err := syntax(data, exampleRequest, " One request orders one picture, so the body holds one object; POST /batches takes many."); err != nil {
		return request.Request{}, err
	}
	b := &body{}
	if err := b.walk(data); err != nil {
		return request.Request{}, err
	}
	b.explain(standard)
	return b.request, refuse(b.fields)
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

// walk reads the members in their order.
func (b *body) walk(data []byte) error {
	if kind := kindOf(bytes.TrimSpace(data)); kind != "an object" {
		detail := "The body must be a JSON object such as " + exampleRequest + "; it is " + kind + "."
		if kind == "an array" {
			detail += " One request orders one picture: send an object for each, or all of them to POST /batches."
		}
		return NewProblem(http.StatusUnprocessableEntity, job.CodeInvalid, detail)
	}
	return b.members(data)
}

// members reads those of an object.
func (b *body) members(object []byte) error {
	b.seen = map[string]json.RawMessage{}
	explained := utf8.Valid(object)
	return each(object, func(name string, raw json.RawMessage) {
		explained = explained || !utf8.Valid(raw)
		b.member(name, raw)
	}, func() {
		if !explained {
			b.add("", "The name of a member is not valid UTF-8; send the body as UTF-8.")
		}
	})
}

// each calls visit for every member of an object, and then done.
func each(object []byte, visit func(string, json.RawMessage), done func()) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		key, _ := name.(string)
		visit(key, raw)
	}
	done()
	return nil
}

// member reads one member. null is as good as absent: many clients write it for what is not set.
func (b *body) member(name string, raw json.RawMessage) {
	m, known := find(name)
	if _, twice := b.seen[m.name]; known && twice {
		b.add(pointerTo(name), "%s is there twice%s; keep one of them.", m.name, alsoCalled(m, name))
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

func alsoCalled(m member, name string) string {
	if m.name == "style_preset" {
		return " (style_preset and stylePreset are the same)"
	}
	return ""
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
		out.WriteString("/" + pointerEscaper.Replace(clip(n)))
	}
	return out.String()
}

// kindOf says what a JSON value is, in words.
func kindOf(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
