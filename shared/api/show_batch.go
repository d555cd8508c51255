package api

import (
	"math"
	"net/url"
	"time"

	"easel/shared/job"
	"easel/shared/model"
)

// showBatch is a batch as the API returns it, with addresses below base.
func showBatch(s job.ShownBatch, base string) Batch {
	b := s.Batch
	out := Batch{
		ID: b.ID, Object: "batch", Status: string(s.Status), Name: b.Name,
		Counts: showCounts(s.Tally), Cost: showCost(s), Models: showParts(b.Parts),
		EndsAt: utc(s.Ends), Simulated: b.Simulated, Metadata: b.Metadata,
		CreatedAt: b.CreatedAt.UTC(), AppendedAt: b.AppendedAt.UTC(), SealedAt: utc(b.SealedAt), CanceledAt: utc(b.CanceledAt),
		CompletedAt: utc(b.EndedAt), ExpiresAt: utc(b.ExpiresAt), URLs: batchAddresses(base, b.ID),
	}
	if !s.Tally.At.IsZero() {
		out.CountedAt = utc(&s.Tally.At)
	}
	if s.PerMinute > 0 {
		rate := math.Round(100*s.PerMinute) / 100
		out.ImagesPerMinute = &rate
	}
	return out
}

func showCounts(t job.Tally) Counts {
	return Counts{
		Total: t.Total(), Queued: t.Counts[job.Queued], Running: t.Counts[job.Running],
		Succeeded: t.Counts[job.Succeeded], Failed: t.Counts[job.Failed], Canceled: t.Counts[job.Canceled],
	}
}

func showCost(s job.ShownBatch) BatchCost {
	var estimated int64
	for _, p := range s.Batch.Parts {
		estimated += p.Cost
	}
	out := BatchCost{EstimatedUSD: job.USD(estimated), ListUSD: job.USD(s.Tally.Cost)}
	if s.Batch.MaxCost > 0 {
		most := job.USD(s.Batch.MaxCost)
		out.MaxUSD = &most
	}
	return out
}

// showParts names models by their aliases, which is how people order them.
func showParts(parts map[string]job.Part) map[string]BatchModel {
	out := map[string]BatchModel{} // an empty object is {}, not null
	for id, p := range parts {
		name := id
		if m, ok := model.Find(id); ok && m.Alias != "" {
			name = m.Alias
		}
		out[name] = BatchModel{Jobs: p.Jobs, CostUSD: job.USD(p.Cost)}
	}
	return out
}

func batchAddresses(base, id string) BatchURLs {
	self := base + batchPath(id)
	return BatchURLs{
		Self: self, Jobs: base + "/jobs?batch_id=" + url.QueryEscape(id), Append: self + "/jobs",
		Seal: self + "/seal", Cancel: self + "/cancel", Retry: self + "/retry",
	}
}

// showPlan is what an order did.
func showPlan(p job.Plan) *Plan {
	out := &Plan{
		Object: "plan", Lines: p.Lines, Added: p.Added, Restarted: p.Restarted, Existing: p.Existing, Changed: p.Changed, Failed: p.Failed,
		Duplicates: p.Duplicates, CostUSD: job.USD(p.Cost), Seconds: int64(math.Ceil(p.Time.Seconds())),
		Models: showParts(p.Models), Sample: p.Sample,
	}
	if out.Sample == nil {
		out.Sample = []string{}
	}
	return out
}

// uncounted is a batch whose jobs could not be counted just now.
func uncounted(b job.Batch) job.ShownBatch {
	s := job.ShownBatch{Batch: b, Status: job.BatchRunning}
	switch {
	case b.Deleting:
		s.Status = job.BatchDeleting
	case b.EndedAt != nil && b.CanceledAt != nil && !b.CanceledAt.Before(b.AppendedAt):
		s.Status = job.BatchCanceled
	case b.EndedAt != nil:
		s.Status = job.BatchCompleted
	}
	return s
}

// soon is when it is worth asking after a batch again: when what was ordered or all of it may have ended, but at least
// once a minute.
func soon(d time.Duration, ends *time.Time) time.Duration {
	if d == 0 && ends != nil {
		d = time.Until(*ends)
	}
	return min(max(time.Second, d), time.Minute)
}
