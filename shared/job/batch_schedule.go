package job

import (
	"context"
	"time"
)

// lane is how the rows of one model are lined up.
type lane struct {
	due      time.Time // of the next row
	interval time.Duration
	ahead    int // messages in the queue
	room     int // for more of them
}

// schedule says when each row is due: one interval of its model after the one before, behind what the batch has of that
// model already. What is due soon is marked to be sent, as far as the feed has room.
func (s *Submitter) schedule(ctx context.Context, p *batchPlan) {
	lanes := map[string]*lane{}
	p.plan.Time = 0
	for n := range p.rows {
		r := &p.rows[n]
		if r.action == skip {
			continue
		}
		l := lanes[r.job.Model]
		if l == nil {
			l = s.lane(ctx, p, r.job.Model)
			lanes[r.job.Model] = l
		}
		r.due, r.send = l.due, l.room > 0 && l.due.Before(p.now.Add(lookAhead))
		if r.send {
			r.visible = p.now.Add(delay(l.interval, l.ahead))
			l.ahead++
			l.room--
		}
		p.plan.Time = max(p.plan.Time, l.due.Sub(p.now)+usual, time.Duration(l.ahead)*l.interval+usual)
		l.due = l.due.Add(l.interval)
	}
	s.scheduleMoney(ctx, p)
}

func (s *Submitter) lane(ctx context.Context, p *batchPlan, model string) *lane {
	l := &lane{due: p.now, interval: s.Feed.Tempo.interval(ctx, model, p.now)}
	if c, err := s.Feed.ahead(ctx, model, p.now); err == nil {
		l.ahead, l.room = c.out, int(sweepAhead/l.interval)-c.out
	}
	// Batches take turns also when the pace has fallen and all of them are late: hence beside the oldest job that waits.
	if oldest, err := s.Feed.Index.Due(ctx, model, false, p.now, 1); err == nil && len(oldest) > 0 {
		l.due = oldest[0].Due
	}
	l.due = l.due.Add(time.Duration(p.counters.Models[model][Queued]) * l.interval)
	return l
}

// scheduleMoney makes the plan longer where the daily budget does not pay for all of it as fast as the pace allows.
func (s *Submitter) scheduleMoney(ctx context.Context, p *batchPlan) {
	rows := p.todo()
	if len(rows) == 0 {
		return
	}
	last := rows[len(rows)-1].job
	paid, err := s.paidBy(ctx, last, p.plan.Cost+p.counters.Waiting)
	if until := paid.Sub(p.now) + usual; err == nil && paid.After(p.now) && until > p.plan.Time {
		p.plan.Time, p.plan.Daily = until, s.Budget
	}
}

// lineUp puts a job where the schedule has it.
func (r planRow) lineUp(j *Job, now time.Time) {
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
