package jobtest

import (
	"strings"
	"testing"

	"easel/shared/job"
)

// waitersCancelNo begins a canceled job again, after which its batch has a flow of each number.
func waitersCancelNo(t *testing.T, h WaitersHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 4, func(n int, j *job.Job) {
		j.BatchID, j.Position, j.CancelNo = batch, int64(n), []int64{1, 1, 10, 11}[n]
	})
	first := flowOf(t, jobs[0])
	h.expect(t, first, jobs, 0, 1)
	jobs[1].CancelNo, jobs[1].Generation = 2, 2
	updateOne(t, h.Store, jobs[1])
	h.settle(t)
	h.expect(t, first, jobs, 0)
	for n := 1; n < 4; n++ {
		h.expect(t, flowOf(t, jobs[n]), jobs, n)
	}
	none := first
	none.CancelNo = 0
	h.expect(t, none, jobs)
}

// waitersOwners has owners of whom a key can be made wrongly and jobs of a batch that their flows do not hold.
func waitersOwners(t *testing.T, h WaitersHarness) {
	owners, batch := hard(), fresh("batch")
	owners = append(owners, owners[0][:len(owners[0])-1], owners[0]+strings.Repeat("#", 1500))
	jobs := h.fill(t, 2*len(owners), func(n int, j *job.Job) {
		if j.Owner = owners[n/2]; n%2 == 1 {
			j.BatchID, j.Position = batch, int64(n)
		}
	})
	for n := range owners {
		h.expect(t, flowOf(t, jobs[2*n]), jobs, 2*n)
	}
	h.expect(t, job.FlowKey{Model: jobs[0].Model, Owner: fresh("owner")}, jobs)
}

// waitersBatches has batches whose names, with the cancel number, begin like each other's, or are those of owners.
func waitersBatches(t *testing.T, h WaitersHarness) {
	name := fresh("batch")
	ids := []string{name, name + "#1", name + "#1#1", name[:len(name)-1], name, "", "single#" + name}
	jobs := h.fill(t, len(ids), func(n int, j *job.Job) {
		j.Owner, j.BatchID, j.CancelNo = name, ids[n], int64([]int{1, 1, 1, 1, 11, 0, 1}[n])
	})
	for n, j := range jobs {
		h.expect(t, flowOf(t, j), jobs, n)
	}
}

func waitersModels(t *testing.T, h WaitersHarness) {
	model := fresh("model")
	models := []string{model, model + "#", model + "1", model[:len(model)-1]}
	jobs := h.fill(t, len(models), func(n int, j *job.Job) { j.Model = models[n] })
	for n, j := range jobs {
		h.expect(t, flowOf(t, j), jobs, n)
	}
}
