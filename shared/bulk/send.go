package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/google/uuid"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
	"easel/shared/job"
	"easel/shared/usd"
)

// Bounds of one append. The server takes more of both, so that rows as it writes them fit too.
const (
	appendRows  = 1000
	appendBytes = 3_000_000
)

// part is what goes into one append.
type part struct {
	rows   []json.RawMessage
	keys   []folder.Digest
	models []string // of the rows, for the count of what is left
}

// parts are the rows to be sent that are wanted, in the order of the file.
func (r *Run) parts(want func(tableRow) bool) iter.Seq2[part, error] {
	return func(yield func(part, error) bool) {
		var p part
		size := 0
		for n := range r.matches {
			row := r.rows.row(int32(n))
			if !want(row) {
				continue
			}
			text, err := r.request(int32(n), row)
			if err != nil {
				yield(p, err)
				return
			}
			if len(p.rows) == or(r.Rows, appendRows) || size > 0 && size+len(text) > appendBytes {
				if !yield(p, nil) {
					return
				}
				p, size = part{}, 0
			}
			p.rows, p.keys, p.models = append(p.rows, text), append(p.keys, row.Key), append(p.models, row.offer.id)
			size += len(text) + 1
		}
		if len(p.rows) > 0 {
			yield(p, nil)
		}
	}
}

// request is what is sent for a row: as it was put aside, unless the batch knows the row by another key.
func (r *Run) request(n int32, row tableRow) (json.RawMessage, error) {
	key, renamed := r.rows.renamed(n)
	if !renamed {
		return r.spool.request(row.place)
	}
	l, err := r.spool.line(row.place)
	if err != nil {
		return nil, err
	}
	l.Input.CustomID = key
	return json.Marshal(l.Input)
}

// send appends the rows to the batch and seals it. Where the server refuses, the rows that it has taken go on.
func (r *Run) send(ctx context.Context) error {
	if r.Source == nil || r.plan.ToMake == r.plan.rescued {
		return nil
	}
	for p, err := range r.parts(tableRow.open) {
		if err != nil {
			return err
		}
		if r.refusal == nil {
			err = r.add(ctx, p)
		}
		switch {
		case err == nil && r.refusal == nil:
			continue
		case r.refusal == nil && refused(err):
			r.refusal = err
		case err != nil:
			return err
		}
		for n, key := range p.keys {
			r.rows.move(key, p.models[n], idle)
		}
		r.course.count(func(c *course) { c.unsent += len(p.keys); c.total -= len(p.keys) })
	}
	return r.batch.persist(ctx, func() error {
		_, err := r.Client.SealBatch(ctx, r.batch.ID)
		return err
	})
}

// add appends one part, and then cancels the jobs that its rows have replaced: a run that dies between the two pays for a
// picture too many at the most, and the next one cancels. Where the bound of the batch has no room for both, those that
// are replaced are canceled first.
func (r *Run) add(ctx context.Context, p part) error {
	err := r.append(ctx, p)
	if said, ok := errors.AsType[*api.Problem](err); ok && said.Code == "over_max_cost" {
		n, failed := r.cancellations.cancelReplaced(ctx, p.holds)
		if failed != nil {
			return failed
		}
		if n > 0 {
			err = r.append(ctx, p)
		}
	}
	if err != nil {
		return err
	}
	_, err = r.cancellations.cancelReplaced(ctx, p.holds)
	return err
}

func (p part) holds(row tableRow) bool { return slices.Contains(p.keys, row.Key) }

// append sends one part. Its key makes an attempt that is repeated count once; it is a new one in each run, since what
// was canceled in between is to begin again.
func (r *Run) append(ctx context.Context, p part) error {
	key := uuid.NewString()
	var said *api.Plan
	err := r.batch.persist(ctx, func() error {
		b, err := r.Client.AppendJobs(ctx, r.batch.ID, r.order(p), key)
		said = b.Order
		return err
	})
	if err != nil {
		return err
	}
	number := r.answered.Load() + 1
	r.rows.answered(p.keys, number)
	r.answered.Store(number)
	r.course.count(func(c *course) { c.sent += len(p.keys); c.order(said, r.reporter.now()) })
	r.reporter.tell(Event{Event: Sent})
	return nil
}

func (r *Run) order(p part) client.Append {
	retry := []string{string(job.Canceled)}
	if r.Retry || len(r.Again) > 0 {
		retry = append(retry, string(job.Failed))
	}
	return client.Append{Changed: job.ChangedAdd, Retry: retry, Lines: p.rows}
}

// ask lets the server say what of the plan it has already, without sending it for good. It answers for all rows together, so
// that what was made before is asked for apart, and apart from that what is to stay away. It reports whether the answer makes
// it another plan.
func (r *Run) ask(ctx context.Context) (again bool, err error) {
	p := &r.plan
	if r.batch.Counts.Total == 0 {
		return false, r.askBudget(ctx)
	}
	p.Cost, p.Models, p.UnderWay, p.PaidAgain, p.Again, p.Back, p.Sample = 0, nil, p.ToMake, 0, 0, 0, nil
	for _, group := range []struct {
		holds func(tableRow) bool
		hear  func(*api.Plan)
		asks  bool // for pictures
	}{
		{func(row tableRow) bool { return row.missing && !row.open() }, p.hearBack, false},
		{func(row tableRow) bool { return row.missing && row.open() }, p.hearAgain, true},
		{func(row tableRow) bool { return !row.missing && row.open() }, p.hear, true},
	} {
		for rows, err := range r.parts(group.holds) {
			if err != nil {
				return false, err
			}
			said, err := r.dryRun(ctx, rows)
			if err != nil {
				return false, err
			}
			group.hear(said)
			if !group.asks {
				continue
			}
			some, err := r.settle(ctx, rows, said)
			if again = again || some; err != nil {
				return false, err
			}
		}
	}
	return again, nil
}

func (r *Run) dryRun(ctx context.Context, rows part) (said *api.Plan, err error) {
	order := r.order(rows)
	order.DryRun = true
	err = r.batch.persist(ctx, func() error {
		b, err := r.Client.AppendJobs(ctx, r.batch.ID, order, "")
		said = cmp.Or(b.Order, &api.Plan{})
		return err
	})
	return said, err
}

// hear adds what the server says of a part of what is to be made.
func (p *Plan) hear(said *api.Plan) {
	p.UnderWay -= said.Added + said.Restarted
	p.hearBudget(said)
	for modelID, m := range said.Models {
		cost, _ := usd.Parse(m.CostUSD.String())
		p.charge(modelID, int(m.Jobs), cost)
	}
	for _, prompt := range said.Sample {
		p.sample(prompt)
	}
}

// hearAgain is the same for rows whose pictures were made before.
func (p *Plan) hearAgain(said *api.Plan) {
	cost, _ := usd.Parse(said.CostUSD.String())
	p.PaidAgain += said.Added + said.Restarted
	p.Again += cost
	p.hear(said)
}

// hearBack adds what it would cost to have pictures back that stay away.
func (p *Plan) hearBack(said *api.Plan) {
	cost, _ := usd.Parse(said.CostUSD.String())
	p.Back += cost
}

func (p *Plan) charge(modelID string, jobs int, cost int64) {
	if p.Models == nil {
		p.Models = map[string]ModelPlan{}
	}
	m := p.Models[modelID]
	p.Models[modelID] = ModelPlan{Jobs: m.Jobs + jobs, cost: m.cost + cost}
	p.Cost += cost
}
