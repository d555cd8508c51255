package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"easel/shared/job"
	"easel/shared/template"
)

// The parameters of an order's address. What is said of the batch and its jobs stands in the body where that is JSON.
var (
	inQuery   = []string{"dry_run", "changed", "retry"}
	ofBatch   = []string{"name", "max_cost_usd"}
	ofJobs    = []string{"model", "negative_prompt", "aspect_ratio", "style_preset", "output_format", "user"}
	ofExpand  = []string{"expand", "count", "seed", "runs"}
	ofLines   = slices.Concat(ofBatch, []string{"open", "column"}, ofJobs, ofExpand)
	orderable = slices.Concat(inQuery, ofLines)
)

// queryReader reads the query of a request for many jobs into its draft.
type queryReader struct {
	query
	*draft
}

// read reads all parameters. What changed and retry may be is known to the core.
func (q queryReader) read() {
	q.dry = q.flag("dry_run", false)
	q.batch.Changed = q.values.Get("changed")
	for _, name := range q.list("retry") {
		q.batch.Retry = append(q.batch.Retry, job.Status(name))
	}
	if q.faults.lined {
		q.batch.Open = q.flag("open", q.batch.Open)
		q.aboutBatch()
		q.headers(q.values["column"])
		q.commonTo()
		q.multiplied()
		return
	}
	for _, name := range ofLines {
		if q.values.Has(name) {
			q.parameter(name, "%s is for bodies that are lines of a file; an order in JSON has it in the body. Leave it out of the address.", name)
		}
	}
}

func (q queryReader) parameter(name, format string, args ...any) {
	q.faults.add(ProblemField{Parameter: name, Detail: fmt.Sprintf(format, args...)})
}

// flag wants a clear word: taking dry_run without one for false would make pictures.
func (q queryReader) flag(name string, otherwise bool) bool {
	if !q.values.Has(name) {
		return otherwise
	}
	v, err := strconv.ParseBool(q.values.Get(name))
	if err != nil {
		q.parameter(name, "%s %s is neither true nor false; write %s=true or leave it out.", name, quote(q.values.Get(name)), name)
	}
	return v
}

func (q queryReader) aboutBatch() {
	for _, name := range ofBatch {
		if q.values.Has(name) && q.batch.BatchID != "" {
			q.parameter(name, toldOnce, name)
		}
	}
	q.batch.Name = q.values.Get("name")
	if q.values.Has("max_cost_usd") {
		micro, err := bound(q.values.Get("max_cost_usd"))
		if err != nil {
			q.parameter("max_cost_usd", "max_cost_usd %s.", err)
		}
		q.batch.MaxCost = micro
	}
}

// headers reads which columns of a CSV stand for which members of a request.
func (q queryReader) headers(given []string) {
	q.columns = map[string]string{}
	for _, pair := range given {
		name, header, ok := strings.Cut(pair, "=")
		if _, known := find(name); !ok || !known {
			q.parameter("column", "column %s is not a member of a job and the header that stands for it; write column=prompt=Title for each.", quote(pair))
			continue
		}
		q.columns[name] = header
	}
}

// commonTo reads the members that every line has unless it has its own.
func (q queryReader) commonTo() {
	b := &body{}
	q.faults.given = map[string]bool{}
	for _, name := range ofJobs {
		value := q.values.Get(name)
		if value == "" {
			continue
		}
		if !utf8.ValidString(value) {
			q.parameter(name, "%s is not valid UTF-8; percent-encode it as UTF-8.", name)
			continue
		}
		raw, _ := json.Marshal(value) // a string cannot fail
		m, _ := find(name)
		m.read(b, name, raw)
		q.faults.given[name] = true
	}
	q.defaults = b.request
}

// multiplied reads how lines are multiplied. Runs alone leave braces what they are.
func (q queryReader) multiplied() {
	plain := !q.values.Has("expand")
	for _, name := range []string{"count", "seed"} {
		if plain && q.values.Has(name) {
			q.parameter(name, "%s belongs to expand=random; add that, or leave %s out.", name, name)
			return
		}
	}
	if plain && !q.values.Has("runs") {
		return
	}
	q.expand = &template.Expand{
		Mode: q.values.Get("expand"), Picks: int(q.number("count")), Seed: q.number("seed"), Runs: int(q.number("runs")), Plain: plain,
	}
	for _, f := range fieldsOf(q.expand.Check()) {
		name := strings.TrimPrefix(f.Pointer, "/")
		if name == "mode" {
			name = "expand"
		}
		q.parameter(name, "%s", f.Detail)
	}
}

func (q queryReader) number(name string) int64 {
	if !q.values.Has(name) {
		return 0
	}
	n, err := strconv.ParseInt(q.values.Get(name), 10, 64)
	if err != nil || n < 0 {
		q.parameter(name, "%s %s is no whole number; use one such as %s=4.", name, quote(q.values.Get(name)), name)
		return 0
	}
	return n
}
