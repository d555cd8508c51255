package read

import (
	"context"
	"errors"
	"fmt"
	"time"

	"easel/shared/job"
	"easel/shared/pace"
	"easel/shared/usd"
)

// views makes of queued jobs what a person sees: canceled where their batch is, and otherwise with the reason why they
// wait. What was read for one job of a list is kept for the next.
type views struct {
	*Reader
	now       time.Time
	counters  map[string]job.Counters
	standings map[job.FlowKey]lineView
	days      map[string]int64 // by owner, what was spent today
}

// lineView is how the line stands for a flow.
type lineView struct {
	standing job.Standing
	flow     job.Flow
	err      error
}

func (r *Reader) newViews() *views {
	return &views{Reader: r, now: job.Present(r.Now), counters: map[string]job.Counters{}, standings: map[job.FlowKey]lineView{}, days: map[string]int64{}}
}

func (v *views) show(ctx context.Context, j job.Job) (job.Job, error) {
	if j.Status != job.Queued {
		return j, nil
	}
	c, err := v.countersOf(ctx, j)
	if err != nil {
		return j, err
	}
	if j.CanceledBy(c.CancelNo) {
		j.AppearCanceled(&c, v.now)
	}
	if flow, waits := j.Flow(); waits && v.Limiter != nil {
		j.Waiting = v.waiting(ctx, j, flow, c)
	}
	return j, nil
}

func (v *views) countersOf(ctx context.Context, j job.Job) (job.Counters, error) {
	c, known := v.counters[j.BatchID]
	if j.BatchID == "" || known {
		return c, nil
	}
	_, c, err := job.LoadBatch(ctx, v.BatchRecords, j.BatchID)
	if err != nil && !errors.Is(err, job.ErrNotFound) {
		return c, job.Unavailable("The job's batch could not be read.", err)
	}
	v.counters[j.BatchID] = c
	return c, nil
}

// waiting says why a job waits in its flow: for money, or for its turn.
func (v *views) waiting(ctx context.Context, j job.Job, flow job.FlowKey, c job.Counters) *job.Waiting {
	if c.MaxCost > 0 && j.Price > c.MaxCost-c.Cost {
		return &job.Waiting{Code: job.WaitBudget, Message: "The calls that run may use up what max_cost_usd leaves.", Until: v.now.Add(time.Minute)}
	}
	if v.Budget > 0 && j.Price > v.Budget-v.spent(ctx, j) {
		return &job.Waiting{Code: job.WaitBudget, Message: fmt.Sprintf("The budget of %s for a day is used up. It goes on at 00:00 UTC.", usd.Format(v.Budget)), Until: job.NextMidnight(v.now)}
	}
	line, known := v.standings[flow]
	if !known {
		line.standing, line.flow, line.err = v.Standings.Standing(ctx, flow)
		v.standings[flow] = line
	}
	if refused := job.Refusal(ctx, v.Limiter, j.Model, v.now); refused != nil {
		w := refused.Waiting(v.now.Add(pace.ProbeEvery))
		return &w
	}
	interval := v.Limiter.Interval(ctx, j.Model, v.now)
	if line.err != nil {
		return job.WaitInLine(v.now.Add(interval))
	}
	return job.WaitInLine(v.now.Add(line.standing.Wait(line.flow, line.flow.Before(j)+1, interval)))
}

// spent is what the calls of the job's owner have cost today. Where it is not known nothing was spent: it is for words alone.
func (v *views) spent(ctx context.Context, j job.Job) int64 {
	spent, known := v.days[j.Owner]
	if !known {
		spent, _ = v.Days.Spent(ctx, j.Owner, job.DayOf(v.now, j.Simulated))
		v.days[j.Owner] = spent
	}
	return spent
}
