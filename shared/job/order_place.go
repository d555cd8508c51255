package job

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// firstLook is when the sweep looks at a sealed batch for the first time.
const firstLook = 2 * time.Second

// schedule says when each row is due: one interval of its model after the one before, behind what the batch has of that
// model already. What is due soon is marked to be sent, as far as the feed has room.
func (s *Submitter) schedule(ctx context.Context, w *work) {
	type line struct {
		due      time.Time
		interval time.Duration
		ahead    int
		room     int
	}
	lines := map[string]*line{}
	w.plan.Time = 0
	for n := range w.rows {
		r := &w.rows[n]
		if r.do == leave {
			continue
		}
		l := lines[r.job.Model]
		if l == nil {
			interval := s.Feed.Tempo.interval(ctx, r.job.Model, w.now)
			c, err := s.Feed.ahead(ctx, r.job.Model, w.now)
			l = &line{due: s.begins(ctx, r.job.Model, w.now), interval: interval, ahead: c.out, room: int(sweepAhead/interval) - c.out}
			if err != nil {
				l.room = 0
			}
			if p, ok := w.batch.Parts[r.job.Model]; ok && !w.retry && p.Due.Add(interval).After(l.due) {
				l.due = p.Due.Add(interval)
			}
			lines[r.job.Model] = l
		}
		r.due, r.send = l.due, l.room > 0 && l.due.Before(w.now.Add(lookAhead))
		if r.send {
			r.visible = w.now.Add(delay(l.interval, l.ahead))
			l.ahead++
			l.room--
		}
		p := w.plan.Models[r.job.Model]
		p.Due = l.due
		w.plan.Models[r.job.Model] = p
		w.plan.Time = max(w.plan.Time, l.due.Sub(w.now)+usual, time.Duration(l.ahead)*l.interval+usual)
		l.due = l.due.Add(l.interval)
	}
}

// begins is where the line of a batch starts: beside the oldest job of the model that waits, so that batches take turns
// also when the pace has fallen and all of them are late.
func (s *Submitter) begins(ctx context.Context, model string, now time.Time) time.Time {
	oldest, err := s.Feed.Index.Due(ctx, model, false, now, 1)
	if err != nil || len(oldest) == 0 {
		return now
	}
	return oldest[0].Due
}

// lineUp puts a job where the schedule has it.
func (r row) lineUp(j *Job, now time.Time) {
	j.Waiting = &Waiting{Code: WaitPace, Message: "It is sent to a worker when its turn in the batch is near.", Until: r.due}
	if r.send {
		j.send(r.visible, now)
		return
	}
	due := r.due
	if j.Deadline != nil && j.Deadline.Before(due) {
		due = *j.Deadline // it is ended then, if its turn has not come
	}
	j.hold(due)
	j.Turn = true
}

// enlist records the rows of an order and sends what is due.
func (s *Submitter) enlist(ctx context.Context, w *work) error {
	var fresh, again []row
	for n, r := range w.rows {
		r.job.Position = w.first + int64(n)
		switch r.do {
		case restart:
			again = append(again, r)
		case add:
			r.job.CreatedAt, r.job.QueuedAt, r.job.Visible, r.job.Version = w.now, w.now, w.now, w.now.UnixMicro()
			if r.job.DeadlineSeconds > 0 {
				r.job.Deadline = after(w.now, time.Duration(r.job.DeadlineSeconds)*time.Second)
			}
			r.lineUp(&r.job, w.now)
			fresh = append(fresh, r)
		}
	}
	err := inHundreds(fresh, func(part []row) error { return s.record(ctx, part) })
	return errors.Join(err, s.restartAll(ctx, w, again), s.replaceAll(ctx, w))
}

// record stores the jobs of new rows and sends those that are due.
func (s *Submitter) record(ctx context.Context, rows []row) (err error) {
	jobs := make([]Job, len(rows))
	for n, r := range rows {
		jobs[n] = r.job
	}
	var there []Job
	for n := range tries {
		if there, err = s.Records.Create(ctx, jobs); err == nil {
			err = s.makeRoom(ctx, there)
		}
		if err == nil {
			break
		}
		if !pause(ctx, n) {
			return err
		}
	}
	if err != nil {
		return err
	}
	s.send(ctx, jobs, there)
	return nil
}

