package bulk

import (
	"fmt"

	"easel/shared/usd"
)

// OverMaxError says that a run would cost more than its bound.
type OverMaxError struct {
	Pictures, Fits int   // how many it would make, and how many of these, in their order, the bound pays for
	Limit          int   // the limit that leaves these
	Cost, Max      int64 // in micro-dollars, with what the batch has cost before
	Before         int64 // of Cost: what was ordered before
}

// Error says what all comes to and how many rows fit.
func (e *OverMaxError) Error() string {
	text := fmt.Sprintf("all of this comes to %s at list price", usd.Format(e.Cost))
	switch {
	case e.Pictures == 0:
		text = fmt.Sprintf("all of this was ordered before and comes to %s at list price", usd.Format(e.Cost))
	case e.Before > 0:
		text += fmt.Sprintf(" (%s ordered before, %s new)", usd.Format(e.Before), usd.Format(e.Cost-e.Before))
	}
	text += ", more than the bound of " + usd.Format(e.Max)
	switch {
	case e.Pictures == 0:
		return text
	case e.Fits == 0:
		return text + ": no new row fits"
	}
	return fmt.Sprintf("%s: the first %d new rows fit", text, e.Fits)
}

// affordable holds the plan against the bound before a part of it is sent and the rest refused.
func (r *Run) affordable() error {
	if r.MaxCost == "" {
		return nil
	}
	most, err := usd.Parse(r.MaxCost.String())
	if err != nil {
		return err
	}
	before := r.batch.spent(r.plan.replacedCost)
	room := most - before
	if r.plan.Cost <= room || r.plan.Cost == 0 && r.batch.bounded(most) {
		return nil // with nothing new the server's own bound holds, also where repeated calls have used it up
	}
	e := &OverMaxError{Pictures: r.plan.New(), Cost: before + r.plan.Cost, Max: most, Before: before}
	looked := 0
	for _, row := range r.rows.rows {
		if !row.skipped {
			looked++
		}
		if row.state != wanted || row.ordered {
			continue
		}
		if room -= row.price; room < 0 {
			break
		}
		e.Fits++
		e.Limit = looked
	}
	return e
}
