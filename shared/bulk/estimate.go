package bulk

import (
	"time"

	"easel/shared/model"
	"easel/shared/usd"
)

// budgetPart is a part of the rows that the daily budget holds up.
type budgetPart struct{ cost, seconds int64 }

// estimate says how long it takes.
func (r *Run) estimate() {
	p := &r.plan
	var d, real time.Duration
	for id, n := range p.models {
		m, _ := model.Find(id) // with the pace that AWS documents
		d = max(d, duration(n, r.catalogue.find(id).pace))
		real = max(real, duration(n, float64(m.RPM)))
	}
	p.Seconds = max(p.Seconds, int64(d/time.Second), r.remaining(), p.paidAfter())
	if p.Simulated {
		p.Bedrock = int64(real / time.Second)
	}
	p.CostUSD, p.WaitingUSD, p.RemovedUSD = usd.Number(p.Cost), usd.Number(p.Ordered), usd.Number(p.removedCost)
	p.AgainUSD, p.BackUSD = usd.Number(p.Again), usd.Number(p.Back)
	for alias, m := range p.Models {
		m.CostUSD = usd.Number(m.cost)
		p.Models[alias] = m
	}
	p.FreeBytes = r.Folder.FreeBytes()
}

// remaining is how many seconds the server takes for what waits already.
func (r *Run) remaining() int64 {
	if r.plan.Waiting == 0 || r.batch.EndsAt == nil {
		return 0
	}
	return int64(r.batch.EndsAt.Sub(r.now()) / time.Second)
}

// paidAfter is how many seconds it takes until the daily budget has paid for everything: for the part of which the server
// has told, and for the rest as many whole pictures a day as it pays for.
func (p *Plan) paidAfter() int64 {
	const day = 24 * 60 * 60
	if p.DailyBudgetUSD == nil || p.New() < 1 {
		return 0
	}
	price := max(1, p.Cost/int64(p.New()))
	daily := max(1, amount(*p.DailyBudgetUSD)/price) * price
	rest := max(0, p.Cost-p.budgetPart.cost)
	return p.budgetPart.seconds + (rest+daily-1)/daily*day
}
