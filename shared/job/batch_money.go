package job

import (
	"cmp"
	"fmt"

	"easel/shared/usd"
)

// checkBounds holds what a request adds against the bounds of its batch and the price of each job against the
// owner's day. It reserves nothing: the claim of each call decides.
func (p *batchPlan) checkBounds(budget int64) error {
	return cmp.Or(p.checkSize(), p.checkPrices(budget), p.checkMaxCost())
}

func (p *batchPlan) checkPrices(budget int64) error {
	for r := range p.todo() {
		if err := checkPrice(r.job.Price, budget); err != nil {
			return err
		}
	}
	return nil
}

func (p *batchPlan) checkSize() error {
	n := p.counters.Sum().Total() + int64(p.plan.Added)
	if n <= MaxBatch {
		return nil
	}
	return &Error{Kind: ErrInvalid, Code: "too_many_jobs", Message: fmt.Sprintf("The batch would have %d jobs; at most %d are possible. Make another batch for the rest.", n, MaxBatch)}
}

func (p *batchPlan) checkMaxCost() error {
	room := p.batch.MaxCost - p.counters.Cost - p.counters.Waiting
	if p.batch.MaxCost == 0 || p.plan.Cost <= room {
		return nil
	}
	fit, left := 0, room
	for r := range p.todo() {
		if left -= r.job.Price; left < 0 {
			break
		}
		fit++
	}
	return &Error{
		Kind: ErrBudget, Code: "over_max_cost",
		Message: fmt.Sprintf("These %d pictures cost %s at list price, and max_cost_usd leaves %s of %s: %d of them fit, in their order. Send fewer, or make a batch with a higher bound.",
			p.plan.Added+p.plan.Restarted, usd.Format(p.plan.Cost), usd.Format(max(0, room)), usd.Format(p.batch.MaxCost), fit),
	}
}
