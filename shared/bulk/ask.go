package bulk

import (
	"cmp"
	"context"

	"easel/shared/api"
)

// asker lets the server say what it has of a plan, without anything being sent for good.
type asker struct {
	requests
	searched bool // for pictures of canceled jobs
}

// ask lets the server say what of the plan it has already, without sending it for good. It answers for all rows together, so
// that what was made before is asked for apart, and apart from that what is to stay away. It reports whether the answer makes
// it another plan.
func (a *asker) ask(ctx context.Context) (again bool, err error) {
	p := &a.plan
	if a.batch.Counts.Total == 0 {
		return false, a.askBudget(ctx)
	}
	p.Cost, p.Models, p.UnderWay, p.PaidAgain, p.Again, p.Back, p.Sample = 0, nil, p.ToMake, 0, 0, 0, nil
	for _, group := range []struct {
		holds func(tableRow) bool
		hear  func(*api.Plan)
		asks  bool // for pictures
	}{
		{func(row tableRow) bool { return row.missing && !row.open() }, func(said *api.Plan) { p.Back += amount(said.CostUSD) }, false},
		{func(row tableRow) bool { return row.missing && row.open() }, p.hearAgain, true},
		{func(row tableRow) bool { return !row.missing && row.open() }, p.hear, true},
	} {
		for rows, err := range a.parts(group.holds) {
			if err != nil {
				return false, err
			}
			said, err := a.dryRun(ctx, rows)
			if err != nil {
				return false, err
			}
			group.hear(said)
			if !group.asks {
				continue
			}
			some, err := a.settle(ctx, rows, said)
			if again = again || some; err != nil {
				return false, err
			}
		}
	}
	return again, nil
}

// askBudget asks about the first rows of a new batch, whether the daily budget holds them up.
func (a *asker) askBudget(ctx context.Context) error {
	if a.batch.ID == "" {
		return nil
	}
	for rows, err := range a.parts(tableRow.open) {
		if err != nil {
			return err
		}
		said, err := a.dryRun(ctx, rows)
		if err != nil {
			return err
		}
		a.plan.hearBudget(said)
		break
	}
	return nil
}

func (a *asker) dryRun(ctx context.Context, rows part) (said *api.Plan, err error) {
	order := a.order(rows)
	order.DryRun = true
	b, err := persisted(ctx, &a.batch.retrier, func() (api.Batch, error) { return a.Client.AppendJobs(ctx, a.batch.ID, order, "") })
	return cmp.Or(b.Order, &api.Plan{}), err
}

// hear adds what the server says of a part of what is to be made.
func (p *Plan) hear(said *api.Plan) {
	p.UnderWay -= said.Added + said.Restarted
	p.hearBudget(said)
	for modelID, m := range said.Models {
		p.charge(modelID, int(m.Jobs), amount(m.CostUSD))
	}
	for _, prompt := range said.Sample {
		p.sample(prompt)
	}
}

// hearAgain is the same for rows whose pictures were made before.
func (p *Plan) hearAgain(said *api.Plan) {
	p.PaidAgain += said.Added + said.Restarted
	p.Again += amount(said.CostUSD)
	p.hear(said)
}

func (p *Plan) charge(modelID string, jobs int, cost int64) {
	if p.Models == nil {
		p.Models = map[string]ModelPlan{}
	}
	m := p.Models[modelID]
	p.Models[modelID] = ModelPlan{Jobs: m.Jobs + jobs, cost: m.cost + cost}
	p.Cost += cost
}

// hearBudget adds how long a part takes. What a day pays for is told by the dearest part that the daily budget holds up.
func (p *Plan) hearBudget(said *api.Plan) {
	cost := amount(said.CostUSD)
	switch {
	case said.DailyBudgetUSD == nil:
		p.Seconds = max(p.Seconds, said.Seconds)
	case cost > p.budgetPart.cost:
		p.budgetPart = budgetPart{cost, said.Seconds}
		p.DailyBudgetUSD = said.DailyBudgetUSD
	}
}
