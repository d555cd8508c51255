package dynamostore

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"easel/shared/job"
)

// What DynamoDB charges for a million units, in dollars, and how many runs of the sweep are in a month.
const (
	readPrice  = 0.125
	writePrice = 0.625
	runsAMonth = 43_200
)

// bill is what DynamoDB counts.
type bill struct {
	requests int
	reads    float64
	writes   int
}

func (b bill) plus(other bill) bill {
	return bill{b.requests + other.requests, b.reads + other.reads, b.writes + other.writes}
}

// dollars are those of so many runs.
func (b bill) dollars(runs float64) float64 {
	return runs * (b.reads*readPrice + float64(b.writes)*writePrice) / 1e6
}

// backlog is a model with a line of flows, in each of which more jobs wait than a run takes. It answers the requests of a
// run and adds up what they cost: a kilobyte for a unit of writes, four for one of reads, half as much where a read need not
// be consistent; what is begun is charged, and an empty answer too.
type backlog struct {
	model  string
	flows  int
	pace   int  // calls a minute, and jobs a run
	sample item // a flow in which nothing is zero

	mu   sync.Mutex
	bill bill
}

// run is what the sweep asks for and writes in one run in which it dispatches as many jobs as the pace has turns, with a
// budget and each flow of another owner. The bill of the line's query comes first, then that of all other reads, of the
// flows' advances, and of the jobs.
func (b *backlog) run(t *testing.T, s *Store) (parts [4]bill) {
	t.Helper()
	ctx, day := t.Context(), instantOf("2026-11-22T10:00:00Z")
	_, flows, listed := s.Flows(ctx, b.model)
	parts[0] = b.since()
	_, fired := s.Fired(ctx, b.model, day, 500)
	_, counted := s.Dispatched(ctx, b.model)
	note(t, listed, fired, counted)
	picked := flows[:min(len(flows), b.pace)]
	var batches, ids []string
	for _, f := range picked {
		waiting, err := s.Waiters(ctx, f.FlowKey, nil, (b.pace+len(picked)-1)/len(picked))
		_, failed := s.Spent(ctx, f.Owner, "2026-11-22")
		note(t, err, failed)
		batches = append(batches, f.BatchID)
		for _, w := range waiting {
			ids = append(ids, w.ID)
		}
	}
	_, counters := s.ReadCounters(ctx, batches)
	jobs, found := s.Find(ctx, ids[:b.pace])
	note(t, counters, found, s.SetStanding(ctx, job.Standing{Model: b.model, Crowds: make([]job.Crowd, 12)}))
	parts[1] = b.since()
	for _, f := range picked {
		note(t, s.Advance(ctx, job.Advance{FlowKey: f.FlowKey, Was: f.Time, Time: f.Time + 1, Given: 1, First: day}))
	}
	parts[2] = b.since()
	for _, j := range jobs {
		_, err := s.Update(ctx, job.Transaction{WriteID: "w", Jobs: []job.Job{dispatched(j)}})
		note(t, err)
	}
	parts[3] = b.since()
	return parts
}

