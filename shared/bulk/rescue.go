package bulk

import "context"

// rescue fetches what was made for rows that are not sent.
func (w *watch) rescue(ctx context.Context, rescues []rescue) error {
	for _, one := range rescues {
		t, there, err := w.judge.rescued(ctx, one)
		if err == nil && there {
			err = w.push(ctx, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rescued finds the picture for a row that still wants it.
func (g *judge) rescued(ctx context.Context, one rescue) (t task, there bool, err error) {
	row, _ := g.rows.get(one.key)
	if row.state != wanted {
		return t, false, nil
	}
	t = task{key: one.key, back: wanted}
	if t.job, err = g.batch.get(ctx, one.job); err != nil {
		return t, false, err
	}
	if t.line, err = g.spool.line(row.place); err != nil {
		return t, false, err
	}
	if len(t.job.Images) == 0 {
		return t, false, nil // it was deleted meanwhile, and is given up at the end
	}
	g.rows.move(one.key, t.job.Model, busy)
	return t, true, nil
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
