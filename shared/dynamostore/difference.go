package dynamostore

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// amendment is the write that makes a difference of counters which are there: what [job.Counters.Apply] does, in terms of
// DynamoDB.
func amendment(d job.Difference) *expression {
	return new(expression).require("attribute_exists(@)", pk).amend(d)
}

// founding is the write that makes the counters of a new batch, with the first difference: a transaction takes an item
// once.
func founding(d job.Difference, bound int64) *expression {
	e := missing()
	e.assign(nameMaxCost, number(bound))
	return e.amend(d)
}

func (e *expression) amend(d job.Difference) *expression {
	e.allow(d.If)
	e.count(d)
	if d.Cancel {
		e.cancel(d.If.Models)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Set)) {
		if !slices.Contains(d.Clear, name) {
			e.assign(attributeOf(name), text(instant(d.Set[name])))
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(d.Clear))) {
		e.clear(attributeOf(name))
	}
	e.moveDue(d)
	if e.update() == "" {
		e.increase(nameNext, number(0)) // a condition alone is no update
	}
	return e
}

// count adds the figures that change.
func (e *expression) count(d job.Difference) {
	for _, f := range figures {
		if n := f.by(d); n != 0 {
			e.increase(f.attribute, number(n))
		}
	}
	names := slices.Sorted(maps.Keys(d.Models))
	for _, model := range names {
		for _, status := range slices.Sorted(maps.Keys(d.Models[model])) {
			if n := d.Models[model][status]; n != 0 {
				e.increase(countOf(model, status), number(n))
			}
		}
	}
	if len(names) > 0 {
		e.increase(nameModels, texts(names))
	}
}

// cancel counts every queued job as canceled. It reads no figure: what is queued at the moment of the write moves.
func (e *expression) cancel(names []string) {
	for _, model := range names {
		e.move(countOf(model, job.Queued), countOf(model, job.Canceled))
	}
	e.move(nameQueued, nameUnwritten)
	e.assign(nameWaiting, number(0))
	e.increase(nameCancelNo, number(1))
}

// moveDue puts the item into the due index, or takes it out. A difference that does not change due leaves the index alone.
func (e *expression) moveDue(d job.Difference) {
	const partition = byDue + "_pk"
	if slices.Contains(d.Clear, job.Due) {
		e.clear(partition)
	} else if _, moved := d.Set[job.Due]; moved {
		e.assign(partition, text(dueBatches))
	}
}

// allow adds the condition of a difference.
func (e *expression) allow(i job.Condition) {
	if i.CancelNo != nil {
		e.is(nameCancelNo, *i.CancelNo)
	}
	if i.Next != nil {
		e.is(nameNext, *i.Next)
	}
	if i.CostAtMost != nil {
		e.compare(nameCost, "<=", *i.CostAtMost, *i.CostAtMost >= 0)
	}
	if i.NoneQueued || i.NoneActive {
		e.is(nameQueued, 0)
	}
	if i.NoneActive {
		e.is(nameRunning, 0)
	}
	if i.Written {
		e.is(nameUnwritten, 0)
	}
	switch { // DynamoDB knows no empty set
	case len(i.Models) > 0:
		e.require("@ = ?", nameModels, texts(i.Models))
	case i.Models != nil:
		e.require("attribute_not_exists(@)", nameModels)
	}
	for _, name := range slices.Sorted(maps.Keys(i.Is)) {
		if at := i.Is[name]; at == nil {
			e.require("attribute_not_exists(@)", attributeOf(name))
		} else {
			e.require("@ = ?", attributeOf(name), text(instant(*at)))
		}
	}
}

func texts(s []string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: s} }
