package bulk

import (
	"context"
	"slices"

	"easel/shared/job"
)

// compare finds what the folder has for the rows. A row that goes on where another key left off, as one does that failed
// under the custom_id it had before, is known to the batch by that key.
func (r *Run) compare() error {
	r.matches = r.Folder.match(r.rows.rows, r.plan.Simulated, r.Redo)
	for n, m := range r.matches {
		var err error
		switch {
		case r.rows.rows[n].again:
			err = r.anew(int32(n))
		case m.found != foundNothing:
			err = r.take(int32(n), m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take lets a row go on with what was found for it.
func (r *Run) take(n int32, m match) error {
	e := r.Folder.entryOf(m.ref)
	switch adopted := e.is(flagAdopted); {
	case adopted && e.is(flagMade):
		l, err := r.spool.at(r.rows.rows[n].at)
		if err != nil {
			return err
		}
		return r.Folder.give(m.ref, l)
	case !adopted && !e.is(flagMade):
		key, err := r.Folder.keyOf(m.ref)
		r.rows.rename(n, key)
		return err
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
	row.beyond, row.changed = false, m.found == foundChanged
	row.missing = !row.skipped && (m.found == foundMissing || m.found == foundGone)
	switch {
	case to != wanted:
	case row.deleted:
		p.Deleted++
		to = away
	case row.skipped:
		p.Skipped++
		to = away
	case !row.ordered && !row.rescued && r.Limit > 0 && p.ToMake-p.Waiting-p.rescued == r.Limit:
		p.Beyond++
		to, row.beyond = idle, true
	}
	r.rows.put(key, row)
	offer := r.catalogue.find(l.Input.Model)
	price := r.catalogue.price(l.Input.Parameters, offer)
	r.rows.move(key, offer.id, to)
	switch {
	case row.missing && to == wanted:
		p.PaidAgain++
		p.Again += price
	case row.missing:
		p.Back += price
	}
	if to == wanted {
		p.add(l, row, offer, price)
	}
}

// classify counts a row by what was found of it.
func (r *Run) classify(m match) state {
	p := &r.plan
	if m.found == foundNothing {
		return wanted
	}
	e := r.Folder.entryOf(m.ref)
	switch {
	case m.found == foundFailure && !r.Retry:
		p.Failed++
		return idle
	case m.found == foundMissing && !r.FetchAgain && !e.is(flagBroken):
		p.Missing++
	case m.found == foundGone && !r.FetchAgain:
		p.Gone++
	case m.found == foundFailure, m.found == foundMissing, m.found == foundGone:
		return wanted
	default:
		p.countMade(m.found, e)
		return made
	}
	return away
}

// countMade counts a row that has a picture, and what is to be said of it.
func (p *Plan) countMade(as found, e entryRef) {
	p.Made++
	for count, is := range map[*int]bool{
		&p.Renamed: as == foundRenamed && e.id != 0, &p.Changed: as == foundChanged,
		&p.Edited: e.is(flagEdited), &p.Rejected: e.is(flagRejected),
	} {
		if is {
			*count++
		}
	}
}

func (p *Plan) add(l line, row tableRow, o offer, price int64) {
	p.ToMake++
	if row.rescued {
		p.rescued++
	}
	if l.Input.Embed == job.EmbedNone {
		p.silent++
	}
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
	p.sample(l.Input.Prompt)
}

// sample shows a prompt of what is paid by this run.
func (p *Plan) sample(prompt string) {
	if len(p.Sample) < samples && !slices.Contains(p.Sample, prompt) {
		p.Sample = append(p.Sample, prompt)
	}
}
