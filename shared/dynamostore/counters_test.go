package dynamostore

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/model"
)

// claim is the difference of a claim in a batch that has a bound.
func claim() job.Difference {
	no, most := int64(2), int64(960_000)
	return job.Difference{
		BatchID: "b", Models: map[string]job.Counts{"core": {job.Queued: -1, job.Running: 1}}, Queued: -1, Running: 1,
		Cost: 40_000, Charged: 40_000, Waiting: -40_000, If: job.Condition{CancelNo: &no, CostAtMost: &most},
	}
}

// TestADifferenceIsWrittenInTermsOfDynamoDB wants every change of counters as arithmetic on single attributes.
func TestADifferenceIsWrittenInTermsOfDynamoDB(t *testing.T) {
	at, none, one, less := instantOf("2026-11-22T10:00:00.5Z"), int64(0), int64(1), int64(-1)
	const due = "2026-11-22T10:00:00.500000Z"
	for name, c := range map[string]struct {
		change job.Difference
		want   string
	}{
		"a claim": {
			claim(),
			"ADD queued -1, running 1, cost_micro_usd 40000, charged_micro_usd 40000, waiting_micro_usd -40000, queued#CORE -1, running#CORE 1, models [core]" +
				" IF attribute_exists(pk) AND cancel_no = 2 AND (attribute_not_exists(cost_micro_usd) OR cost_micro_usd <= 960000)",
		},
		"a cancellation": {
			job.Difference{Cancel: true, If: job.Condition{Models: []string{"core", "sd35"}}, Set: map[job.Instant]time.Time{job.Due: at}},
			"SET canceled#CORE = if_not_exists(canceled#CORE, 0) + if_not_exists(queued#CORE, 0), queued#CORE = 0," +
				" canceled#SD35 = if_not_exists(canceled#SD35, 0) + if_not_exists(queued#SD35, 0), queued#SD35 = 0," +
				" unwritten = if_not_exists(unwritten, 0) + if_not_exists(queued, 0), queued = 0, waiting_micro_usd = 0," +
				" due_sk = " + due + ", due_pk = batches ADD cancel_no 1 IF attribute_exists(pk) AND models = [core sd35]",
		},
		"a cancellation of nothing": {
			job.Difference{Cancel: true, If: job.Condition{Models: []string{}}},
			"SET unwritten = if_not_exists(unwritten, 0) + if_not_exists(queued, 0), queued = 0, waiting_micro_usd = 0" +
				" ADD cancel_no 1 IF attribute_exists(pk) AND attribute_not_exists(models)",
		},
		"an end": {
			job.Difference{
				Set: map[job.Instant]time.Time{job.Ended: at}, Clear: []job.Instant{job.Due},
				If: job.Condition{NoneActive: true, Written: true, Is: map[job.Instant]*time.Time{job.Sealed: &at, job.Ended: nil, job.Due: &at}},
			},
			"SET ended_at = " + due + " REMOVE due_sk, due_pk IF attribute_exists(pk) AND (attribute_not_exists(queued) OR queued = 0)" +
				" AND (attribute_not_exists(running) OR running = 0) AND (attribute_not_exists(unwritten) OR unwritten = 0)" +
				" AND due_sk = " + due + " AND attribute_not_exists(ended_at) AND sealed_at = " + due,
		},
		"an instant that is set and cleared": {
			job.Difference{Set: map[job.Instant]time.Time{job.Due: at, job.Ended: at}, Clear: []job.Instant{job.Ended, job.Due, job.Due}},
			"REMOVE due_sk, ended_at, due_pk IF attribute_exists(pk)",
		},
		"figures of zero": {
			job.Difference{Models: map[string]job.Counts{"core": {job.Queued: 0}}, If: job.Condition{CancelNo: &none, Next: &one, NoneQueued: true}},
			"ADD models [core] IF attribute_exists(pk) AND (attribute_not_exists(cancel_no) OR cancel_no = 0) AND next = 1" +
				" AND (attribute_not_exists(queued) OR queued = 0)",
		},
		"a cost of less than nothing": {
			job.Difference{If: job.Condition{CostAtMost: &less}},
			"ADD next 0 IF attribute_exists(pk) AND cost_micro_usd <= -1",
		},
		"nothing": {job.Difference{}, "ADD next 0 IF attribute_exists(pk)"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			c.change.BatchID = "b"
			if _, err := s.Amend(t.Context(), c.change); err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer("#CORE", countOf("core", "")[:9], "#SD35", countOf("sd35", "")[:9]).Replace(c.want)
			if diff := cmp.Diff([]string{"UpdateItem", "Update counters#b " + want + " OR SHOW"}, spelled(t, w.sent[0])); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDifferencesMeanWhatTheCoreSays makes differences by chance in the emulator and in the core, and compares.
func TestDifferencesMeanWhatTheCoreSays(t *testing.T) {
	_, s := open(t, nil)
	b := plainBatch("b")
	b.MaxCost = 1_000_000
	first := job.Difference{BatchID: "b", Next: 3, Set: map[job.Instant]time.Time{job.Appended: b.CreatedAt}}
	if there, err := s.Create(t.Context(), job.Transaction{WriteID: "w", Batch: &b, Counters: &first}); err != nil {
		t.Fatal(err, there)
	}
	want, _ := job.Counters{BatchID: "b", MaxCost: b.MaxCost}.Apply(first)
	dice := rand.New(rand.NewPCG(1, 2))
	held := 0
	for n := range 300 {
		d := randomDifference(dice, want)
		next, holds := want.Apply(d)
		got, err := s.Amend(t.Context(), d)
		if holds != (err == nil) || !holds && !errors.Is(err, job.ErrCounters) {
			t.Fatalf("change %d holds: %v, but %v: %+v of %+v", n, holds, err, d, want)
		}
		if want = next; holds {
			held++
		}
		if diff := cmp.Diff(trimmed(want), got); diff != "" {
			t.Fatalf("change %d, %+v (-core +store):\n%s", n, d, diff)
		}
	}
	if held < 100 || held > 250 {
		t.Errorf("of 300 changes %d were made: the test says little", held)
	}
	if _, got, err := s.GetBatch(t.Context(), "b"); err != nil || !cmp.Equal(trimmed(want), got) {
		t.Errorf("read %+v, %v; want %+v", got, err, want)
	}
}

// trimmed is the counters without counts of 0, which a store need not tell.
func trimmed(c job.Counters) job.Counters {
	all := map[string]job.Counts{}
	for id, counts := range c.Models {
		all[id] = maps.Clone(counts)
		maps.DeleteFunc(all[id], func(_ job.Status, n int64) bool { return n == 0 })
	}
	c.Models = all
	return c
}

// randomDifference has, in half of the cases, a condition that is made from the counters as they are, and then often holds.
func randomDifference(dice *rand.Rand, c job.Counters) job.Difference {
	d := job.Difference{BatchID: "b"}
	moment := instantOf("2026-11-22T10:00:00Z").Add(time.Duration(dice.IntN(3)) * time.Microsecond)
	if dice.IntN(8) == 0 {
		d.Cancel = true
		d.If.Models = slices.AppendSeq([]string{}, maps.Keys(c.Models))
		if dice.IntN(3) == 0 {
			d.If.Models = []string{"core"}
		}
	} else if dice.IntN(3) > 0 {
		id := []string{"core", "ultra", "sd35"}[dice.IntN(3)]
		d.Models = map[string]job.Counts{id: {job.Queued: dice.Int64N(3), job.Statuses[1+dice.IntN(4)]: dice.Int64N(3) - 1}}
		d.Queued, d.Running = dice.Int64N(3)-min(c.Queued, 1), dice.Int64N(2)-min(c.Running, 1) // never below 0
		d.Cost, d.Charged = dice.Int64N(9)-4, dice.Int64N(9)-4
		d.Waiting, d.Ordered, d.Next, d.Unwritten = dice.Int64N(9)-4, dice.Int64N(9), dice.Int64N(2), dice.Int64N(3)-1
	}
	for range dice.IntN(3) {
		d.Set = map[job.Instant]time.Time{job.Instants[dice.IntN(len(job.Instants))]: moment}
		d.Clear = append(d.Clear, job.Instants[dice.IntN(len(job.Instants))])
	}
	if dice.IntN(2) == 0 {
		randomCondition(dice, &d.If, c)
	}
	return d
}

func randomCondition(dice *rand.Rand, i *job.Condition, c job.Counters) {
	near := func(n int64) *int64 {
		n += int64(dice.IntN(4) / 3)
		return &n
	}
	switch dice.IntN(8) {
	case 0:
		i.CancelNo = near(c.CancelNo)
	case 1:
		i.Next = near(c.Next)
	case 2:
		i.CostAtMost = near(c.Cost - 1)
	case 3:
		i.NoneQueued = true
	case 4:
		i.NoneActive = true
	case 5:
		i.Written = true
	case 6:
		if i.Models == nil {
			i.Models = slices.Sorted(maps.Keys(c.Models))[dice.IntN(2)%(len(c.Models)+1):]
		}
	default:
		name := job.Instants[dice.IntN(len(job.Instants))]
		i.Is = map[job.Instant]*time.Time{name: c.When(name)}
		if dice.IntN(4) == 0 {
			i.Is[name] = nil
		}
	}
}

// sizeOf is what DynamoDB counts for an item: names and values in UTF-8, of a number a byte for two digits and one more.
func sizeOf(it item) (n int) {
	for name, v := range it {
		n += len(name) + weight(v)
	}
	return n
}

func weight(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(strings.TrimRight(v.Value, "0"))+1)/2 + 1
	case *types.AttributeValueMemberSS:
		return 3 + len(v.Value) + len(strings.Join(v.Value, ""))
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + sizeOf(v.Value)
	case *types.AttributeValueMemberL:
		n := 3 + len(v.Value)
		for _, one := range v.Value {
			n += weight(one)
		}
		return n
	}
	return 1
}

// TestCountersStayBelowAKilobyte has a batch of three models, with a job in each state of each, every figure and instant.
func TestCountersStayBelowAKilobyte(t *testing.T) {
	at := text(instant(instantOf("2026-11-22T10:00:00Z")))
	it := item{pk: text(countersKey("01a204c4-a991-7097-a604-ca4bd2ef1d2d")), byDue + "_pk": text(dueBatches)}
	ids := []string{"stability.stable-image-ultra-v1:1", "stability.stable-image-core-v1:1", "stability.stable-diffusion-xl-v1"}
	it[nameModels] = texts(ids)
	for _, id := range ids {
		for _, status := range job.Statuses {
			it[countOf(id, status)] = number(123_457)
		}
	}
	for _, f := range figures {
		it[f.attribute] = number(12_345_678_912)
	}
	it[nameMaxCost], it[nameCancelNo] = number(12_345_678_912), number(12_345_678_912)
	for _, name := range job.Instants {
		it[attributeOf(name)] = at
	}
	if got := sizeOf(it); got >= 1024 {
		t.Errorf("%d bytes: a write costs twice as much", got)
	} else {
		t.Logf("%d bytes at the most with three models", got)
	}
}

// TestModelsHaveAttributesOfTheirOwn wants no two counts of the catalogue under one name.
func TestModelsHaveAttributesOfTheirOwn(t *testing.T) {
	seen := map[string]string{}
	for _, m := range model.All() {
		for _, status := range job.Statuses {
			name := countOf(m.ID, status)
			if seen[name] != "" {
				t.Errorf("%s and %s have one attribute, %s", seen[name], m.ID, name)
			}
			seen[name] = m.ID
		}
	}
	if len(seen) < 2*len(job.Statuses) {
		t.Errorf("%d attributes: there is nothing to compare", len(seen))
	}
}

func TestCountersOfAnotherFormAreAnError(t *testing.T) {
	for name, it := range map[string]string{
		"a figure":   `{"pk":{"S":"counters#b"},"queued":{"N":"0.5"}}`,
		"a count":    `{"pk":{"S":"counters#b"},"models":{"SS":["core"]},"` + countOf("core", job.Failed) + `":{"N":"x"}}`,
		"an instant": `{"pk":{"S":"counters#b"},"sealed_at":{"S":"soon"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, s := wired(func(op, _ string) (int, string) {
				if op == "BatchGetItem" {
					return http.StatusOK, `{"Responses":{"jobs":[{"pk":{"S":"batch#b"},"id":{"S":"b"}},` + it + `]}}`
				}
				return http.StatusBadRequest, `{"__type":"x#ConditionalCheckFailedException","Item":` + it + `}`
			})
			_, _, read := s.GetBatch(t.Context(), "b")
			_, amended := s.Amend(t.Context(), claim())
			for call, err := range map[string]error{"get": read, "amend": amended} {
				if err == nil || !strings.Contains(err.Error(), "counters of batch b") {
					t.Errorf("%s: %v, want what is wrong", call, err)
				}
			}
		})
	}
}
