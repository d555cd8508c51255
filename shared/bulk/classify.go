package bulk

import (
	"context"
	"slices"

	"easel/shared/bulk/folder"
	"easel/shared/request"
)

// compare finds what the folder has for the rows. A row that goes on where another key left off, as one does that failed
// under the custom_id it had before, is known to the batch by that key.
func (r *Run) compare() error {
	r.matches = r.Folder.Match(r.rows.asked(), r.plan.Simulated, r.Redo)
	for n, m := range r.matches {
		var err error
		switch {
		case r.rows.rows[n].again:
			err = r.anew(int32(n))
		case m.Found != folder.Nothing:
			err = r.take(int32(n), m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take lets a row go on with what was found for it.
func (r *Run) take(n int32, m folder.Match) error {
	switch s := r.Folder.State(m); {
	case s.Adopted && s.Made:
		l, err := r.spool.at(r.rows.rows[n].at)
		if err != nil {
			return err
		}
		return r.Folder.Give(m, l.Key, l.CustomID, l.Number)
	case !s.Adopted && !s.Made:
		key, err := r.Folder.KeyOf(m)
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
	pictures, unknown := r.Folder.Pictures()
	p.Others, p.Unknown = pictures-p.Made, unknown
	return nil
}

// decide says of one row what is to become of it.
func (r *Run) decide(l line, m folder.Match) {
	p, key, to := &r.plan, folder.DigestOf(l.Key), r.classify(m)
	row, _ := r.rows.get(key)
	row.beyond, row.changed = false, m.Found == folder.Changed
	row.missing = !row.skipped && (m.Found == folder.Missing || m.Found == folder.Gone)
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
func (r *Run) classify(m folder.Match) state {
	p := &r.plan
	if m.Found == folder.Nothing {
		return wanted
	}
	s := r.Folder.State(m)
	switch {
	case m.Found == folder.Failure && !r.Retry:
		p.Failed++
		return idle
	case m.Found == folder.Missing && !r.FetchAgain && !s.Broken:
		p.Missing++
	case m.Found == folder.Gone && !r.FetchAgain:
		p.Gone++
	case m.Found == folder.Failure, m.Found == folder.Missing, m.Found == folder.Gone:
		return wanted
	default:
		p.countMade(m.Found, s)
		return made
	}
	return away
}

// countMade counts a row that has a picture, and what is to be said of it.
func (p *Plan) countMade(as folder.Found, s folder.State) {
	p.Made++
	for count, is := range map[*int]bool{
		&p.Renamed: as == folder.Renamed && s.Named, &p.Changed: as == folder.Changed,
		&p.Edited: s.Edited, &p.Rejected: s.Rejected,
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
	if l.Input.Embed == request.EmbedNone {
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
