package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"easel/shared/request"
)

// batchPlan is a batch request on its way.
type batchPlan struct {
	request     BatchRequest
	batch       Batch // as it is, or as it is to be made
	counters    Counters
	rows        []*planRow
	plan        Plan
	fingerprint string    // of the request
	created     bool      // the batch is to be made
	first       int64     // position of the first row
	wrote       []string  // write IDs of the transactions that it has tried
	in          int       // rows that this attempt has recorded, or found
	repeats     bool      // the batch was made by the same request before, which answers for its jobs
	reopens     bool      // it begins jobs again and leaves the seal alone
	known       bool      // the request is remembered: its rows have places
	touched     int64     // 1 more than the cancel number under which the flows of its rows were touched; 0: they were not
	touchedAt   time.Time // when they were touched last
	now         time.Time // from when on what is added and begun again counts
}

// planRow is a line with the job that it stands for.
type planRow struct {
	number int
	place  int64  // behind the first row
	job    Job    // as it is to be recorded, or as it is there
	status Status // of a job that is there, as its batch makes it look
	action action
	input  request.Request
	heads  request.Headers

	changed *Job // the job of the custom_id, where the row differs from it
}

// action is what is to be done about a row.
type action int

const (
	skip action = iota
	create
	retry
)

// maxFaults bounds how many faulty lines one answer names.
const maxFaults = 100

// todo are the rows for which images are to be made.
func (p *batchPlan) todo() iter.Seq[*planRow] {
	return func(yield func(*planRow) bool) {
		for _, r := range p.rows {
			if r.action != skip && !yield(r) {
				return
			}
		}
	}
}

// planner holds a batch request against what is there and makes the plan of it.
type planner struct {
	drafter
	*batchPlan
	caller Caller
	finder Finder
	eraser BatchEraser
}

// prepare holds a request against everything but money and says what there is to do.
func (s *Submitter) prepare(ctx context.Context, c Caller, r BatchRequest) (*batchPlan, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	p := planner{s.drafter(), &batchPlan{request: r, now: s.Clock()}, c, s.Finder, s.BatchEraser}
	if err := p.draftRows(); err != nil {
		return nil, err
	}
	p.fingerprint = r.fingerprint(p.standard)
	if err := p.locate(ctx); err != nil {
		return nil, err
	}
	p.identify()
	if err := p.compare(ctx); err != nil {
		return nil, err
	}
	p.sum()
	return p.batchPlan, nil
}

// check holds a request against everything that does not depend on its lines or on what is there.
func (r BatchRequest) check() error {
	if err := checkKey(r.Key); err != nil {
		return err
	}
	ch := &request.Check{}
	ch.Text("/name", r.Name, request.MaxName)
	ch.Metadata(r.Metadata)
	if r.MaxCost < 0 {
		ch.Add("/max_cost_usd", "max_cost_usd is less than nothing; leave it out for no bound.")
	}
	if !slices.Contains([]string{"", ChangedRefuse, ChangedKeep, ChangedAdd}, r.Changed) {
		ch.Add("/changed", "changed %q does not exist; use refuse, keep or add.", request.Clip(r.Changed))
	}
	for _, status := range r.Retry {
		if status != Failed && status != Canceled {
			ch.Add("/retry", "retry %q is not possible; use failed, canceled or both.", request.Clip(string(status)))
		}
	}
	switch {
	case len(ch.Fields) > 0:
		return &Error{Kind: ErrInvalid, Code: CodeInvalid, Message: "The request was not accepted: " + ch.Fields[0].Detail, Fields: ch.Fields}
	case len(r.Lines) > MaxLines:
		return &Error{Kind: ErrInvalid, Code: "too_many_jobs", Message: fmt.Sprintf("The request has %d jobs; at most %d are taken in one request. Append the rest to the batch with further requests.", len(r.Lines), MaxLines)}
	case len(r.Lines) == 0 && !r.Open:
		return &Error{Kind: ErrInvalid, Code: CodeInvalid, Message: "The request holds no job. Give jobs, prompts or a template; or open a batch to which jobs are appended later."}
	}
	return r.checkKeyed()
}

// checkKeyed asks for a key where nothing else tells two rows that are sent twice from two that are wanted twice.
func (r BatchRequest) checkKeyed() error {
	nameless := slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Request.CustomID == "" })
	if r.BatchID == "" || r.Key != "" || !nameless {
		return nil
	}
	return &Error{Kind: ErrInvalid, Code: "idempotency_key_needed", Message: "Some jobs have no custom_id. Give each one, or send the header Idempotency-Key: otherwise sending this twice would make the pictures twice."}
}

