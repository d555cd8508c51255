package dynamostore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// An index key consists of fields with # between them. Whatever may hold a # itself, an owner or an ID, comes last, and
// what is sorted by has a fixed width, so that no two lists of fields make one key.

// shards is how many partitions an owner's or a batch's jobs are spread over: one partition takes 1,000 writes a second. It
// may not change while there are jobs.
//
// Neither the timers of a model nor a flow needs shards. A job of a batch has no timer while it waits, so timers are written
// for single jobs, of which the API takes 100 a second, once more an hour for each that waits, and for jobs in the queue, of
// which the pace lets a few through: a million waiting single jobs make 700 writes a second. A batch enters its flow by one
// transaction after the other. A job that has ended and expires has a timer only if a call was made for it or it has an input
// image of its own, so as many are set as the pace lets through, and the sweep removes eight at a time.
const shards = 8

// indexed returns the attributes that are made from others, as far as the job has reason for them: the keys of the indexes and
// the time to live.
func indexed(j job.Job) item {
	it := item{}
	in := func(index, partition, sort string) { it[index+"_pk"], it[index+"_sk"] = text(partition), text(sort) }
	shard := spread(j.ID) % shards
	in(byOwner, shardKey(shard, j.Owner), place(j.Mark()))
	if j.BatchID != "" {
		in(byBatch, shardKey(shard, j.BatchID), string(j.Status)+"#"+batchPlace(j.Mark()))
	}
	if j.Due != nil {
		in(byDue, dueKey(j.Model, j.Enqueued), instant(*j.Due)+"#"+optional(j.Deadline)+"#"+j.ID)
	}
	if flow, waits := j.Flow(); waits {
		in(byFlow, flowKey(flow), waiterPlace(job.Waiter{ID: j.ID, Queued: j.QueuedAt, Position: j.Position}))
	}
	if j.BatchID == "" && j.Status == job.Queued {
		in(byWaiting, waitingKey(j.Owner), fmt.Sprintf("%019d#%s", j.Price, j.ID))
	}
	if j.Starred {
		in(byStarred, starredKey(j.Owner), place(j.Mark()))
	}
	if j.ExpiresAt != nil {
		it[ttl] = number(j.ExpiresAt.Add(backstop).Unix())
	}
	return it
}

// backstop is how long after a job has expired DynamoDB may remove its record. A record that goes before its pictures leaves
// pictures that no record names, so the sweep has that long to remove both. Reads hide expired jobs meanwhile.
const backstop = 7 * 24 * time.Hour

// spread is by chance, but always the same for an ID.
func spread(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() >> 1)
}

// longestName is what a key holds of an owner or batch as it is. DynamoDB takes 2,048 bytes.
const longestName = 1024

// short is the name, or what stands for a long one.
func short(name string) string {
	if len(name) <= longestName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// shardKey is one partition of an owner or a batch.
func shardKey(shard int, name string) string { return strconv.Itoa(shard) + "#" + short(name) }

// waitingKey is the one partition of an owner's queued jobs that are in no batch.
func waitingKey(owner string) string { return "w#" + short(owner) }

// starredKey is the one partition of an owner's starred jobs: a person stars them.
func starredKey(owner string) string { return "s#" + short(owner) }

// dueKey is the partition of a model's timers: of jobs with a message in the queue or with a worker, or of all others. They
// are apart since the first are read in every run of the sweep, and there are never many.
func dueKey(model string, enqueued bool) string {
	if enqueued {
		return "enqueued#" + model
	}
	return "timer#" + model
}

// flowKey is the one partition of the jobs that wait in a flow. The catalogue has no model with a # in its ID.
func flowKey(flow job.FlowKey) string { return flow.Model + "#" + short(flow.Name()) }

// waiterPlace is where a job stands in its flow.
func waiterPlace(w job.Waiter) string {
	return place(job.Mark{Created: w.Queued.UnixMicro(), Position: w.Position, ID: w.ID})
}

// place is where a job stands in its owner's list, as a string that sorts.
func place(m job.Mark) string {
	return instant(time.UnixMicro(m.Created)) + "#" + batchPlace(m)
}

// batchPlace is where a job stands in its batch. Positions count from 0.
func batchPlace(m job.Mark) string { return fmt.Sprintf("%019d#%s", m.Position, m.ID) }

// micros is RFC 3339 to the microsecond and of one width: it sorts, and a person can read it.
const micros = "2006-01-02T15:04:05.000000Z"

func instant(t time.Time) string { return t.UTC().Format(micros) }

// never stands for an instant that there is not.
const never = "-"

func optional(t *time.Time) string {
	if t == nil {
		return never
	}
	return instant(*t)
}

// entry is what an index tells about a job or a batch.
type entry struct {
	first string // the three fields of the sort key
	next  string
	id    string
	place string // by which the entries of several partitions are merged
}

func idsOf(entries []entry) (ids []string) {
	for _, e := range entries {
		ids = append(ids, e.id)
	}
	return ids
}

// readEntry takes an item of an index apart.
func readEntry(index string, it map[string]types.AttributeValue) entry {
	sort := textOf(it, index+"_sk")
	first, rest, _ := strings.Cut(sort, "#")
	next, id, _ := strings.Cut(rest, "#")
	e := entry{first: first, next: next, id: id, place: sort}
	if index == byBatch {
		e.place = rest // the state comes first
	}
	return e
}

// mark is the entry's place in a list. Within a batch the time of creation counts nothing.
func (e entry) mark(index string) (*job.Mark, error) {
	position, err := strconv.ParseInt(e.next, 10, 64)
	m := job.Mark{Position: position, ID: e.id}
	if index != byBatch {
		created, wrong := time.Parse(micros, e.first)
		m.Created, err = created.UnixMicro(), errors.Join(err, wrong)
	}
	if err != nil {
		return nil, fmt.Errorf("index %s of %s: %w", index, e.id, err)
	}
	return &m, nil
}

// ref reads an entry of the due index.
func (e entry) ref() (job.Ref, error) {
	due, err := time.Parse(micros, e.first)
	r := job.Ref{ID: e.id, Due: due}
	if e.next != never {
		deadline, wrong := time.Parse(micros, e.next)
		r.Deadline, err = &deadline, errors.Join(err, wrong)
	}
	if err != nil {
		return job.Ref{}, fmt.Errorf("index due of %s: %w", e.id, err)
	}
	return r, nil
}
