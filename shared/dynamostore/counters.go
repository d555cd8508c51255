package dynamostore

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"time"

	"easel/shared/job"
)

// The counters of a batch are an item of their own with flat attributes: each figure is a number, so that ADD changes it
// and no writer needs to know another. Attributes that are not there count as 0. The item stays below a kilobyte, the unit
// that a write is paid by, and no index shows it but due.

const countersPrefix = "counters#"

func countersKey(batchID string) string { return countersPrefix + short(batchID) }

// The attributes of the counters that are named in several places.
const (
	nameQueued    = "queued"
	nameRunning   = "running"
	nameWaiting   = "waiting_micro_usd"
	nameCost      = "cost_micro_usd"
	nameMaxCost   = "max_cost_micro_usd"
	nameNext      = "next"
	nameCancelNo  = "cancel_no"
	nameUnwritten = "unwritten"
	nameModels    = "models" // a set of strings
)

// figures are the attributes of the counters to which a difference adds numbers.
var figures = []struct {
	attribute string
	by        func(d job.Difference) int64
}{
	{nameQueued, func(d job.Difference) int64 { return d.Queued }},
	{nameRunning, func(d job.Difference) int64 { return d.Running }},
	{nameCost, func(d job.Difference) int64 { return d.Cost }},
	{"charged_micro_usd", func(d job.Difference) int64 { return d.Charged }},
	{nameWaiting, func(d job.Difference) int64 { return d.Waiting }},
	{"ordered_micro_usd", func(d job.Difference) int64 { return d.Ordered }},
	{nameNext, func(d job.Difference) int64 { return d.Next }},
	{nameUnwritten, func(d job.Difference) int64 { return d.Unwritten }},
}

// countOf is the attribute of how many jobs of a model are in a state. A hash stands for the model, because names of
// models make up half of a kilobyte otherwise; the names themselves are in the attribute models.
func countOf(model string, status job.Status) string {
	h := fnv.New32a()
	h.Write([]byte(model))
	return fmt.Sprintf("%s#%08x", status, h.Sum32())
}

// attributeOf is where an instant stands. The due of a batch is the key of the due index and nothing else.
func attributeOf(name job.Instant) string {
	if name == job.Due {
		return byDue + "_sk"
	}
	return string(name)
}

// readCounters reads the counters of a batch from their item, which holds the figures under their JSON names. No item is
// counters of zero.
func readCounters(batchID string, it item) (job.Counters, error) {
	var c job.Counters
	flat := maps.Clone(it)
	delete(flat, nameModels) // it holds names alone
	var held struct {
		Models []string `json:"models"`
	}
	wrong := []error{unmarshal(flat, &c), unmarshal(it, &held)}
	c.BatchID, c.Models, c.At = batchID, map[string]job.Counts{}, map[job.Instant]time.Time{}
	for _, model := range held.Models {
		c.Models[model] = job.Counts{}
		for _, status := range job.Statuses {
			n, err := whole(it, countOf(model, status))
			if wrong = append(wrong, err); n != 0 {
				c.Models[model][status] = n
			}
		}
	}
	for _, name := range job.Instants {
		if stored := textOf(it, attributeOf(name)); stored != "" {
			at, err := time.Parse(micros, stored)
			c.At[name], wrong = at, append(wrong, err)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return job.Counters{}, fmt.Errorf("counters of batch %.*s: %w", longestID, batchID, err)
	}
	return c, nil
}
