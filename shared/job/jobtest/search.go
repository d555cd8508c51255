package jobtest

import (
	"slices"
	"testing"

	"easel/shared/job"
)

// Search runs the contract of job.Index for one that knows the words of prompts.
func Search(t *testing.T, open func(t *testing.T) IndexHarness) {
	suite(t, open, map[string]func(*testing.T, IndexHarness){
		"words are found in any order":         searchWords,
		"no word is an operator":               searchPlain,
		"a search holds with other filters":    searchTogether,
		"pages of a search join without a gap": searchPages,
		"a search follows writes":              searchErased,
	})
}

// prompts stores a job for each prompt.
func (h IndexHarness) prompts(t *testing.T, prompts ...string) []job.Job {
	t.Helper()
	return h.fill(t, len(prompts), func(n int, j *job.Job) { j.Input.Prompt = prompts[n] })
}

func searchWords(t *testing.T, h IndexHarness) {
	jobs := h.prompts(t, "a red fox in the snow", "A Fox, red-haired", "a foxglove", "Ärger in Köln", "赤い狐が雪の中に", "a sly ox")
	for words, want := range map[string][]int{
		"fox": {2, 1, 0}, "red fox": {1, 0}, "fox RED": {1, 0}, "fo": {}, "ox": {5}, "arg": {3}, "koln ÄRGER": {3}, "赤い": {4}, "red-haired": {1},
		"wolf": {}, "red wolf": {}, "haired red": {1}, "foxgl": {2},
	} {
		h.expect(t, job.Query{Owner: jobs[0].Owner, Words: words}, jobs, want...)
	}
}

// searchPlain has what FTS5, LIKE and other languages of searches know.
func searchPlain(t *testing.T, h IndexHarness) {
	jobs := h.prompts(t, "fox and snow or not", "a near miss", "100% \"loud\" fox*")
	for words, want := range map[string][]int{
		`fox AND snow`: {0}, `fox OR miss`: {}, `NOT fox`: {0}, `miss NEAR a`: {1}, `prompt:fox`: {}, `fox*`: {2, 0}, `"fox`: {2, 0}, `"loud" fox`: {2},
		`(fox`: {2, 0}, `fox)`: {2, 0}, `^fox`: {2, 0}, `-fox`: {2, 0}, `{a}`: {1}, `fox'; --`: {2, 0}, "fox\x00snow": {0}, "fox\xff": {2, 0}, "100%": {2},
		`"`: {}, `!!!`: {}, `* *`: {}, `fox !!!`: {2, 0}, "\t": {},
	} {
		h.expect(t, job.Query{Owner: jobs[0].Owner, Words: words}, jobs, want...)
	}
}

func searchTogether(t *testing.T, h IndexHarness) {
	batch, other := fresh("batch"), fresh("model")
	jobs := h.fill(t, 24, func(n int, j *job.Job) {
		j.Input.Prompt = []string{"a fox", "a hare"}[n%2]
		j.BatchID, j.Position, j.Status, j.Starred = batch, int64(n), job.Statuses[n%3], n%4 == 0
		if n%5 == 0 {
			j.Model = other
		}
	})
	q := job.Query{Owner: jobs[0].Owner, Words: "fox", Limit: 2}
	ofModel, starred, queued, within, theirs := q, q, q, q, q
	ofModel.Model, starred.Starred, queued.Statuses, within.BatchID = other, true, []job.Status{job.Queued, job.Queued}, batch
	theirs.Owner = fresh("owner")
	h.expect(t, ofModel, jobs, 20, 10, 0)
	h.expect(t, starred, jobs, 20, 16, 12, 8, 4, 0)
	h.expect(t, queued, jobs, 18, 12, 6, 0)
	h.expect(t, within, jobs, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22)
	h.expect(t, theirs, jobs)
	starred.BatchID, starred.Statuses = batch, queued.Statuses
	h.expect(t, starred, jobs, 0, 12)
	theirs.BatchID = batch
	h.expect(t, theirs, jobs)
}

func searchPages(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 40, func(n int, j *job.Job) {
		j.CreatedAt, j.Position = sampleTime, int64(n/4)
		if n%3 > 0 {
			j.Input.Prompt = "a fox"
		}
	})
	var want []int
	for n := range slices.Backward(jobs) {
		if n%3 > 0 {
			want = append(want, n)
		}
	}
	for _, limit := range []int{1, 7, 100} {
		h.expect(t, job.Query{Owner: jobs[0].Owner, Words: "fox", Limit: limit}, jobs, want...)
	}
}

// searchErased erases a job for good, and one of which is remembered that it was there. Others are updated.
func searchErased(t *testing.T, h IndexHarness) {
	jobs := h.prompts(t, "a fox", "a fox", "a fox", "a fox")
	q := job.Query{Owner: jobs[0].Owner, Words: "fox"}
	erase(t, h.Store, jobs[1], nil)
	erase(t, h.Store, jobs[2], moment(9))
	jobs[3].Status, jobs[0].Input.Prompt = job.Running, "a hare" // as of a record that was damaged
	updateOne(t, h.Store, jobs[0])
	updateOne(t, h.Store, jobs[3])
	h.settle(t)
	h.expect(t, q, jobs, 3)
	q.Words = "hare"
	h.expect(t, q, jobs, 0)
}
