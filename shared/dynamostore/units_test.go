package dynamostore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"easel/shared/job"
	"easel/shared/request"
)

// meter adds up the write units that DynamoDB would charge for what passes to the emulator: one for each kilobyte of an
// item, before or after, twice in a transaction; and one for each entry of an index that comes or goes.
type meter struct {
	client *dynamodb.Client
	table  string
	units  int
}

// kilobytes are those of the larger item, begun ones counted.
func kilobytes(was, is item) int { return (max(sizeOf(was), sizeOf(is)) + 1023) / 1024 }

// entries are the writes of indexes that an item's change causes. A key that changes is a deletion and an insertion.
func entries(was, is item) (n int) {
	for _, index := range []string{byOwner, byBatch, byDue, byWaiting, byFlow} {
		before, after := textOf(was, index+"_pk")+" "+textOf(was, index+"_sk"), textOf(is, index+"_pk")+" "+textOf(is, index+"_sk")
		switch {
		case before == after:
		case before == " " || after == " ":
			n++
		default:
			n += 2
		}
	}
	return n
}

// rule lets every request pass and adds up what it costs.
func (m *meter) rule(r *operation) reply {
	keys, times := m.keys(r)
	before := m.read(keys)
	out := r.pass(r.body)
	for id, is := range m.read(keys) {
		m.units += times*kilobytes(before[id], is) + entries(before[id], is)
	}
	return out
}

// keys are those that a request writes, and how often its units count.
func (m *meter) keys(r *operation) (keys []string, times int) {
	type write struct{ Key, Item json.RawMessage }
	var in struct {
		write
		TransactItems []map[string]write
	}
	if err := json.Unmarshal(r.body, &in); err != nil || strings.HasSuffix(r.op, "GetItem") || r.op == "Query" {
		return nil, 0
	}
	writes, times := []write{in.write}, 1
	if r.op == "TransactWriteItems" {
		writes, times = nil, 2
		for _, one := range in.TransactItems {
			for _, w := range one {
				writes = append(writes, w)
			}
		}
	}
	for _, w := range writes {
		it, err := attributevalue.UnmarshalMapJSON(append(w.Key, w.Item...)) // one of them is there
		if err != nil {
			panic(err)
		}
		keys = append(keys, keyOf(it))
	}
	return keys, times
}

// read returns the items as they are. One that is not there is empty.
func (m *meter) read(keys []string) map[string]item {
	all := map[string]item{}
	for _, id := range keys {
		out, err := m.client.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: &m.table, Key: key(id)})
		if err != nil {
			panic(err)
		}
		all[id] = out.Item
	}
	return all
}

// since returns the units since it was called last.
func (m *meter) since() int {
	n := m.units
	m.units = 0
	return n
}

// usualJob is a job of a batch as people send them, with a prompt of 300 characters, that waits in its flow.
func usualJob(n int) job.Job {
	at := instantOf("2026-11-22T10:00:00.123456Z")
	prompt := strings.Repeat("a lighthouse ", 24)[:300]
	return job.Job{
		V: 1, ID: fmt.Sprintf("01a204c4-a991-7097-a604-ca4bd2ef%04d", n), Owner: "arn:aws:iam::111122223333:user/ann", Version: at.UnixMicro(),
		WriteID: frozenBatch, Status: job.Queued, Model: "stability.stable-image-core-v1:1", Input: job.Input{Settings: request.Settings{Prompt: prompt, AspectRatio: "3:2"}},
		Sent: job.Sent{Prompt: prompt, AspectRatio: "3:2", Seed: 1234567890, OutputFormat: "png"}, Embed: "all", Generation: 1, MaxCalls: 2,
		Price: 40_000, PriceAsOf: "2026-10-09", OtherMembers: strings.Repeat("ab", 32), BatchID: frozenBatch, CustomID: fmt.Sprint("row-", n),
		Position: int64(n), CreatedAt: at, QueuedAt: at, Visible: at, InLine: true,
	}
}

// usualSingle is such a job in no batch, with the timer that touches its flow again.
func usualSingle() job.Job {
	j := usualJob(0)
	due := j.CreatedAt.Add(time.Hour)
	j.BatchID, j.CustomID, j.Due = "", "", &due
	return j
}

// dispatched is the job with a message in the queue.
func dispatched(j job.Job) job.Job {
	due := j.CreatedAt.Add(20 * time.Minute)
	j.InLine, j.Enqueued, j.MessageNo, j.Due = false, true, 1, &due
	return j
}

// incarnation is what the jobs of a test go through, and what each step costs.
type incarnation struct {
	*Store
	*meter
	batch, budget, direct, expires bool
}

// write makes one step of a job. A step that moves figures comes with the counters, and a charge with the day.
func (l incarnation) write(t *testing.T, j *job.Job, d job.Difference, charged bool, edit func()) int {
	t.Helper()
	edit()
	tr := job.Transaction{WriteID: j.WriteID, Jobs: []job.Job{*j}}
	if d.BatchID = frozenBatch; l.batch && d.Models != nil {
		tr.Counters = &d
	}
	if tr.Day = charge(); !l.budget || !charged {
		tr.Day = nil
	}
	if there, err := l.Update(t.Context(), tr); err != nil {
		t.Fatal(err, shown(there))
	}
	j.Version++
	return l.since()
}