func note(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (b *backlog) since() bill {
	now := b.bill
	b.bill = bill{}
	return now
}

// answer plays DynamoDB.
func (b *backlog) answer(op, body string) (int, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bill.requests++
	switch op {
	case "Query":
		return http.StatusOK, b.query(body)
	case "BatchGetItem":
		return http.StatusOK, b.records(body)
	case "GetItem": // of a day
		b.bill.reads++
		return http.StatusOK, "{}"
	}
	b.bill.writes += b.written(body)
	return http.StatusOK, "{}"
}

// written are the units of a write: of a line's item, or of a job that is dispatched.
func (b *backlog) written(body string) int {
	if strings.Contains(body, "line#") {
		return kilobytes(nil, b.flow(0))
	}
	was, is := encode(b.job(0)), encode(dispatched(b.job(0)))
	return kilobytes(was, is) + entries(was, is)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// page is as much as DynamoDB sends at a time.
const page = 1 << 20

func (b *backlog) query(body string) string {
	var in struct {
		IndexName, Limit          any
		ConsistentRead            bool
		ExclusiveStartKey         map[string]map[string]string
		ExpressionAttributeValues map[string]map[string]string
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		panic(err)
	}
	n, nth := b.stock(in.ExpressionAttributeValues[":pk"]["S"])
	if limit, ok := in.Limit.(float64); ok {
		n = min(n, int(limit))
	}
	next, _ := strconv.Atoi(in.ExclusiveStartKey["sk"]["S"]) // of the first page it is empty
	var found []item
	size := 0
	for ; next < n && size < page; next++ {
		found = append(found, nth(next))
		size += sizeOf(found[len(found)-1])
	}
	units := max(1, math.Ceil(float64(size)/4096))
	if !in.ConsistentRead {
		units /= 2
	}
	b.bill.reads += units
	if next == n {
		return fmt.Sprintf(`{"Items":%s}`, onWire(found))
	}
	return fmt.Sprintf(`{"Items":%s,"LastEvaluatedKey":{"pk":{"S":"x"},"sk":{"S":"%d"}}}`, onWire(found), next)
}

// stock is what stands in a partition: how much, and the nth of it. In the queue are messages for 150 s of the pace, with
// workers those of calls of 10 s.
func (b *backlog) stock(partition string) (n int, nth func(n int) item) {
	switch {
	case strings.HasPrefix(partition, "line#"):
		return b.flows, b.flow
	case strings.HasPrefix(partition, "enqueued#"):
		return (b.pace*160 + 59) / 60, func(n int) item { return projected(byDue, dispatched(b.job(n))) }
	case strings.HasPrefix(partition, "timer#"):
		return 0, nil
	}
	return b.pace, func(n int) item {
		j := b.job(n)
		j.ID = fmt.Sprintf("%08x%s", spread(partition), j.ID[8:]) // jobs of different flows
		return projected(byFlow, j)
	}
}

// flow is the nth flow of the line.
func (b *backlog) flow(n int) item {
	it := maps.Clone(b.sample)
	key := job.FlowKey{Model: b.model, Owner: usualJob(0).Owner, BatchID: fmt.Sprintf("%s%04d", frozenBatch[:32], n), CancelNo: 3}
	it[pk], it[sk] = text(lineKey(b.model)), text(key.Name())
	it["owner"], it["batch_id"] = text(key.Owner), text(key.BatchID)
	return it
}

func (b *backlog) job(n int) job.Job {
	j := usualJob(n)
	j.Model = b.model
	return j
}

// projected is what an index holds of a job.
func projected(index string, j job.Job) item {
	all, it := encode(j), item{}
	for _, name := range append([]string{pk, sk, index + "_pk", index + "_sk"}, beside[index]...) {
		it[name] = all[name]
	}
	return it
}

// records answers with counters, or with jobs that wait.
func (b *backlog) records(body string) string {
	var in struct {
		RequestItems map[string]struct {
			Keys []map[string]map[string]string
		}
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		panic(err)
	}
	var found []item
	for _, k := range in.RequestItems["jobs"].Keys {
		id := k[pk]["S"]
		it := item{pk: text(id), "queued": number(9)}
		if !strings.HasPrefix(id, countersPrefix) {
			j := b.job(0)
			j.ID = id
			it = encode(j)
		}
		found = append(found, it)
		b.bill.reads += math.Ceil(float64(sizeOf(it)) / 4096)
	}
	return fmt.Sprintf(`{"Responses":{"jobs":%s}}`, onWire(found))
}

func onWire(items []item) string {
	texts := make([]string, len(items))
	for i, it := range items {
		texts[i] = string(must(attributevalue.MarshalMapJSON(it)))
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// paces are the calls a minute of the models that there are.
var paces = map[string]int{"stability.stable-image-core-v1:1": 90, "stability.sd3-5-large-v1:0": 15, "stability.stable-image-ultra-v1:1": 10}

// TestARunCostsSoManyUnits counts what a run of the sweep asks for and writes at the full pace of three models, by the size
// of their lines. Nothing but the query of the line grows with it.
func TestARunCostsSoManyUnits(t *testing.T) {
	sample := must(attributevalue.UnmarshalMapJSON([]byte(frozen(t, "flow"))))
	t.Log("flows | the line | all else that is read | advances | jobs || requests a run | $ a month for all, and for the lines")
	for _, c := range []struct {
		flows, pages int
		reads        float64 // of the lines
	}{{1, 3, 3}, {100, 3, 21}, {5000, 6, 1030}} {
		var sums [4]bill
		dispatches := 0
		for name, pace := range paces {
			b := &backlog{model: name, flows: c.flows, pace: pace, sample: sample}
			_, s := wired(b.answer)
			for i, part := range b.run(t, s) {
				sums[i] = sums[i].plus(part)
			}
			dispatches += pace
		}
		all := sums[0].plus(sums[1]).plus(sums[2]).plus(sums[3])
		t.Logf("%d | %d requests, %.0f read units | %d requests, %.1f read units, %d written | %d written | %d written || %d | %.2f, %.2f", c.flows,
			sums[0].requests, sums[0].reads, sums[1].requests, sums[1].reads, sums[1].writes, sums[2].writes, sums[3].writes,
			all.requests, all.dollars(runsAMonth), sums[0].dollars(runsAMonth))
		if sums[0].requests != c.pages || sums[0].reads > c.reads {
			t.Errorf("the lines of %d flows are read by %d requests and %.0f units, want %d and at most %.0f", c.flows, sums[0].requests, sums[0].reads, c.pages, c.reads)
		}
		if sums[2].writes > dispatches || sums[3].writes > 4*dispatches {
			t.Errorf("%d jobs are dispatched for %d and %d units, want at most 1 and 4 each", dispatches, sums[2].writes, sums[3].writes)
		}
	}
}

// TestATouchCostsOneUnit counts what a writer pays before a job waits.
func TestATouchCostsOneUnit(t *testing.T) {
	b := &backlog{model: "core", sample: must(attributevalue.UnmarshalMapJSON([]byte(frozen(t, "flow"))))}
	_, s := wired(b.answer)
	note(t, s.Touch(t.Context(), []job.Touch{{FlowKey: flowOfAnn, Waiting: 3}, {FlowKey: flowOfB, Waiting: 3}, {FlowKey: flowOfAnn, Direct: true}}))
	if got := b.since(); got != (bill{3, 0, 3}) {
		t.Errorf("three touches are %+v, want a request and a unit each", got)
	}
	b.model = usualJob(0).Model
	t.Logf("a flow is %d bytes, an entry of due %d, of flow %d", sizeOf(b.flow(1)),
		sizeOf(projected(byDue, dispatched(usualJob(1)))), sizeOf(projected(byFlow, usualJob(1))))
}
