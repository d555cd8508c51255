package jobtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// Budgets runs the contract of job.Budgets. The two ports that open returns are of one store.
func Budgets(t *testing.T, open func(t *testing.T) (job.Budgets, job.Batches)) {
	for name, test := range map[string]func(*testing.T, books){
		"an entry survives a round trip":          postRoundTrip,
		"a name may have 512 bytes":               postLongName,
		"amounts add up":                          postSums,
		"the limit is exact":                      postLimit,
		"what costs nothing is never refused":     postNothing,
		"an entry without a day touches none":     postNoDay,
		"owners and days do not mix":              postApart,
		"an unknown day is empty":                 postUnknown,
		"a batch is written with the entry":       postBatch,
		"a batch of another version stops it all": postConflict,
		"a batch that is not there stops it all":  postMissing,
		"a full day leaves the batch alone":       postRefused,
		"a name that is there is looked at first": postExists,
		"a batch is looked at before the day":     postOrder,
		"a race does not exceed the limit":        postRaceLimit,
		"a race loses no amount":                  postRaceSum,
		"a race for one name posts one":           postRaceName,
		"a race for one batch posts one":          postRaceBatch,
		"a context that has ended posts nothing":  postEndedContext,
		"a day may hold more than 32 bits":        postLarge,
	} {
		t.Run(name, func(t *testing.T) {
			b, r := open(t)
			test(t, books{b, r})
		})
	}
}

// books are the ports under test with what is often asked of them.
type books struct {
	job.Budgets
	batches job.Batches
}

// today is the day of the samples.
const today = "2041-05-06"

// amount is an entry of an owner's day.
func amount(owner string, micro, limit int64) job.Entry {
	return job.Entry{
		Name: fresh("entry"), Owner: owner, Day: today, Amount: micro, Limit: limit,
		Fingerprint: "first", At: day,
	}
}

// hard are owners of whom a key can be made wrongly: long ones that differ at their end, and ones with the marks between
// the fields of a key.
func hard() []string {
	name := fresh("owner")
	long := name + strings.Repeat("x", 1999-len(name))
	return []string{name, name + "#", name + "#" + today, name + "#" + today + "#1", long + "y", long + "z", "語/" + name + "%\"\\"}
}

