package job

import (
	"fmt"
	"time"

	"easel/shared/usd"
)

// Exhausted says why no further call may be begun, or nil.
func Exhausted(j Job, now time.Time) *Failure {
	switch {
	case j.Past(now):
		return &Failure{Code: CodeExpired, Message: "The deadline passed before a picture could be made. Retry it, or submit it with a longer deadline_seconds.", Retryable: true}
	case j.Calls >= j.MaxCalls:
		return &Failure{Code: CodeExhausted, Message: "Each model call that max_model_calls allows was begun and none brought a picture that could be stored. A retry may call, and cost, again.", Retryable: true}
	}
	return nil
}

// OverMaxCost is the end of a job whose call the bound of its batch never allows. The price is in micro-dollars.
func OverMaxCost(c Counters, price int64) Failure {
	return Failure{Code: CodeOverMaxCost, Message: fmt.Sprintf(
		"The batch's calls have cost %s of the %s that max_cost_usd allows, and this one costs %s. Order it in a batch with a higher bound.",
		usd.Format(c.Cost), usd.Format(c.MaxCost), usd.Format(price))}
}

// OverBudgetForGood is the end of a job whose call costs more than the budget of a whole day. Both are in micro-dollars.
func OverBudgetForGood(budget, price int64) Failure {
	return Failure{Code: CodeOverMaxCost, Message: fmt.Sprintf(
		"One call costs %s, which is more than the budget of %s for a whole day. Raise the budget, or choose another model.",
		usd.Format(price), usd.Format(budget))}
}

// Damage is the end of a job whose record is damaged.
var Damage = Failure{Code: CodeInternal, Message: "The record of this job is damaged, so that its picture cannot be made. Order it again."}