// send puts the messages of new jobs into the queue. What is there already was recorded by the same order, sent twice at
// a time, or by an attempt of ours whose reply was lost.
func (s *Submitter) send(ctx context.Context, jobs, there []Job) {
	stamps := map[string]string{}
	for _, j := range there {
		stamps[j.ID] = j.Stamp
	}
	var out []Job
	for _, j := range jobs {
		if stamp, taken := stamps[j.ID]; taken && stamp != j.Stamp {
			continue
		}
		s.watch(ctx, "", j)
		if j.Out {
			s.Feed.add(j.Model, 1)
			out = append(out, j)
		}
	}
	if len(out) > 0 {
		_ = s.deliver(ctx, s.Feed, out...) // found by the sweep if the queue did not take them
	}
}

// makeRoom discards expired jobs that stand where new ones are to be.
func (s *Submitter) makeRoom(ctx context.Context, there []Job) error {
	var err error
	for _, j := range there {
		if j.expired(s.now()) {
			err = errors.Join(err, errExpired, s.discard(ctx, j))
		}
	}
	return err
}

// restartAll begins jobs again that are there.
func (s *Submitter) restartAll(ctx context.Context, w *work, rows []row) error {
	return inHundreds(rows, func(part []row) error {
		var out []Job
		var errs error
		for _, r := range part {
			j, err := s.change(ctx, r.job, func(j *Job) error { return s.rerun(j, w, r) })
			if err == nil && j.Out && j.Status == Queued {
				out = append(out, j)
			}
			errs = errors.Join(errs, ignore(err))
		}
		if len(out) > 0 {
			_ = s.deliver(ctx, s.Feed, out...) // found by the sweep if the queue did not take them
		}
		return errs
	})
}

// rerun begins a job of a batch again where it failed or was canceled, by itself or with its batch.
func (s *Submitter) rerun(j *Job, w *work, r row) error {
	if w.batch.cancels(*j) {
		if err := j.end(Canceled, *w.batch.CanceledAt); err != nil {
			return err
		}
	}
	if j.Deleting || (j.Status != Failed && j.Status != Canceled) {
		return errStop
	}
	return s.restart(j, w.now, func(j *Job, now time.Time) { r.lineUp(j, now) }) // a later cancellation reaches it
}

// replaceAll cancels the jobs in whose place changed rows have come, and notes in the first job of each row which one
// counts now.
func (s *Submitter) replaceAll(ctx context.Context, w *work) error {
	changed := slices.DeleteFunc(slices.Clone(w.rows), func(r row) bool { return r.base == nil })
	return aFew(len(changed), sweepers, func(n int) error { return s.replace(ctx, changed[n]) })
}

func (s *Submitter) replace(ctx context.Context, r row) error {
	if r.old != nil {
		_, err := s.change(ctx, *r.old, func(j *Job) error {
			if j.Status.Ended() {
				return errStop
			}
			return j.end(Canceled, s.now())
		})
		if ignore(err) != nil {
			return err
		}
	}
	_, err := s.change(ctx, *r.base, func(j *Job) error {
		counts := r.job.ID
		if counts == j.ID {
			counts = ""
		}
		if j.Replaced == counts {
			return errStop
		}
		j.Replaced = counts
		return nil
	})
	return ignore(err)
}

// storeShared keeps the images that rows start from, before the records that name them: each image of an order once,
// beside the batch.
func (s *Submitter) storeShared(ctx context.Context, w *work) error {
	data := map[string][]byte{}
	name := func(image []byte) string {
		key := inputKey(w.batch.ID) + "/" + hashOf(image)
		if image != nil {
			data[key] = image
		}
		return key
	}
	for n := range w.rows {
		r := &w.rows[n]
		if r.do == add {
			r.job.Input.Image = describe(name(r.input.Image), r.input.Image, r.heads.image)
			r.job.Input.Mask = describe(name(r.input.Mask), r.input.Mask, r.heads.mask)
		}
	}
	keys := slices.Collect(maps.Keys(data))
	return aFew(len(keys), sweepers, func(n int) error { return s.Inputs.PutInput(ctx, keys[n], data[keys[n]]) })
}
