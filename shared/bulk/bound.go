package bulk

import (
	"fmt"

	"easel/shared/job"
)

// OverMaxError says that a run would cost more than its bound.
type OverMaxError struct {
	Pictures, Fits int   // how many it would make, and how many of these, in their order, the bound pays for
	Cost, Max      int64 // in micro-dollars, with what the batch has cost before
}

// Error says how many fit.
func (e *OverMaxError) Error() string {
	return fmt.Sprintf("%d pictures cost $%s at list price, more than the bound of $%s allows: the first %d of them fit",
		e.Pictures, job.USD(e.Cost), job.USD(e.Max), e.Fits)
}

// affordable holds the plan against the bound before a part of it is sent and the rest refused.
func (r *Run) affordable() error {
	if r.MaxCost == "" {
		return nil
	}
	most, err := job.ParseUSD(r.MaxCost.String())
	if err != nil {
		return err
	}
	before, _ := job.ParseUSD(or(r.batch.Cost.EstimatedUSD.String(), "0"))
	room := most - before
	if r.plan.Cost <= room {
		return nil
	}
	e := &OverMaxError{Pictures: r.plan.New(), Cost: before + r.plan.Cost, Max: most}
	for l, err := range r.spool.all() {
		if err != nil {
			return err
		}
		if row, _ := r.index.get(digestOf(l.Key)); row.state != wanted {
			continue
		}
		if room -= r.catalogue.price(l.Input.Parameters, r.catalogue.find(l.Input.Model)); room < 0 {
			break
		}
		e.Fits++
	}
	return e
}
