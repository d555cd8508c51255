package job

import (
	"context"
	"fmt"
	"time"

	"easel/shared/usd"
)

// checkDailyBudget asks before a single job is recorded whether its owner's day pays for it, with what was spent today and
// what the owner's single jobs that wait are going to cost. It reserves nothing: the claim decides. It returns an error of
// kind ErrBudget that names the day on which the job fits.
func (s *Submitter) checkDailyBudget(ctx context.Context, j Job) error {
	if err := checkPrice(j.Price, s.Budget); err != nil || s.Budget == 0 {
		return err
	}
	now := s.Clock()
	spent, err := s.Days.Spent(ctx, j.Owner, DayOf(now, j.Simulated))
	if err != nil {
		return Unavailable("The budget could not be asked.", err)
	}
	waiting, err := s.Backlog.Waiting(ctx, j.Owner)
	if err != nil {
		return Unavailable("The budget could not be asked.", err)
	}
	until := Fits(s.Budget, spent, waiting, j.Price, now)
	if !until.After(now) {
		return nil
	}
	return wait(&Error{
		Kind: ErrBudget, Code: "budget_exceeded",
		Message: fmt.Sprintf("This costs %s at list price, and of your budget of %s a day %s are spent and %s are needed by jobs that wait. It fits on %s: send it again after 00:00 UTC that day.",
			usd.Format(j.Price), usd.Format(s.Budget), usd.Format(spent), usd.Format(waiting), until.Format(time.DateOnly)),
	}, until.Sub(now))
}

// checkPrice refuses a job that no day can pay for.
func checkPrice(price, budget int64) error {
	if budget == 0 || price <= budget {
		return nil
	}
	return &Error{Kind: ErrBudget, Code: "over_max_cost", Message: OverBudgetForGood(budget, price).Message}
}

// Fits is when a day pays for a job that comes behind others: now, or the beginning of a later day. A day takes whole
// jobs only.
func Fits(budget, spent, waiting, price int64, now time.Time) time.Time {
	left := max(0, budget-spent)
	if waiting+price <= left {
		return now
	}
	daily := max(budget/price, 1) * price
	days := max(1, ceilDiv(waiting-left/price*price+price, daily))
	return NextMidnight(now).Add(time.Duration(days-1) * 24 * time.Hour)
}

// ceilDiv divides and rounds up.
func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

// NextMidnight is when the next day of a budget begins, in UTC.
func NextMidnight(now time.Time) time.Time { return now.Truncate(24 * time.Hour).Add(24 * time.Hour) }
