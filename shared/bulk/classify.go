package bulk

import (
	"context"
	"slices"

	"easel/shared/bulk/folder"
)

// compare finds what the folder has for the rows. A row that goes on where another key left off, as one does that failed
// under the custom_id it had before, is known to the batch by that key.
func (r *Run) compare() error {
	r.matches = r.Folder.Match(r.rows.asked(), r.plan.Simulated, r.Redo)
	for n, m := range r.matches {
		var err error
		switch {
		case r.rows.rows[n].again:
			err = r.takes.anew(int32(n))
			r.matches[n] = folder.Match{Found: folder.Nothing}
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
		l, err := r.spool.line(r.rows.rows[n].place)
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
	p := &r.plan
	for n, m := range r.matches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.decide(r.rows.rows[n].Key, m); err != nil {
			return err
		}
	}
	pictures, unknown := r.Folder.Pictures()
	p.Others, p.Unknown = pictures-p.Made, unknown
	return nil
}

// decide says of one row what is to become of it.
func (r *Run) decide(key folder.Digest, m folder.Match) error {
	p, to := &r.plan, r.classify(m)
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
	r.rows.move(key, row.offer.id, to)
	switch {
	case row.missing && to == wanted:
		p.PaidAgain++
		p.Again += row.price
	case row.missing:
		p.Back += row.price
	}
	if to != wanted {
		return nil
	}
	p.add(row)
	return r.showSample(row)
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

func (p *Plan) add(row tableRow) {
	p.ToMake++
	if row.rescued {
		p.rescued++
	}
	if row.silent {
		p.silent++
	}
	if p.models == nil {
		p.models = map[string]int{}
	}
	p.models[row.offer.id]++
	p.charge(row.offer.name, 1, row.price)
	if row.ordered {
		p.Waiting++
		p.Ordered += row.price
	}
}

// showSample reads the prompt of a row that is paid by this run, while there are too few to show.
func (r *Run) showSample(row tableRow) error {
	if row.ordered || len(r.plan.Sample) == samples {
		return nil
	}
	l, err := r.spool.line(row.place)
	if err == nil {
		r.plan.sample(l.Input.Prompt)
	}
	return err
}

// sample shows a prompt of what is paid by this run.
func (p *Plan) sample(prompt string) {
	if len(p.Sample) < samples && !slices.Contains(p.Sample, prompt) {
		p.Sample = append(p.Sample, prompt)
	}
}
