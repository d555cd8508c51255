package jobtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
)

// Creator is the contract of job.Creator.
var Creator = Suite[Harness]{
	"every combination is stored":                  createCombinations,
	"as many as may be are stored together":        createTogether,
	"jobs that are there stop all and are shown":   createTaken,
	"a batch that is there stops all":              createBatchTaken,
	"a request that is there stops all":            createRequestTaken,
	"what is there is looked at before counters":   createOrder,
	"what is remembered is there":                  createRemembered,
	"a batch begins with its bound and difference": createBegins,
	"a new batch has no former counters":           createNewConditions,
	"counters that are not there stop it":          createNoCounters,
	"a condition that does not hold stops it":      createConditions,
	"the name of a request may have 512 bytes":     createLongNames,
	"a repetition changes nothing":                 createRepeated,
	"one of many creators wins":                    createRace,
}

// appendOf is what is remembered of a request to append, with no field empty.
func appendOf(name string) job.Append {
	a := sample[job.Append]()
	a.Name = name
	return a
}

// requestOf is a new request that is of a batch.
func requestOf(b job.Batch) job.Append {
	a := appendOf(fresh("append"))
	a.BatchID = b.ID
	return a
}

// appends stores a request whose name must be free, or ends the test.
func appends(t *testing.T, c job.Creator, a job.Append) job.Append {
	t.Helper()
	tr := transaction()
	tr.Append = &a
	if there, err := c.Create(t.Context(), tr); err != nil {
		t.Fatalf("create of request %s: %v, there is %+v", a.Name, err, there.Append)
	}
	return a
}

// seesAppend compares a stored request with what should be.
func seesAppend(t *testing.T, c job.Creator, want job.Append) {
	t.Helper()
	tr := transaction()
	tr.Append = &job.Append{Name: want.Name, BatchID: want.BatchID, WriteID: tr.WriteID, At: sampleTime}
	there, err := c.Create(t.Context(), tr)
	if !errors.Is(err, job.ErrExists) {
		t.Fatalf("create of a request: %v, want ErrExists", err)
	}
	same(t, "the request that is there", &want, there.Append)
}

// missesBatch checks that the ID of a batch is unknown, and has no counters.
func missesBatch(t *testing.T, b job.Batches, id string) {
	t.Helper()
	refused(t, "get batch "+id, last(b.GetBatch(t.Context(), id)), job.ErrNotFound)
	refused(t, "amend "+id, last(b.Amend(t.Context(), job.Difference{BatchID: id, Next: 1})), job.ErrNotFound)
}

// parts is a transaction for Create with some of its parts, and what the counters must be then.
type parts struct {
	job.Transaction
	want job.Counters
}

// combination puts the parts together that the bits say: jobs, a batch, a request, a difference.
func combination(t *testing.T, s Harness, bits int) (p parts) {
	t.Helper()
	p.Transaction = transaction()
	b := fullBatch(fresh("batch"))
	if bits&1 != 0 {
		p.Transaction = transaction(plainJobs(3)...)
	}
	if bits&2 != 0 {
		b.WriteID, p.Batch = p.WriteID, &b
		p.want.MaxCost = b.MaxCost
	} else {
		createBatch(t, s, b, job.Difference{Next: 1})
		p.want.MaxCost, p.want.Next = b.MaxCost, 1
	}
	if bits&4 != 0 {
		a := requestOf(b)
		a.WriteID, p.Append = p.WriteID, &a
	}
	p.want.BatchID = b.ID
	if bits&8 != 0 {
		d := everything(b.ID)
		p.Counters = &d
		p.want, _ = p.want.Apply(d)
	}
	return p
}

func createCombinations(t *testing.T, s Harness) {
	for bits := 1; bits < 16; bits++ {
		if bits == 8 {
			continue // a difference alone is no creation
		}
		t.Run(fmt.Sprintf("%04b", bits), func(t *testing.T) {
			p := combination(t, s, bits)
			there, err := s.Create(t.Context(), p.Transaction)
			if err != nil {
				t.Fatalf("create: %v, in the way %+v", err, there)
			}
			seesJobs(t, s, p.Jobs...)
			seesCounters(t, s, p.want)
			if p.Batch != nil {
				seesBatch(t, s, *p.Batch)
			}
			if p.Append != nil {
				seesAppend(t, s, *p.Append)
			}
		})
	}
}