// takes posts an entry that must be taken, or ends the test.
func (b books) takes(t *testing.T, e job.Entry, batch *job.Batch) {
	t.Helper()
	got, err := b.Post(t.Context(), e, batch)
	if err != nil {
		t.Fatalf("post of %d: %v", e.Amount, err)
	}
	want := job.Posted{Entry: e}
	if batch != nil {
		want.Batch = *batch
		want.Batch.Version++
		seesBatch(t, b.batches, want.Batch)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
}

// refuses posts an entry that must not be taken. The batch and the day stay as they are.
func (b books) refuses(t *testing.T, e job.Entry, batch *job.Batch, want error) job.Posted {
	t.Helper()
	before := b.total(t, e.Owner, today)
	got, err := b.Post(t.Context(), e, batch)
	if !errors.Is(err, want) {
		t.Errorf("post of %d: %v, want %v", e.Amount, err, want)
	}
	if after := b.total(t, e.Owner, today); after != before {
		t.Errorf("a refused post changed the day from %d to %d", before, after)
	}
	return got
}

func (b books) total(t *testing.T, owner, day string) int64 {
	t.Helper()
	n, err := b.Spent(t.Context(), owner, day)
	if err != nil {
		t.Fatalf("spent: %v", err)
	}
	return n
}

func (b books) spent(t *testing.T, owner, day string, want int64) {
	t.Helper()
	if got := b.total(t, owner, day); got != want {
		t.Errorf("spent on %s: %d, want %d", day, got, want)
	}
}

func postRoundTrip(t *testing.T, b books) {
	e := sample[job.Entry]()
	e.Name, e.Day, e.Limit = fresh("entry"), today, e.Amount
	b.takes(t, e, nil)
	again := amount(e.Owner, 1, 0)
	again.Name = e.Name
	got := b.refuses(t, again, nil, job.ErrExists)
	if diff := cmp.Diff(e, got.Entry); diff != "" {
		t.Errorf("the entry that was there (-want +got):\n%s", diff)
	}
}

func postLongName(t *testing.T, b books) {
	owner, prefix := fresh("owner"), fresh("entry#/")
	prefix += strings.Repeat("x", 511-len(prefix))
	for _, last := range []string{"y", "z"} {
		e := amount(owner, 1, 0)
		e.Name = prefix + last
		b.takes(t, e, nil)
	}
	b.spent(t, owner, today, 2)
}

func postSums(t *testing.T, b books) {
	owner, sum := fresh("owner"), int64(0)
	for _, micro := range []int64{40_000, 1, -30_001, 0, -20_000, 7} {
		b.takes(t, amount(owner, micro, 0), nil)
		sum += micro
		b.spent(t, owner, today, sum)
	}
}

func postLimit(t *testing.T, b books) {
	owner := fresh("owner")
	first := amount(owner, 1001, 1000)
	b.refuses(t, first, nil, job.ErrBudget)
	b.takes(t, amount(owner, 400, 1000), nil)
	b.refuses(t, amount(owner, 601, 1000), nil, job.ErrBudget)
	b.takes(t, amount(owner, 600, 1000), nil)
	b.refuses(t, amount(owner, 1, 1000), nil, job.ErrBudget)
	b.takes(t, amount(owner, 1, 1001), nil)
	b.takes(t, amount(owner, -1001, 1000), nil)
	first.Amount = 1000 // a refused name is free
	b.takes(t, first, nil)
	b.spent(t, owner, today, 1000)
}

func postNothing(t *testing.T, b books) {
	owner := fresh("owner")
	b.takes(t, amount(owner, -50, 10), nil)
	b.takes(t, amount(owner, 60, 10), nil)
	b.takes(t, amount(owner, 990, 0), nil)
	b.takes(t, amount(owner, 0, 10), nil)
	b.takes(t, amount(owner, -100, 10), nil)
	b.refuses(t, amount(owner, 1, 10), nil, job.ErrBudget)
	b.spent(t, owner, today, 900)
}

func postNoDay(t *testing.T, b books) {
	owner := fresh("owner")
	e := amount(owner, 100, 10)
	e.Day = ""
	b.takes(t, e, nil)
	b.spent(t, owner, "", 0)
	b.spent(t, owner, today, 0)
	e.Day = today
	b.refuses(t, e, nil, job.ErrExists)
}

func postApart(t *testing.T, b books) {
	const tomorrow = "2041-05-07"
	owners := hard()
	for n, owner := range owners {
		mine := int64(n + 1)
		b.takes(t, amount(owner, mine, mine), nil)
		e := amount(owner, 10*mine, 10*mine)
		e.Day = tomorrow
		b.takes(t, e, nil)
		b.refuses(t, amount(owner, 1, mine), nil, job.ErrBudget)
	}
	for n, owner := range owners {
		b.spent(t, owner, today, int64(n+1))
		b.spent(t, owner, tomorrow, 10*int64(n+1))
	}
	b.spent(t, owners[0][:len(owners[0])-1], today, 0)
}

func postUnknown(t *testing.T, b books) {
	owner := fresh("owner")
	b.spent(t, owner, today, 0)
	b.takes(t, amount(owner, 5, 0), nil)
	b.spent(t, owner, "2041-05-05", 0)
	b.spent(t, fresh("owner"), today, 0)
}

func postLarge(t *testing.T, b books) {
	const all = 1<<52 + 1
	owner := fresh("owner")
	b.takes(t, amount(owner, all, all), nil)
	b.spent(t, owner, today, all)
	b.refuses(t, amount(owner, 1, all), nil, job.ErrBudget)
}

func postEndedContext(t *testing.T, b books) {
	owner := fresh("owner")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, posted := b.Post(ctx, amount(owner, 1, 0), nil)
	_, spent := b.Spent(ctx, owner, today)
	for call, err := range map[string]error{"post": posted, "spent": spent} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", call, err)
		}
	}
	b.spent(t, owner, today, 0)
}
