package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"easel/shared/job"
	"easel/shared/spelling"
)

// failures are the codes by which failed jobs may be chosen.
var failures = []string{
	job.CodeFiltered, job.CodeInvalid, job.CodeUnavailable, job.CodeExhausted, job.CodeExpired, job.CodeModel, job.CodeInternal,
	job.CodeOverMaxCost,
}

// retryable are the states in which jobs can begin again.
var retryable = []string{string(job.Failed), string(job.Canceled)}

// choice reads which jobs are to begin again, from the body or the query. Nothing said means those that failed.
func (t batchRoutes) choice(w http.ResponseWriter, r *http.Request) (job.Choice, error) {
	data, leave, err := t.readBody(w, r, "It needs no more than a list of statuses and one of codes.")
	if err != nil {
		return job.Choice{}, err
	}
	defer leave()
	p := &picker{seen: map[string]bool{}}
	if len(bytes.TrimSpace(data)) > 0 {
		if err := t.media(r); err != nil {
			return job.Choice{}, err
		}
		if err := p.read(data); err != nil {
			return job.Choice{}, err
		}
	}
	for _, name := range filters {
		if given := asked(r).list(name); given != nil {
			p.pick(name, given, ProblemField{Parameter: name})
		}
	}
	if c := p.choice; len(c.Codes) > 0 && len(c.Statuses) > 0 && !slices.Contains(c.Statuses, job.Failed) {
		p.add(ProblemField{}, "codes choose among jobs that failed, and statuses leaves those out; add failed to statuses, or leave codes out.")
	}
	return p.choice, refuse(p.fields)
}

// filters are the lists by which jobs may be chosen.
var filters = []string{"statuses", "codes"}

// picker gathers a choice. A list that chooses nothing is refused and never taken for none: that would begin all jobs
// again, at the cost of each.
type picker struct {
	choice job.Choice
	seen   map[string]bool
	fields []ProblemField
}

const choiceExample = `{"statuses": ["failed"], "codes": ["model_error"]}`

func (p *picker) read(data []byte) error {
	if err := checkObject(data, choiceExample, "", ""); err != nil {
		return err
	}
	for name, raw := range each(data) {
		at := ProblemField{Pointer: pointerTo(name)}
		var names []string
		switch {
		case !slices.Contains(filters, name):
			p.add(at, "%s is not a member of a retry. There are: %s.%s", quote(name), strings.Join(filters, ", "), spelling.DidYouMean(name, filters))
		case kindOf(raw) != "an array" || json.Unmarshal(raw, &names) != nil:
			p.add(at, "%s must be an array of strings, such as %s; it is %s.", name, choiceExample, kindOf(raw))
		default:
			p.pick(name, names, at)
		}
	}
	return nil
}

func (p *picker) add(at ProblemField, format string, args ...any) {
	if len(p.fields) < maxFaults {
		at.Detail = fmt.Sprintf(format, args...)
		p.fields = append(p.fields, at)
	}
}

// pick adds names to the choice. One that does not exist is refused: nothing would be found under it.
func (p *picker) pick(list string, names []string, at ProblemField) {
	allowed := failures
	if list == "statuses" {
		allowed = retryable
	}
	switch {
	case p.seen[list]:
		p.add(at, "%s is given twice; give it once, in the address or in the body.", list)
		return
	case len(names) == 0:
		p.add(at, "%s is empty; name one or more of %s, or leave it out.", list, strings.Join(allowed, ", "))
	}
	p.seen[list] = true
	for _, name := range names {
		switch {
		case !slices.Contains(allowed, name):
			p.add(at, "%s %s does not exist; use one or more of %s.%s", list, quote(name), strings.Join(allowed, ", "), spelling.DidYouMean(name, allowed))
		case list == "statuses":
			p.choice.Statuses = append(p.choice.Statuses, job.Status(name))
		default:
			p.choice.Codes = append(p.choice.Codes, name)
		}
	}
}