func createTogether(t *testing.T, s Harness) {
	b := plainBatch(fresh("batch"))
	a := requestOf(b)
	tr := transaction(plainJobs(job.MaxTogether)...)
	tr.Batch, tr.Append, tr.Counters = &b, &a, &job.Difference{BatchID: b.ID, Next: job.MaxTogether}
	succeeds(t, "create", last(s.Create(t.Context(), tr)))
	seesJobs(t, s, tr.Jobs...)
	seesAppend(t, s, a)
	sameCounters(t, "counters", job.Counters{BatchID: b.ID, Next: job.MaxTogether}, seesBatch(t, s, b))
}

func createBegins(t *testing.T, s Harness) {
	b := plainBatch(fresh("batch"))
	b.MaxCost = 1<<40 + 1
	bare := transaction()
	bare.Batch = &b
	succeeds(t, "create", last(s.Create(t.Context(), bare)))
	sameCounters(t, "counters without a difference", job.Counters{BatchID: b.ID, MaxCost: b.MaxCost}, seesBatch(t, s, b))
}

// createNewConditions has conditions that hold of a batch that begins, and one that does not.
func createNewConditions(t *testing.T, s Harness) {
	none, one := int64(0), int64(1)
	for want, c := range map[error]job.Condition{
		nil:             {CancelNo: &none, Next: &none, NoneActive: true, Written: true, Is: map[job.Instant]*time.Time{job.Removing: nil}},
		job.ErrCounters: {CancelNo: &one},
	} {
		b := plainBatch(fresh("batch"))
		tr := transaction(plainJob(fresh("job")))
		b.WriteID = tr.WriteID
		tr.Batch, tr.Counters = &b, &job.Difference{BatchID: b.ID, Next: 1, If: c}
		if _, err := s.Create(t.Context(), tr); !errors.Is(err, want) {
			t.Errorf("create: %v, want %v", err, want)
		}
		if want != nil {
			missesBatch(t, s, b.ID)
			missesJobs(t, s, tr.Jobs[0].ID)
			continue
		}
		sameCounters(t, "counters", job.Counters{BatchID: b.ID, Next: 1}, seesBatch(t, s, b))
	}
}

func createNoCounters(t *testing.T, s Harness) {
	tr := transaction(plainJob(fresh("job")))
	a := appendOf(fresh("append"))
	tr.Append, tr.Counters = &a, &job.Difference{BatchID: fresh("batch"), Next: 1}
	there, err := s.Create(t.Context(), tr)
	if !errors.Is(err, job.ErrCounters) || there.Counters != nil {
		t.Errorf("create: %v, counters %v; want ErrCounters and none", err, there.Counters)
	}
	missesJobs(t, s, tr.Jobs[0].ID)
	missesBatch(t, s, tr.Counters.BatchID)
	appends(t, s, a)
}

func createLongNames(t *testing.T, s Harness) {
	prefix := fresh("append#/")
	prefix += strings.Repeat("x", 511-len(prefix))
	for _, end := range []string{"y", "z"} {
		seesAppend(t, s, appends(t, s, appendOf(prefix+end)))
	}
}

// createRepeated makes one transaction twice: the second may succeed or find the first in its way.
func createRepeated(t *testing.T, s Harness) {
	p := combination(t, s, 15)
	succeeds(t, "create", last(s.Create(t.Context(), p.Transaction)))
	if there, err := s.Create(t.Context(), p.Transaction); err != nil {
		if !errors.Is(err, job.ErrExists) || there.Batch == nil || there.Batch.WriteID != p.WriteID {
			t.Errorf("repetition: %v, in the way %+v", err, there.Batch)
		}
	}
	seesJobs(t, s, p.Jobs...)
	sameCounters(t, "counters", p.want, seesBatch(t, s, *p.Batch))
	seesAppend(t, s, *p.Append)
}
