package sqlite

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// TestSearch runs with each way of a search: with a bound that no search reaches, and with narrow ones.
func TestSearch(t *testing.T) {
	for _, look := range []int{lookLimit, 7, 1} {
		for name, test := range map[string]func(*testing.T, *DB){
			"words are found in any order":         searchWords,
			"no word is an operator":               searchPlain,
			"a search holds with other filters":    searchTogether,
			"pages of a search join without a gap": searchPages,
			"a search follows writes":              searchErased,
		} {
			t.Run(fmt.Sprint(name, " ", look), func(t *testing.T) {
				db := scratch(t)
				db.look = look
				test(t, db)
			})
		}
	}
}

// fillWith stores n jobs of one owner, a second apart, changed by edit, in an order that is neither theirs nor its reverse.
func fillWith(t *testing.T, db *DB, n int, edit func(n int, j *job.Job)) []job.Job {
	t.Helper()
	jobs := make([]job.Job, n)
	for n := range jobs {
		jobs[n] = order(fmt.Sprintf("job-%03d", n))
		jobs[n].CreatedAt = instant().Add(time.Duration(n) * time.Second)
		edit(n, &jobs[n])
	}
	for _, first := range []int{1, 0} {
		for n := first; n < len(jobs); n += 2 {
			store(t, db, jobs[n])
		}
	}
	return jobs
}

// prompts stores a job for each prompt.
func prompts(t *testing.T, db *DB, prompts ...string) []job.Job {
	t.Helper()
	return fillWith(t, db, len(prompts), func(n int, j *job.Job) { j.Input.Prompt = prompts[n] })
}

// finds pages through a query to its end and compares what is found with jobs picked by their numbers.
func finds(t *testing.T, db *DB, q job.Query, jobs []job.Job, numbers ...int) {
	t.Helper()
	want, got := []string{}, []string{}
	for _, n := range numbers {
		want = append(want, jobs[n].ID)
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	for more := true; more; more = q.After != nil {
		page, next, err := db.List(t.Context(), q)
		if err != nil || len(page) > q.Limit {
			t.Fatalf("a page of %d has %d jobs: %v", q.Limit, len(page), err)
		}
		for _, j := range page {
			got = append(got, j.ID)
		}
		q.After = next
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list of %+v (-want +got):\n%s", q, diff)
	}
}

func searchWords(t *testing.T, db *DB) {
	jobs := prompts(t, db, "a red fox in the snow", "A Fox, red-haired", "a foxglove", "Ärger in Köln", "赤い狐が雪の中に", "a sly ox")
	for words, want := range map[string][]int{
		"fox": {2, 1, 0}, "red fox": {1, 0}, "fox RED": {1, 0}, "fo": {}, "ox": {5}, "arg": {3}, "koln ÄRGER": {3}, "赤い": {4}, "red-haired": {1},
		"wolf": {}, "red wolf": {}, "haired red": {1}, "foxgl": {2},
	} {
		finds(t, db, job.Query{Owner: "local", Words: words}, jobs, want...)
	}
}

// searchPlain has what FTS5, LIKE and other languages of searches know.
func searchPlain(t *testing.T, db *DB) {
	jobs := prompts(t, db, "fox and snow or not", "a near miss", "100% \"loud\" fox*")
	for words, want := range map[string][]int{
		`fox AND snow`: {0}, `fox OR miss`: {}, `NOT fox`: {0}, `miss NEAR a`: {1}, `prompt:fox`: {}, `fox*`: {2, 0}, `"fox`: {2, 0}, `"loud" fox`: {2},
		`(fox`: {2, 0}, `fox)`: {2, 0}, `^fox`: {2, 0}, `-fox`: {2, 0}, `{a}`: {1}, `fox'; --`: {2, 0}, "fox\x00snow": {0}, "fox\xff": {2, 0}, "100%": {2},
		`"`: {}, `!!!`: {}, `* *`: {}, `fox !!!`: {2, 0}, "\t": {},
	} {
		finds(t, db, job.Query{Owner: "local", Words: words}, jobs, want...)
	}
}

func searchTogether(t *testing.T, db *DB) {
	batch, other := "batch", "other"
	jobs := fillWith(t, db, 24, func(n int, j *job.Job) {
		j.Input.Prompt = []string{"a fox", "a hare"}[n%2]
		j.BatchID, j.Position, j.Status, j.Starred = batch, int64(n), job.Statuses[n%3], n%4 == 0
		if n%5 == 0 {
			j.Model = other
		}
	})
	q := job.Query{Owner: "local", Words: "fox", Limit: 2}
	ofModel, starred, queued, within, theirs := q, q, q, q, q
	ofModel.Model, starred.Starred, queued.Statuses, within.BatchID = other, true, []job.Status{job.Queued, job.Queued}, batch
	theirs.Owner = "another"
	finds(t, db, ofModel, jobs, 20, 10, 0)
	finds(t, db, starred, jobs, 20, 16, 12, 8, 4, 0)
	finds(t, db, queued, jobs, 18, 12, 6, 0)
	finds(t, db, within, jobs, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22)
	finds(t, db, theirs, jobs)
	starred.BatchID, starred.Statuses = batch, queued.Statuses
	finds(t, db, starred, jobs, 0, 12)
	theirs.BatchID = batch
	finds(t, db, theirs, jobs)
}

func searchPages(t *testing.T, db *DB) {
	jobs := fillWith(t, db, 40, func(n int, j *job.Job) {
		j.CreatedAt, j.Position = instant(), int64(n/4)
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
		finds(t, db, job.Query{Owner: "local", Words: "fox", Limit: limit}, jobs, want...)
	}
}

// searchErased erases a job for good, and one of which is remembered that it was there. Others are updated.
func searchErased(t *testing.T, db *DB) {
	jobs := prompts(t, db, "a fox", "a fox", "a fox", "a fox")
	q := job.Query{Owner: "local", Words: "fox"}
	for n, until := range map[int]*time.Time{1: nil, 2: minutes(9)} {
		if err := db.Erase(t.Context(), jobs[n].ID, jobs[n].Version, instant(), until); err != nil {
			t.Fatal(err)
		}
	}
	jobs[3].Status, jobs[0].Input.Prompt = job.Running, "a hare" // as of a record that was damaged
	if _, err := db.Update(t.Context(), written(jobs[0], jobs[3])); err != nil {
		t.Fatal(err)
	}
	finds(t, db, q, jobs, 3)
	q.Words = "hare"
	finds(t, db, q, jobs, 0)
}