// record stores a job, or a transaction full of them, and returns the units for one of them.
func (l incarnation) record(t *testing.T) float64 {
	t.Helper()
	if !l.batch {
		j := usualSingle()
		if l.direct {
			j = dispatched(j)
		}
		create(t, l.Store, j)
		return float64(l.since())
	}
	b := plainBatch(frozenBatch)
	createBatch(t, l.Store, b, job.Difference{Set: map[job.Instant]time.Time{job.Appended: b.CreatedAt, job.Due: b.CreatedAt}})
	l.since()
	price, n := usualJob(0).Price, int64(job.MaxTogether)
	d := job.Difference{
		BatchID: b.ID, Models: map[string]job.Counts{usualJob(0).Model: {job.Queued: n}}, Queued: n, Waiting: n * price, Ordered: n * price, Next: n,
		Set: map[job.Instant]time.Time{job.Appended: b.CreatedAt, job.Due: b.CreatedAt.Add(time.Hour)},
	}
	tr := job.Transaction{WriteID: "w", Counters: &d, Append: &job.Append{Name: b.ID + "/1", BatchID: b.ID, At: b.CreatedAt}}
	for n := range job.MaxTogether {
		tr.Jobs = append(tr.Jobs, usualJob(n))
	}
	if there, err := l.Create(t.Context(), tr); err != nil {
		t.Fatal(err, shown(there))
	}
	return float64(l.since()) / job.MaxTogether
}

// live takes a recorded job to its end.
func (l incarnation) live(t *testing.T, j job.Job) (steps [3]int) {
	t.Helper()
	after := func(d time.Duration) *time.Time { at := j.CreatedAt.Add(d); return &at }
	if !l.direct {
		steps[0] = l.write(t, &j, job.Difference{}, false, func() { j = dispatched(j) })
	}
	started := job.Difference{Models: map[string]job.Counts{j.Model: {job.Queued: -1, job.Running: 1}}, Queued: -1, Running: 1, Cost: j.Price, Charged: j.Price, Waiting: -j.Price}
	steps[1] = l.write(t, &j, started, true, func() {
		j.Status, j.Attempts, j.Calls, j.CostMicroUSD, j.StartedAt, j.Due = job.Running, 1, 1, j.Price, after(time.Minute), after(4*time.Minute)
		j.Lease = &job.Lease{Token: frozenBatch, Until: *after(4 * time.Minute), Amount: j.Price, Day: "2026-11-22"}
	})
	ended := job.Difference{Models: map[string]job.Counts{j.Model: {job.Running: -1, job.Succeeded: 1}}, Running: -1, Charged: -j.Price}
	steps[2] = l.write(t, &j, ended, false, func() {
		j.Status, j.CompletedAt, j.Lease, j.Due, j.Enqueued = job.Succeeded, after(2*time.Minute), nil, nil, false
		if l.expires {
			j.ExpiresAt, j.Due = after(24*time.Hour), after(24*time.Hour)
		}
		j.Images = []job.Image{{Key: "images/batch/" + j.ID + "/1-1795341600123.png", ImageInfo: job.ImageInfo{
			ContentType: "image/png", Width: 1536, Height: 1024, SizeBytes: 1_534_567, SHA256: strings.Repeat("ab", 32), Seed: 1234567890, Model: j.Model,
		}}}
	})
	return steps
}

// remove marks a job that has expired and erases it.
func (l incarnation) remove(t *testing.T, j job.Job) int {
	t.Helper()
	marked := l.write(t, &j, job.Difference{}, false, func() {
		due := j.Due.Add(time.Minute)
		j.Deleting, j.Due = true, &due
	})
	if err := l.Erase(t.Context(), j.ID, j.Version, *j.Due, nil); err != nil {
		t.Fatal(err)
	}
	return marked + l.since()
}

// TestAJobThatExpiresCostsMoreWriteUnits counts what a retention adds: the timer at the job's end, and its removal.
func TestAJobThatExpiresCostsMoreWriteUnits(t *testing.T) {
	for _, c := range []struct {
		name              string
		batch             bool
		finished, removed int
	}{
		{"single", false, 5, 10},
		{"of a batch", true, 12, 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, s := open(t, nil)
			m := &meter{client: dynamodb.NewFromConfig(f.back), table: s.table}
			f.rule = m.rule
			l := incarnation{s, m, c.batch, true, !c.batch, true}
			l.record(t)
			steps := l.live(t, get(t, s, usualJob(0).ID))
			removed := l.remove(t, get(t, s, usualJob(0).ID))
			t.Logf("%d units to finish it, %d to remove it", steps[2], removed)
			if steps[2] != c.finished || removed != c.removed {
				t.Errorf("%d units to finish and %d to remove it, want %d and %d", steps[2], removed, c.finished, c.removed)
			}
		})
	}
}

// TestAJobCostsSoManyWriteUnits counts what recording a job and working on it writes: the table says it, and the price
// in the documentation follows from it.
func TestAJobCostsSoManyWriteUnits(t *testing.T) {
	for _, c := range []struct {
		name                  string
		batch, budget, direct bool
		recorded, worked      float64
	}{
		{"single", false, false, false, 7, 14},
		{"single with a budget", false, true, false, 7, 18},
		{"single that is dispatched at once", false, true, true, 5, 12},
		{"of a batch", true, false, false, 7.1, 27},
		{"of a batch with a budget", true, true, false, 7.1, 29},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, s := open(t, nil)
			m := &meter{client: dynamodb.NewFromConfig(f.back), table: s.table}
			f.rule = m.rule
			l := incarnation{s, m, c.batch, c.budget, c.direct, false}
			recorded := l.record(t)
			steps := l.live(t, get(t, s, usualJob(0).ID))
			worked := steps[0] + steps[1] + steps[2]
			t.Logf("%.2f units to record a job; %d to dispatch, %d to claim, %d to finish it; %.2f in all", recorded, steps[0], steps[1], steps[2], recorded+float64(worked))
			if recorded > c.recorded || float64(worked) > c.worked {
				t.Errorf("%.2f units to record and %d to work on it, want at most %v and %v", recorded, worked, c.recorded, c.worked)
			}
		})
	}
}
