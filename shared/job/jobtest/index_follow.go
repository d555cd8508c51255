package jobtest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
)

// becomes is how a job is before a change.
type becomes struct{ before, change func(j *job.Job) }

func inLine(j *job.Job) { j.InLine, j.Enqueued = true, false }
func enqueued(j *job.Job) {
	j.InLine, j.Enqueued, j.Visible = false, true, j.CreatedAt.Add(time.Second)
}
func undue(j *job.Job) { j.Due = nil }

// later makes a job due at a time that is no other's.
func later(j *job.Job) {
	at := j.CreatedAt.Add(time.Hour)
	j.Due = &at
}

func runs(j *job.Job) {
	enqueued(j)
	j.Status, j.Lease = job.Running, &job.Lease{Token: "token", Until: j.CreatedAt, Amount: 4}
}

// changes are what may become of a job.
var changes = map[string]becomes{
	"gets a star":          {inLine, func(j *job.Job) { j.Starred = true }},
	"loses its star":       {func(j *job.Job) { j.Starred = true }, func(j *job.Job) { j.Starred = false }},
	"is due later":         {inLine, later},
	"is due no more":       {enqueued, undue},
	"is due again":         {undue, later},
	"is dispatched":        {inLine, enqueued},
	"comes back into line": {enqueued, func(j *job.Job) { inLine(j); j.Price += 9 }},
	"runs":                 {enqueued, runs},
	"runs out of its line": {inLine, func(j *job.Job) { j.Status = job.Running }},
	"is put back":          {runs, func(j *job.Job) { inLine(j); j.Status, j.Lease = job.Queued, nil }},
	"ends":                 {runs, func(j *job.Job) { undue(j); j.Status, j.Enqueued = job.Succeeded, false }},
	"is canceled":          {enqueued, func(j *job.Job) { undue(j); j.Status, j.Enqueued = job.Canceled, false }},
	"fails in line":        {inLine, func(j *job.Job) { undue(j); j.Status = job.Failed }},
	"leaves the line":      {inLine, func(j *job.Job) { j.InLine = false }},
	"has another price":    {inLine, func(j *job.Job) { j.Price, j.Deadline = j.Price<<20, moment(1) }},
	"begins again": {
		func(j *job.Job) { inLine(j); undue(j); j.Status = job.Failed },
		func(j *job.Job) { later(j); j.Status, j.QueuedAt, j.Generation = job.Queued, *j.Due, 2 },
	},
	"begins anew in a flow": {func(j *job.Job) { inLine(j); j.CancelNo = 1 }, func(j *job.Job) { j.CancelNo, j.Generation = 2, 2 }},
	"is erased":             {inLine, nil},
	"is erased behind":      {enqueued, nil},
}

// indexFollow has two jobs for each change, one of them in a batch. Of those that are erased every other one is remembered.
func indexFollow(t *testing.T, h Harness) {
	all, batch := slices.Sorted(maps.Keys(changes)), fresh("batch")
	was := h.fill(t, 2*len(all), func(n int, j *job.Job) {
		if j.Price, j.QueuedAt, j.Starred = int64(n), *moment(n), n%2 == 0; n%2 == 1 {
			j.BatchID, j.Position = batch, int64(n)
		}
		changes[all[n/2]].before(j)
	})
	h.agree(t, was)
	var now []job.Job
	for n, j := range was {
		if change := changes[all[n/2]].change; change != nil {
			change(&j)
			now = append(now, j)
		} else {
			erase(t, h, j, []*time.Time{nil, moment(n)}[(n+n/2)%2])
		}
	}
	now = update(t, h, now...)
	h.settle(t)
	h.agree(t, now, was...)
	h.filter(t, now, []string{was[0].Owner}, []string{"", batch}, []string{""})
	if t.Failed() {
		t.Logf("two jobs for each of %q", all)
	}
}
