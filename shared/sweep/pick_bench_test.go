package sweep

import (
	"fmt"
	"testing"
	"time"

	"easel/shared/job"
)

// crowdedLine is a line of owners with so many batches each. In each a job waits, so that a flow has one turn.
func crowdedLine(owners, flows int) *memoryLine {
	l := newMemoryLine()
	for n := range owners * flows {
		key := job.FlowKey{Owner: fmt.Sprint("owner ", n%owners), BatchID: fmt.Sprint("batch ", n)}
		l.add(key, job.Waiter{ID: fmt.Sprint(n), Queued: l.now.Add(time.Duration(n*7919%5000) * time.Second)})
	}
	return l
}

// A run gives out the turns of 150 s at 90 calls a minute.
func BenchmarkRun(b *testing.B) {
	for _, c := range []struct{ owners, flows int }{{5000, 1}, {50, 100}, {1, 5000}} {
		b.Run(fmt.Sprintf("%d owners with %d flows", c.owners, c.flows), func(b *testing.B) {
			l := crowdedLine(c.owners, c.flows)
			for b.Loop() {
				r := &memoryRun{memoryLine: l, room: 225, page: 8, picked: func(*entrant, job.Waiter) {}, stale: true, lost: func(job.FlowKey) bool { return true }}
				if r.run(); r.room > 0 {
					b.Fatalf("room for %d is left", r.room)
				}
			}
		})
	}
}

// Where the index shows no job in 500 flows before those in which jobs wait, these are looked at too.
func BenchmarkRunPastEmptyFlows(b *testing.B) {
	l := crowdedLine(5000, 1)
	for n := range 5000 {
		if key := (job.FlowKey{Owner: fmt.Sprint("owner ", n), BatchID: fmt.Sprint("batch ", n)}); n*7919%5000 < 500 {
			delete(l.waiting, key)
			f := l.flows[key]
			f.First = l.now.Add(-time.Hour)
			l.flows[key] = f
		}
	}
	for b.Loop() {
		r := &memoryRun{memoryLine: l, room: 225, page: 8, picked: func(*entrant, job.Waiter) {}, stale: true, lost: func(job.FlowKey) bool { return true }}
		if r.run(); r.room > 0 {
			b.Fatalf("room for %d is left", r.room)
		}
	}
}

// All flows of an owner whose day is used up are passed over.
func BenchmarkRunWithoutMoney(b *testing.B) {
	l := crowdedLine(1, 5000)
	for b.Loop() {
		r := &memoryRun{memoryLine: l, room: 225, page: 8, unpaid: func(job.FlowKey) bool { return true }, stale: true, lost: func(job.FlowKey) bool { return true }}
		if r.run(); r.room < 225 {
			b.Fatal("a turn is given")
		}
	}
}
