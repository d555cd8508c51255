package bulk

import (
	"context"
	"slices"
)

// compare finds what the folder has for the rows. A row that goes on where another key left off, as one does that failed
// under the custom_id it had before, is known to the batch by that key.
func (r *Run) compare() error {
	r.matches = r.Folder.match(r.rows.rows, r.plan.Simulated, r.Redo)
	for n, m := range r.matches {
		if m.found != foundFailure && m.found != foundGone {
			continue
		}
		key, err := r.Folder.keyOf(m.ref)
		if err != nil {
			return err
		}
		if key != "" {
			r.rows.rename(int32(n), key)
		}
	}
	return nil
}

// sort says of every row what is to become of it.
func (r *Run) sort(ctx context.Context) error {
	p, n := &r.plan, 0
	for l, err := range r.spool.all() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		r.decide(l, r.matches[n])
		n++
	}
	pictures, unknown := r.Folder.holds()
	p.Others, p.Unknown = pictures-p.Made, unknown
	return nil
}

// decide says of one row what is to become of it.
func (r *Run) decide(l line, m match) {
	p, key, to := &r.plan, digestOf(l.Key), r.classify(m)
	row, _ := r.rows.get(key)
	if to == wanted && !row.ordered && r.Limit > 0 && p.ToMake-p.Waiting == r.Limit {
		p.Beyond++
		to, row.beyond = idle, true
	}
	row.missing = to == wanted && m.found == foundGone
	r.rows.put(key, row)
	offer := r.catalogue.find(l.Input.Model)
	r.rows.move(key, offer.id, to)
	if to == wanted {
		p.add(l, row, offer, r.catalogue.price(l.Input.Parameters, offer))
	}
}

// classify counts a row by what was found of it.
func (r *Run) classify(m match) state {
	p := &r.plan
	switch {
	case m.found == foundFailure && !r.Retry:
		p.Failed++
		return idle
	case m.found == foundNothing, m.found == foundFailure, m.found == foundGone:
		return wanted
	}
	p.Made++
	e := r.Folder.entryOf(m.ref)
	if m.found == foundRenamed && e.id != 0 {
		p.Renamed++
	}
	if m.found == foundChanged {
		p.Changed++
	}
	if e.is(flagEdited) {
		p.Edited++
	}
	return made
}

func (p *Plan) add(l line, row tableRow, o offer, price int64) {
	p.ToMake++
	if p.models == nil {
		p.models = map[string]int{}
	}
	p.models[o.id]++
	p.charge(o.name, 1, price)
	if row.ordered {
		p.Waiting++
		p.Ordered += price
		return
	}
	if row.missing {
		p.Missing++
		p.Again += price
	}
	p.sample(l.Input.Prompt)
}

// sample shows a prompt of what is paid by this run.
func (p *Plan) sample(prompt string) {
	if len(p.Sample) < samples && !slices.Contains(p.Sample, prompt) {
		p.Sample = append(p.Sample, prompt)
	}
}
