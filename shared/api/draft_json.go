package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/spelling"
	"easel/shared/template"
	"easel/shared/usd"
)

const orderExample = `{"prompts": ["a lighthouse at dawn", "a red fox in the snow"]}`

// orderMembers are what an order in JSON may have, in the order in which they are told to people. The first three
// are told once, when the batch is made.
var orderMembers = []string{"name", "metadata", "max_cost_usd", "open", "defaults", "jobs", "prompts", "template", "expand"}

// toldOnce refuses what is said of a batch that is there.
const toldOnce = "%s is told when a batch is made, and what is appended does not change it. Leave it out."

// readJSON reads a request for many jobs that is one object.
func (d *draft) readJSON(data []byte) error {
	if err := checkObject(data, orderExample, " Lines of JSON are sent as application/x-ndjson.", ` Put the list into it: {"jobs": [...]}.`); err != nil {
		return err
	}
	seen := d.members(data)
	d.about(seen)
	d.common(seen["defaults"])
	d.expand = d.faults.expansion(seen["expand"])
	return d.content(seen)
}

// members returns those that the order has and that are not null.
func (d *draft) members(object []byte) map[string]json.RawMessage {
	seen := map[string]json.RawMessage{}
	var unknown []string
	for name, raw := range each(object) {
		_, twice := seen[name]
		switch {
		case string(raw) == "null":
		case !slices.Contains(orderMembers, name):
			unknown = append(unknown, name)
		case twice:
			d.faults.at(pointerTo(name), "%s is there twice; keep one of them.", name)
		case !utf8.Valid(raw):
			d.faults.at(pointerTo(name), "%s is not valid UTF-8; send the body as UTF-8.", name)
		default:
			seen[name] = raw
		}
	}
	for n, name := range unknown[:min(len(unknown), maxFaults)] {
		detail := quote(name) + " is not a member of an order." + insteadOf(name)
		if n == 0 {
			detail += " There are: " + strings.Join(orderMembers, ", ") + "."
		}
		d.faults.add(ProblemField{Pointer: pointerTo(name), Detail: detail})
	}
	return seen
}

// insteadOf says where a member belongs that stands beside the jobs.
func insteadOf(name string) string {
	_, ofJob := find(name)
	switch word := normal(name); {
	case word == "prompt":
		return ` Write it into prompts, which is a list: "prompts": ["a lighthouse at dawn"].`
	case word == "n" || word == "samples" || word == "numimages":
		return ` Write "expand": {"runs": 4} to have each picture four times.`
	case slices.Contains(inQuery, name):
		return " It belongs into the address: " + map[string]string{"dry_run": "?dry_run=true.", "changed": "?changed=add.", "retry": "?retry=failed."}[name]
	case slices.Contains(expandMembers, name):
		return " Write it into expand."
	case ofJob:
		return " Write it into defaults to have it in every job."
	case slices.Contains([]string{"requests", "inputs", "items", "rows", "lines", "images", "data"}, word):
		return " Write a list of requests into jobs."
	}
	return spelling.DidYouMean(name, orderMembers)
}

// about reads what is said of the batch.
func (d *draft) about(seen map[string]json.RawMessage) {
	b := &body{}
	for _, name := range orderMembers[:4] {
		raw := seen[name]
		switch {
		case raw == nil:
		case name == "open":
			d.batch.Open = string(raw) == "true"
			if kind := kindOf(raw); kind != "a boolean" {
				b.add("/open", "open must be true or false; it is %s.", kind)
			}
		case d.batch.BatchID != "":
			b.add(pointerTo(name), toldOnce, name)
		case name == "name":
			d.batch.Name, _ = b.text("/name", name, raw)
		case name == "metadata":
			readMetadata(b, name, raw)
			d.batch.Metadata = b.request.Metadata
		default:
			d.batch.MaxCost = readUSD(b, raw)
		}
	}
	for _, f := range b.fields {
		d.faults.add(f)
	}
}

