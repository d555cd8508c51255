package dynamostore

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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

// figure is a number of the counters.
type figure struct {
	attribute string
	in        func(c *job.Counters) *int64
	by        func(d job.Difference) int64
}

var figures = []figure{
	{nameQueued, func(c *job.Counters) *int64 { return &c.Queued }, func(d job.Difference) int64 { return d.Queued }},
	{nameRunning, func(c *job.Counters) *int64 { return &c.Running }, func(d job.Difference) int64 { return d.Running }},
	{nameCost, func(c *job.Counters) *int64 { return &c.Cost }, func(d job.Difference) int64 { return d.Cost }},
	{"charged_micro_usd", func(c *job.Counters) *int64 { return &c.Charged }, func(d job.Difference) int64 { return d.Charged }},
	{nameWaiting, func(c *job.Counters) *int64 { return &c.Waiting }, func(d job.Difference) int64 { return d.Waiting }},
	{"ordered_micro_usd", func(c *job.Counters) *int64 { return &c.Ordered }, func(d job.Difference) int64 { return d.Ordered }},
	{nameNext, func(c *job.Counters) *int64 { return &c.Next }, func(d job.Difference) int64 { return d.Next }},
	{nameUnwritten, func(c *job.Counters) *int64 { return &c.Unwritten }, func(d job.Difference) int64 { return d.Unwritten }},
	{nameMaxCost, func(c *job.Counters) *int64 { return &c.MaxCost }, func(job.Difference) int64 { return 0 }},
	{nameCancelNo, func(c *job.Counters) *int64 { return &c.CancelNo }, func(job.Difference) int64 { return 0 }},
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

// readCounters reads the counters of a batch from their item. No item is counters of zero.
func readCounters(batchID string, it item) (job.Counters, error) {
	c := job.Counters{BatchID: batchID, Models: map[string]job.Counts{}, At: map[job.Instant]time.Time{}}
	var wrong []error
	read := func(attribute string) int64 {
		n, err := whole(it, attribute)
		wrong = append(wrong, err)
		return n
	}
	for _, f := range figures {
		*f.in(&c) = read(f.attribute)
	}
	for _, model := range textsOf(it, nameModels) {
		c.Models[model] = job.Counts{}
		for _, status := range job.Statuses {
			if n := read(countOf(model, status)); n != 0 {
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

func textsOf(it item, name string) []string {
	if set, ok := it[name].(*types.AttributeValueMemberSS); ok {
		return set.Value
	}
	return nil
}

// batchOf is the ID of the batch whose counters have the key.
func batchOf(stored string) string { return strings.TrimPrefix(stored, countersPrefix) }
