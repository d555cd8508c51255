package bulk

import "context"

// rescue fetches what was made for rows that are not sent.
func (w *watch) rescue(ctx context.Context) error {
	r := w.run
	for _, one := range r.survey.rescues {
		row, _ := r.rows.get(one.key)
		if row.state != wanted {
			continue
		}
		j, err := r.batch.get(ctx, one.job)
		if err != nil {
			return err
		}
		t := task{job: j, key: one.key, back: wanted}
		if t.line, err = r.spool.line(row.place); err != nil {
			return err
		}
		if len(t.job.Images) == 0 {
			continue // it was deleted meanwhile, and is given up at the end
		}
		r.rows.move(one.key, t.job.Model, busy)
		if err := w.push(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// push lets a picture be fetched.
func (w *watch) push(ctx context.Context, t task) error {
	w.under.Add(1)
	select {
	case w.queue <- t:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