// plainNumber writes a number such as 4e-2, as some programs write small ones, without an exponent.
func plainNumber(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !strings.ContainsAny(s, "eE") {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// readUSD takes an amount as a number or, for those whose numbers are floats, as a string.
func readUSD(b *body, raw json.RawMessage) int64 {
	written := string(raw)
	switch kind := kindOf(raw); kind {
	case "a number":
		written = plainNumber(written)
	case "a string":
		written, _ = b.text("/max_cost_usd", "max_cost_usd", raw)
	default:
		b.add("/max_cost_usd", "max_cost_usd must be an amount in US dollars such as 12.50; it is %s.", kind)
		return 0
	}
	micro, err := bound(written)
	if err != nil {
		b.add("/max_cost_usd", "max_cost_usd %s.", err)
	}
	return micro
}

// common reads the members that every job has unless it has its own.
func (d *draft) common(raw json.RawMessage) {
	if raw == nil {
		return
	}
	if kind := kindOf(raw); kind != "an object" {
		d.faults.at("/defaults", `defaults must be an object with members of a job, such as {"model": "ultra"}; it is %s.`, kind)
		return
	}
	b := &body{}
	b.members(raw)
	b.explain(d.standard)
	d.told = len(b.unknown) > 0
	if b.has()["custom_id"] {
		b.add("/custom_id", "custom_id names one job and cannot be common to all; give each job its own.")
	}
	for _, f := range b.fields {
		d.faults.add(ProblemField{Pointer: "/defaults" + f.Pointer, Detail: f.Detail})
	}
	d.defaults, d.faults.given = b.request, b.has()
}

// content reads the requests, which come in one of three ways.
func (d *draft) content(seen map[string]json.RawMessage) error {
	var ways []string
	for _, name := range []string{"jobs", "prompts", "template"} {
		if seen[name] != nil {
			ways = append(ways, name)
		}
	}
	if len(ways) > 1 {
		d.faults.at(pointerTo(ways[1]), "%s are both there; give one of them. Several requests make one batch: append to it.", strings.Join(ways, " and "))
		return nil
	}
	switch {
	case seen["jobs"] != nil:
		return d.elements("jobs", seen["jobs"], d.job)
	case seen["prompts"] != nil:
		return d.elements("prompts", seen["prompts"], d.text)
	case seen["template"] != nil:
		if d.expand == nil {
			d.expand = &template.Expand{}
		}
		d.prompt(1, "/template", seen["template"])
	}
	return nil
}

// elements reads those of an array, as many as a request may hold.
func (d *draft) elements(name string, raw json.RawMessage, read func(n int, raw json.RawMessage)) error {
	if kind := kindOf(raw); kind != "an array" {
		d.faults.at(pointerTo(name), "%s must be an array, such as %s; it is %s.", name, orderExample, kind)
		return nil
	}
	array := json.NewDecoder(bytes.NewReader(raw))
	_, _ = array.Token() // the bracket; the syntax was checked
	for n := 1; array.More() && !d.faults.full(); n++ {
		var element json.RawMessage
		if err := array.Decode(&element); err != nil {
			return err
		}
		if n > job.MaxLines {
			return d.tooMany(fmt.Sprintf("%s has more than %d entries, the most that one request takes.", name, job.MaxLines))
		}
		read(n, element)
	}
	return nil
}

func (d *draft) job(n int, raw json.RawMessage) {
	from := position{line: n, pointer: "/jobs/" + strconv.Itoa(n-1)}
	if raw[0] == '"' {
		d.faults.note(n, ProblemField{Pointer: from.pointer, Detail: "jobs holds objects such as " + exampleRequest + ", and this is a string. Write a list of strings into prompts."})
		return
	}
	request, own, err := d.request(raw)
	from.own = own
	if p, refused := errors.AsType[*Problem](err); refused {
		d.faults.reject(from, p.LineFields())
		return
	}
	d.take(prompt.Row{Line: n, Request: request}, from)
}

func (d *draft) text(n int, raw json.RawMessage) {
	at := "/prompts/" + strconv.Itoa(n-1)
	if raw[0] == '{' {
		d.faults.note(n, ProblemField{Pointer: at, Detail: "prompts holds strings, and this is an object. Write a list of objects into jobs."})
		return
	}
	d.prompt(n, at, raw)
}

// prompt takes a request that is a prompt and nothing else.
func (d *draft) prompt(n int, pointer string, raw json.RawMessage) {
	b := &body{request: d.defaults}
	b.request.Prompt, _ = b.text(pointer, strings.TrimLeft(pointer, "/"), raw)
	for _, f := range b.fields {
		d.faults.note(n, f)
	}
	if len(b.fields) == 0 {
		d.take(prompt.Row{Line: n, Request: b.request}, position{line: n, pointer: pointer, text: true, own: map[string]bool{"prompt": true}})
	}
}

// bound reads what a batch may cost at the most. Nothing would mean no bound, which is the opposite of what 0 says.
func bound(s string) (int64, error) {
	micro, err := usd.Parse(s)
	if err == nil && micro == 0 {
		err = fmt.Errorf("%s would allow no picture; write an amount such as 12.50, or leave it out for no bound", quote(s))
	}
	return micro, err
}
