package bulk

import (
	"context"
	"slices"

	"easel/shared/bulk/folder"
)

// planner says what is to become of each row.
type planner struct {
	*Run
	matches []folder.Match // what the folder has, in the order of the rows
}

// compare finds what the folder has for the rows. A row that goes on where another key left off, as one does that failed
// under the custom_id it had before, is known to the batch by that key.
func (p *planner) compare() error {
	rows := make([]folder.Row, len(p.rows.rows))
	for n := range rows {
		rows[n] = p.rows.rows[n].Row
	}
	p.matches = p.Folder.Match(rows, p.plan.Simulated, p.Redo)
	for n, m := range p.matches {
		var err error
		switch {
		case p.rows.rows[n].again:
			err = p.takes.anew(int32(n))
			p.matches[n] = folder.Match{Found: folder.Nothing}
		case m.Found != folder.Nothing:
			err = p.take(int32(n), m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take lets a row go on with what was found for it.
func (p *planner) take(n int32, m folder.Match) error {
	switch s := p.Folder.State(m); {
	case s.Adopted && s.Made:
		l, err := p.spool.line(p.rows.rows[n].place)
		if err != nil {
			return err
		}
		return p.Folder.Give(m, l.Key, l.CustomID, l.Number)
	case !s.Adopted && !s.Made:
		key, err := p.Folder.KeyOf(m)
		p.rows.rename(n, key)
		return err
	}
	return nil
}

// weigh says of every row what is to become of it, again without those whose jobs turn out to have been deleted.
func (p *planner) weigh(ctx context.Context) error {
	for before := p.plan; ; p.plan = before {
		if err := p.sort(ctx); err != nil {
			return err
		}
		if again, err := p.asker.ask(ctx); err != nil || !again {
			return err
		}
	}
}

// sort says of every row what is to become of it.
func (p *planner) sort(ctx context.Context) error {
	for n, m := range p.matches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.decide(p.rows.rows[n].Key, m); err != nil {
			return err
		}
	}
	pictures, unknown := p.Folder.Pictures()
	p.plan.Others, p.plan.Unknown = pictures-p.plan.Made, unknown
	return nil
}

// decide says of one row what is to become of it.
func (p *planner) decide(key folder.Digest, m folder.Match) error {
	plan, to := &p.plan, p.classify(m)
	row, _ := p.rows.get(key)
	row.beyond, row.changed = false, m.Found == folder.Changed
	if !row.skipped {
		plan.looked++
	}
	row.missing = !row.skipped && (m.Found == folder.Missing || m.Found == folder.Gone)
	switch {
	case to != wanted:
	case row.deleted:
		plan.Deleted++
		to = away
	case row.skipped:
		plan.Skipped++
		to = away
	case !row.ordered && !row.placed && !row.rescued && p.Limit > 0 && plan.looked > p.Limit:
		plan.Beyond++
		to, row.beyond = idle, true
	}
	p.rows.put(row)
	p.rows.move(key, row.offer.id, to)
	switch {
	case row.missing && to == wanted:
		plan.PaidAgain++
		plan.Again += row.price
	case row.missing:
		plan.Back += row.price
	}
	if to != wanted {
		return nil
	}
	plan.add(row)
	return p.showSample(row)
}

// classify counts a row by what was found of it.
func (p *planner) classify(m folder.Match) state {
	plan := &p.plan
	if m.Found == folder.Nothing {
		return wanted
	}
	s := p.Folder.State(m)
	switch {
	case m.Found == folder.Failure && !p.Retry:
		plan.Failed++
		return idle
	case m.Found == folder.Missing && !p.FetchAgain && !s.Broken:
		plan.Missing++
	case m.Found == folder.Gone && !p.FetchAgain:
		plan.Gone++
	case m.Found == folder.Failure, m.Found == folder.Missing, m.Found == folder.Gone:
		return wanted
	default:
		plan.countMade(m.Found, s)
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
func (p *planner) showSample(row tableRow) error {
	if row.ordered || len(p.plan.Sample) == samples {
		return nil
	}
	l, err := p.spool.line(row.place)
	if err == nil {
		p.plan.sample(l.Input.Prompt)
	}
	return err
}

// dismiss notes that files are missing, so that their pictures stay away until a person asks for them.
func (p *planner) dismiss() error {
	for n, m := range p.matches {
		if m.Found != folder.Missing || p.FetchAgain || p.rows.rows[n].skipped {
			continue
		}
		if err := p.Folder.Dismiss(m); err != nil {
			return err
		}
	}
	return nil
}

// sample shows a prompt of what is paid by this run.
func (p *Plan) sample(prompt string) {
	if len(p.Sample) < samples && !slices.Contains(p.Sample, prompt) {
		p.Sample = append(p.Sample, prompt)
	}
}
