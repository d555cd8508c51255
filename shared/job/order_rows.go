package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// work is an order on its way.
type work struct {
	order Order
	batch Batch // as it is, or as it is to be made
	rows  []row
	plan  Plan
	print string // of the order
	first int64  // position of the first row
	now   time.Time
	retry bool // jobs of the batch begin again, and no lines came
}

// row is a line with the job that it stands for.
type row struct {
	number int
	job    Job // as it is to be recorded, or as it is there
	do     act
	base   *Job // the first job of the custom_id, where the row has changed since
	old    *Job // the one that counted until now, to be canceled
	input  Request
	heads  headers

	due     time.Time // its turn
	send    bool      // whether it is sent at once
	visible time.Time // if so, when a worker can see it
}

// act is what is to be done about a row.
type act int

const (
	leave act = iota
	add
	restart
)

// mostFaults bounds how many faulty lines one answer names.
const mostFaults = 100

// todo are the rows whose pictures are to be made.
func (w *work) todo() []row {
	return slices.DeleteFunc(slices.Clone(w.rows), func(r row) bool { return r.do == leave })
}

// prepare holds an order against everything but money and says what there is to do.
func (s *Submitter) prepare(ctx context.Context, c Caller, o Order) (*work, error) {
	if err := s.checkOrder(o); err != nil {
		return nil, err
	}
	w := &work{order: o, now: s.now()}
	if err := s.draftRows(w, c); err != nil {
		return nil, err
	}
	w.print = s.orderFingerprint(o)
	if err := s.locate(ctx, c, w); err != nil {
		return nil, err
	}
	w.identify()
	if err := s.compare(ctx, w); err != nil {
		return nil, err
	}
	w.sum()
	return w, nil
}

func (s *Submitter) checkOrder(o Order) error {
	if err := checkKey(o.Key); err != nil {
		return err
	}
	ch := &check{}
	ch.text("/name", o.Name, MaxName)
	ch.metadata(o.Metadata)
	if o.MaxCost < 0 {
		ch.add("/max_cost_usd", "max_cost_usd is less than nothing; leave it out for no bound.")
	}
	if !slices.Contains([]string{"", ChangedRefuse, ChangedKeep, ChangedRedo}, o.Changed) {
		ch.add("/changed", "changed %q does not exist; use refuse, keep or redo.", clip(o.Changed))
	}
	for _, status := range o.Retry {
		if status != Failed && status != Canceled {
			ch.add("/retry", "retry %q is not possible; use failed, canceled or both.", clip(string(status)))
		}
	}
	switch {
	case len(ch.fields) > 0:
		return &Error{Kind: ErrInvalid, Code: CodeInvalid, Message: "The order was not accepted: " + ch.fields[0].Detail, Fields: ch.fields}
	case len(o.Lines) > MaxLines:
		return &Error{Kind: ErrInvalid, Code: "too_many_jobs", Message: fmt.Sprintf("The order has %d jobs; at most %d are taken in one request. Append the rest to the batch with further requests.", len(o.Lines), MaxLines)}
	case len(o.Lines) == 0 && !o.Open:
		return &Error{Kind: ErrInvalid, Code: CodeInvalid, Message: "The order holds no job. Give jobs, prompts or a template; or open a batch to which jobs are appended later."}
	}
	return s.checkKeyed(o)
}

// checkKeyed asks for a key where nothing else tells two rows that are sent twice from two that are wanted twice.
func (s *Submitter) checkKeyed(o Order) error {
	nameless := slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Request.CustomID == "" })
	if o.BatchID == "" || o.Key != "" || !nameless {
		return nil
	}
	return &Error{Kind: ErrInvalid, Code: "idempotency_key_needed", Message: "Some jobs have no custom_id. Give each one, or send the header Idempotency-Key: otherwise sending this twice would make the pictures twice."}
}

// draftRows validates all lines and drafts their jobs, but for what depends on the batch. Of lines that repeat an
// earlier one nothing is left but a count.
func (s *Submitter) draftRows(w *work, c Caller) error {
	var faults []FieldError
	seen := map[string]Line{}
	for _, l := range w.order.Lines {
		if len(faults) >= mostFaults {
			break
		}
		m, heads, err := s.validate(l.Request)
		if err != nil {
			faults = append(faults, onLine(l.Number, err)...)
			continue
		}
		j := s.draft(c, l.Request, "", m)
		if first, again := seen[l.Request.CustomID]; again && l.Request.CustomID != "" {
			if !j.asksFor(InputOf(first.Request), s.fallback()) {
				faults = append(faults, FieldError{Line: l.Number, Pointer: "/custom_id", Detail: fmt.Sprintf("custom_id %q stands for another request on line %d; give each row its own.", clip(l.Request.CustomID), first.Number)})
			}
			w.plan.Duplicates++
			continue
		}
		seen[l.Request.CustomID] = l
		j.CreatedAt, j.QueuedAt, j.Visible = w.now, w.now, w.now
		w.rows = append(w.rows, row{number: l.Number, job: j, do: add, input: l.Request, heads: heads})
	}
	return refuseLines(faults[:min(len(faults), mostFaults)])
}

func onLine(number int, err error) []FieldError {
	known, ok := errors.AsType[*Error](err)
	if !ok || len(known.Fields) == 0 {
		return []FieldError{{Line: number, Detail: err.Error()}}
	}
	fields := slices.Clone(known.Fields)
	for n := range fields {
		fields[n].Line = number
	}
	return fields
}

func refuseLines(faults []FieldError) error {
	if len(faults) == 0 {
		return nil
	}
	return &Error{
		Kind: ErrInvalid, Code: CodeInvalid, Fields: faults,
		Message: fmt.Sprintf("Nothing was recorded: line %d is faulty. %s", faults[0].Line, faults[0].Detail),
	}
}

// orderFingerprint tells two orders apart, by the pictures of their lines and by their other members as they were sent.
func (s *Submitter) orderFingerprint(o Order) string {
	b, _ := json.Marshal(struct { // strings, numbers and maps cannot fail
		Name     string            `json:"name,omitempty"`
		Metadata map[string]string `json:"metadata,omitempty"`
		MaxCost  int64             `json:"max_cost,omitempty"`
		Open     bool              `json:"open,omitempty"`
		Changed  string            `json:"changed,omitempty"`
		Retry    []Status          `json:"retry,omitempty"`
	}{o.Name, o.Metadata, o.MaxCost, o.Open, o.Changed, o.Retry})
	for _, l := range o.Lines {
		b = append(b, Fingerprint(InputOf(l.Request), s.fallback())...)
		b = append(b, otherMembers(l.Request)...)
	}
	return hashOf(b)
}

// sum fills in the plan.
func (w *work) sum() {
	p := &w.plan
	p.Added, p.Restarted, p.Existing, p.Failed, p.Cost, p.Sample = 0, 0, 0, 0, 0, nil
	p.Lines, p.Models = len(w.order.Lines), map[string]Part{}
	for _, r := range w.rows {
		switch r.do {
		case add:
			p.Added++
		case restart:
			p.Restarted++
		default:
			p.Existing++
			if r.job.Status == Failed || r.job.Status == Canceled {
				p.Failed++
			}
			continue
		}
		part := p.Models[r.job.Model]
		p.Models[r.job.Model] = Part{Jobs: part.Jobs + 1, Cost: part.Cost + r.job.Price}
		p.Cost += r.job.Price
		if len(p.Sample) < 5 {
			p.Sample = append(p.Sample, r.job.Sent.Prompt)
		}
	}
	if !p.Created {
		p.Batch = w.batch
	}
}
