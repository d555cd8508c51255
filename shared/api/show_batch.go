package api

import (
	"math"
	"net/url"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/read"
	"easel/shared/usd"
)

// showBatch is a batch as the API returns it, with addresses below base.
func showBatch(s read.ShownBatch, base string) Batch {
	b, c := s.Batch, s.Counters
	out := Batch{
		ID: b.ID, Object: "batch", Status: string(s.Status), Name: b.Name,
		Counts: showCounts(c), Cost: showCost(s), Models: showModels(c),
		EndsAt: s.Ends, Simulated: b.Simulated, Metadata: b.Metadata,
		CreatedAt: b.CreatedAt, AppendedAt: c.At[job.Appended], SealedAt: c.When(job.Sealed), CanceledAt: c.When(job.Stopped),
		CompletedAt: c.When(job.Ended), ExpiresAt: c.When(job.Expires), URLs: batchAddresses(base, b.ID),
	}
	if s.PerMinute > 0 {
		out.ImagesPerMinute = new(hundredths(s.PerMinute))
	}
	return out
}

func hundredths(rate float64) float64 { return math.Round(100*rate) / 100 }

func showCounts(c job.Counters) Counts {
	sum := c.Sum()
	return Counts{
		Total: sum.Total(), Queued: sum[job.Queued], Running: sum[job.Running],
		Succeeded: sum[job.Succeeded], Failed: sum[job.Failed], Canceled: sum[job.Canceled],
	}
}

func showModels(c job.Counters) map[string]BatchModel {
	out := map[string]BatchModel{} // an empty object is {}, not null
	for id, counts := range c.Models {
		out[nameOf(id)] = BatchModel{
			Jobs: counts.Total(), Queued: counts[job.Queued], Running: counts[job.Running],
			Succeeded: counts[job.Succeeded], Failed: counts[job.Failed], Canceled: counts[job.Canceled],
		}
	}
	return out
}

func showCost(s read.ShownBatch) BatchCost {
	c := s.Counters
	out := BatchCost{
		EstimatedUSD: usd.Number(c.Ordered), ListUSD: usd.Number(c.Cost), WaitingUSD: usd.Number(c.Waiting), RunningUSD: usd.Number(c.Charged),
	}
	if s.Batch.MaxCost > 0 {
		out.MaxUSD = new(usd.Number(s.Batch.MaxCost))
	}
	return out
}

func showParts(parts map[string]job.Part) map[string]PlanModel {
	out := map[string]PlanModel{} // an empty object is {}, not null
	for id, p := range parts {
		out[nameOf(id)] = PlanModel{Jobs: p.Jobs, CostUSD: usd.Number(p.Cost)}
	}
	return out
}

// nameOf names a model by its alias, which is how people order it.
func nameOf(id string) string {
	if m, ok := model.Find(id); ok && m.Alias != "" {
		return m.Alias
	}
	return id
}

func batchAddresses(base, id string) BatchURLs {
	self := base + batchPath(id)
	return BatchURLs{
		Self: self, Jobs: base + "/jobs?batch_id=" + url.QueryEscape(id), Append: self + "/jobs",
		Seal: self + "/seal", Cancel: self + "/cancel", Retry: self + "/retry",
	}
}

// showPlan is what a request for many jobs did, or would do.
func showPlan(p job.Plan) *Plan {
	out := &Plan{
		Object: "plan", Lines: p.Lines, Added: p.Added, Restarted: p.Restarted, Existing: p.Existing, Changed: p.Changed, Failed: p.Failed,
		Deleted: p.Deleted, Duplicates: p.Duplicates, CostUSD: usd.Number(p.Cost), Seconds: int64(math.Ceil(p.Time.Seconds())),
		Models: showParts(p.Models), Sample: p.Sample,
	}
	if out.Sample == nil {
		out.Sample = []string{}
	}
	if p.Daily > 0 {
		out.DailyBudgetUSD = new(usd.Number(p.Daily))
	}
	return out
}

// soon is when it is worth asking after a batch again: when what was ordered or all of it may have ended, but at least
// once a minute.
func soon(d time.Duration, ends *time.Time) time.Duration {
	if d == 0 && ends != nil {
		d = time.Until(*ends)
	}
	return min(max(time.Second, d), time.Minute)
}

func batchPath(id string) string { return "/batches/" + url.PathEscape(id) }