// draftRows validates all lines and drafts their jobs, but for what depends on the batch. Of lines that repeat an
// earlier one nothing is left but a count.
func (p planner) draftRows() error {
	var faults []request.FieldError
	seen := map[string]Line{}
	p.rows = slices.Grow(p.rows, len(p.request.Lines))
	for _, l := range p.request.Lines {
		if len(faults) >= maxFaults {
			break
		}
		m, heads, err := p.validate(l.Request)
		if err != nil {
			faults = append(faults, onLine(l.Number, err)...)
			continue
		}
		j := p.draft(p.caller, l.Request, "", m)
		if first, again := seen[l.Request.CustomID]; again && l.Request.CustomID != "" {
			if !j.asksFor(InputOf(first.Request), p.standard) {
				faults = append(faults, request.FieldError{Line: l.Number, Pointer: "/custom_id", Detail: fmt.Sprintf("custom_id %q stands for another request on line %d; give each row its own.", request.Clip(l.Request.CustomID), first.Number)})
			}
			p.plan.Duplicates++
			continue
		}
		seen[l.Request.CustomID] = l
		j.CreatedAt, j.QueuedAt, j.Visible = p.now, p.now, p.now
		p.rows = append(p.rows, &planRow{number: l.Number, job: j, action: create, input: l.Request, heads: heads})
	}
	return refuseLines(faults[:min(len(faults), maxFaults)])
}

func onLine(number int, err error) []request.FieldError {
	known, ok := errors.AsType[*Error](err)
	if !ok || len(known.Fields) == 0 {
		return []request.FieldError{{Line: number, Detail: err.Error()}}
	}
	fields := slices.Clone(known.Fields)
	for n := range fields {
		fields[n].Line = number
	}
	return fields
}

func refuseLines(faults []request.FieldError) error {
	if len(faults) == 0 {
		return nil
	}
	return &Error{
		Kind: ErrInvalid, Code: CodeInvalid, Fields: faults,
		Message: fmt.Sprintf("Nothing was recorded: line %d is faulty. %s", faults[0].Line, faults[0].Detail),
	}
}

// fingerprint tells two batch requests apart, by the pictures of their lines and by their other members as they were sent.
func (r BatchRequest) fingerprint(standard string) string {
	b, _ := json.Marshal(struct { // strings, numbers and maps cannot fail
		Name     string            `json:"name,omitempty"`
		Metadata map[string]string `json:"metadata,omitempty"`
		MaxCost  int64             `json:"max_cost,omitempty"`
		Open     bool              `json:"open,omitempty"`
		Changed  string            `json:"changed,omitempty"`
		Retry    []Status          `json:"retry,omitempty"`
	}{r.Name, r.Metadata, r.MaxCost, r.Open, r.Changed, r.Retry})
	for _, l := range r.Lines {
		b = append(b, Fingerprint(InputOf(l.Request), standard)...)
		b = append(b, otherMembers(l.Request)...)
	}
	return HashOf(b)
}

// sum fills in the plan.
func (p *batchPlan) sum() {
	out := &p.plan
	out.Added, out.Restarted, out.Existing, out.Failed, out.Deleted, out.Cost, out.Sample = 0, 0, 0, 0, 0, 0, nil
	out.Lines, out.Models, out.Created = len(p.request.Lines), map[string]Part{}, p.created
	for _, r := range p.rows {
		p.sumRow(r)
	}
	if !p.created {
		out.Batch, out.Counters = p.batch, p.counters
	}
}

func (p *batchPlan) sumRow(r *planRow) {
	out := &p.plan
	switch r.action {
	case create:
		out.Added++
	case retry:
		out.Restarted++
	default:
		out.Existing++
		switch {
		case r.job.DeletedAt != nil:
			out.Deleted++
		case r.status == Failed || r.status == Canceled:
			out.Failed++
		}
		return
	}
	part := out.Models[r.job.Model]
	out.Models[r.job.Model] = Part{Jobs: part.Jobs + 1, Cost: part.Cost + r.job.Price}
	out.Cost += r.job.Price
	if len(out.Sample) < 5 {
		out.Sample = append(out.Sample, r.job.Sent.Prompt)
	}
}
