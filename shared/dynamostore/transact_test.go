package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// outcome is what becomes of one item of a transaction: a code, and the item that stood in a condition's way.
type outcome struct {
	Code string
	Item json.RawMessage `json:",omitempty"`
}

func fine() outcome { return outcome{Code: none} }

func barring(it string) outcome {
	if it == "" {
		return outcome{Code: conditionFailed}
	}
	return outcome{conditionFailed, json.RawMessage(it)}
}

// canceledBy is a transaction that failed for such outcomes. Its messages quote the record.
func canceledBy(outcomes ...outcome) reply {
	body, _ := json.Marshal(map[string]any{
		"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "Transaction cancelled " + secretPrompt,
		"CancellationReasons": outcomes,
	})
	return reply{status: http.StatusBadRequest, body: body}
}

// once answers the first request with a reply and all others with success.
func once(r reply) func(string, string) (int, string) {
	asked := 0
	return func(string, string) (int, string) {
		if asked++; asked == 1 {
			return r.status, string(r.body)
		}
		return http.StatusOK, "{}"
	}
}

// Items that stand in the way.
const (
	other    = `{"pk":{"S":"a"},"id":{"S":"a"},"version":{"N":"5"},"write_id":{"S":"another"}}`
	noJob    = `{"pk":{"S":"a"},"next":{"N":"5"}}`
	figures7 = `{"pk":{"S":"counters#b"},"queued":{"N":"7"}}`
)

// TestTheFirstErrorOfATransactionIsTold has two jobs, counters and a day, of which each may stand in the way or not be
// looked at.
func TestTheFirstErrorOfATransactionIsTold(t *testing.T) {
	held, throttled := outcome{Code: "TransactionConflict"}, outcome{Code: "ThrottlingError"}
	for name, c := range map[string]struct {
		first, second, counters, day outcome
		want                         error // nil: the repetition succeeds
		seen                         string
	}{
		"a conflict":                                 {barring(other), fine(), fine(), fine(), job.ErrConflict, "jobs a"},
		"a missing job":                              {fine(), barring(""), fine(), fine(), job.ErrNotFound, "missing b"},
		"what is no job":                             {barring(noJob), fine(), fine(), fine(), job.ErrNotFound, "missing a"},
		"a conflict before a missing job":            {barring(""), barring(other), fine(), fine(), job.ErrConflict, "jobs a missing a"},
		"a conflict before counters and a day":       {barring(other), fine(), barring(figures7), barring(""), job.ErrConflict, "jobs a queued 7"},
		"a missing job before counters":              {barring(""), fine(), barring(figures7), fine(), job.ErrNotFound, "missing a queued 7"},
		"counters":                                   {fine(), fine(), barring(figures7), fine(), job.ErrCounters, "queued 7"},
		"no counters":                                {fine(), fine(), barring(""), barring(""), job.ErrCounters, ""},
		"a day":                                      {fine(), fine(), fine(), barring(""), job.ErrBudget, ""},
		"a conflict though a job is held":            {held, barring(other), fine(), fine(), job.ErrConflict, "jobs a"},
		"a missing job though counters are held":     {fine(), barring(""), held, fine(), job.ErrNotFound, "missing b"},
		"counters though a day is throttled":         {fine(), fine(), barring(figures7), throttled, job.ErrCounters, "queued 7"},
		"a held job is looked at before a missing":   {held, barring(""), fine(), fine(), nil, ""},
		"a held job is looked at before counters":    {held, fine(), barring(figures7), fine(), nil, ""},
		"held counters are looked at before the day": {fine(), fine(), held, barring(""), nil, ""},
		"a held day":                                 {fine(), fine(), fine(), held, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(once(canceledBy(c.first, c.second, c.counters, c.day)))
			d := claim()
			there, err := s.Update(t.Context(), job.Transaction{
				WriteID: "w", Jobs: []job.Job{plainJob("a"), plainJob("b")}, Counters: &d, Day: charge(),
			})
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if diff := cmp.Diff(c.seen, shown(there)); diff != "" {
				t.Errorf("in the way (-want +got):\n%s", diff)
			}
			if want := map[bool]int{true: 2, false: 1}[c.want == nil]; len(w.sent) != want {
				t.Errorf("%d requests, want %d", len(w.sent), want)
			}
		})
	}
}

// shown is what an obstacle holds.
func shown(o job.Obstacle) string {
	var all []string
	if o.Batch != nil {
		all = append(all, "batch "+o.Batch.ID)
	}
	if o.Append != nil {
		all = append(all, "request "+o.Append.Name)
	}
	if len(o.Jobs) > 0 {
		all = append(all, "jobs "+strings.Join(ids(o.Jobs), ","))
	}
	if len(o.Missing) > 0 {
		all = append(all, "missing "+strings.Join(o.Missing, ","))
	}
	if o.Counters != nil {
		all = append(all, fmt.Sprint("queued ", o.Counters.Queued))
	}
	return strings.Join(all, " ")
}

// TestTheFirstErrorOfACreationIsTold has a batch, its counters, a request and a job.
func TestTheFirstErrorOfACreationIsTold(t *testing.T) {
	held := outcome{Code: "TransactionConflict"}
	batchThere, requestThere := `{"pk":{"S":"batch#b"},"id":{"S":"b"}}`, `{"pk":{"S":"append#b/1"},"name":{"S":"b/1"}}`
	for name, c := range map[string]struct {
		batch, counters, request, job outcome
		want                          error
		seen                          string
	}{
		"a batch":                          {barring(batchThere), barring(figures7), fine(), fine(), job.ErrExists, "batch b queued 7"},
		"a request":                        {fine(), fine(), barring(requestThere), barring(other), job.ErrExists, "request b/1 jobs a"},
		"a job":                            {fine(), barring(figures7), fine(), barring(other), job.ErrExists, "jobs a queued 7"},
		"counters":                         {fine(), barring(figures7), fine(), fine(), job.ErrCounters, "queued 7"},
		"a held batch comes before a job":  {held, fine(), fine(), barring(other), nil, ""},
		"a job comes before held counters": {fine(), held, fine(), barring(other), job.ErrExists, "jobs a"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(once(canceledBy(c.batch, c.request, c.job, c.counters)))
			b := plainBatch("b")
			there, err := s.Create(t.Context(), job.Transaction{
				WriteID: "w", Jobs: []job.Job{plainJob("a")}, Batch: &b, Append: &job.Append{Name: "b/1"}, Counters: &job.Difference{BatchID: "b"},
			})
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || shown(there) != c.seen {
				t.Errorf("%v with %q after %d requests, want %v with %q", err, shown(there), len(w.sent), c.want, c.seen)
			}
		})
	}
}

// writers are the calls that write, each with counters where it has some.
func writers(s *Store) map[string]func(ctx context.Context) error {
	d, b, until := claim(), plainBatch("b"), instantOf("2026-11-23T10:00:00Z")
	one := []job.Job{plainJob("a")}
	return map[string]func(ctx context.Context) error{
		"create one":     func(ctx context.Context) error { _, err := s.Create(ctx, job.Transaction{Jobs: one}); return err },
		"create a batch": func(ctx context.Context) error { _, err := s.Create(ctx, job.Transaction{Batch: &b}); return err },
		"update one":     func(ctx context.Context) error { _, err := s.Update(ctx, job.Transaction{Jobs: one}); return err },
		"update": func(ctx context.Context) error {
			_, err := s.Update(ctx, job.Transaction{Jobs: one, Counters: &d})
			return err
		},
		"amend":       func(ctx context.Context) error { _, err := s.Amend(ctx, d); return err },
		"erase":       func(ctx context.Context) error { return s.Erase(ctx, "a", 1, until, nil) },
		"erase batch": func(ctx context.Context) error { return s.EraseBatch(ctx, "b", job.Condition{}, until, &until) },
	}
}

// refusing is DynamoDB that refuses every write: a transaction for an item in it, any other for itself.
func refusing(op, _ string) (int, string) {
	r := refuse("TransactionConflictException", "conflict")
	if op == "TransactWriteItems" {
		r = canceledBy(fine(), outcome{Code: "TransactionConflict"})
	}
	return r.status, string(r.body)
}

// TestWritesAreRepeatedUntilTheContextEnds has a deadline after 1.99 s, with a pause of 100 ms, and none.
func TestWritesAreRepeatedUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := wired(refusing)
		s.backoff = func(int) time.Duration { return 100 * time.Millisecond }
		for name, write := range writers(s) {
			for _, bounded := range []bool{true, false} {
				ctx, want, says := t.Context(), refusals, "in a row"
				if bounded {
					withDeadline, cancel := context.WithTimeout(ctx, 1990*time.Millisecond)
					defer cancel()
					ctx, want, says = withDeadline, 20, context.DeadlineExceeded.Error()
				}
				w.sent = nil
				err := write(ctx)
				if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "TransactionConflict") {
					t.Errorf("%s, with a deadline %v: %v", name, bounded, err)
				}
				if len(w.sent) != want {
					t.Errorf("%s, with a deadline %v: %d requests, want %d", name, bounded, len(w.sent), want)
				}
				w.expect(t, slices.Repeat(w.sent[:1], want)...)
			}
		}
	})
}

// TestWritesThatWereRefusedSucceed has every kind of refusal, once. The SDK repeats some of them after a pause.
func TestWritesThatWereRefusedSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, code := range busy {
			w, s := wired(nil)
			for name, write := range writers(s) {
				asked := 0
				w.answer = func(op, _ string) (int, string) {
					if asked++; asked > 1 {
						return http.StatusOK, "{}"
					}
					r := refuse(code, "refused")
					if op == "TransactWriteItems" {
						r = canceledBy(outcome{Code: code}, fine())
					}
					return r.status, string(r.body)
				}
				if err := write(t.Context()); err != nil || asked != 2 {
					t.Errorf("%s after %s: %v, %d requests", name, code, err, asked)
				}
			}
		}
	})
}

func TestAnswersThatAreNotUnderstoodAreErrors(t *testing.T) {
	for says, r := range map[string]reply{
		"ValidationError":       canceledBy(barring(other), outcome{Code: "ValidationError"}),
		"1 reasons for 2 items": canceledBy(fine()),
		"without a reason":      canceledBy(fine(), fine()),
	} {
		w, s := wired(func(string, string) (int, string) { return r.status, string(r.body) })
		_, err := s.Update(t.Context(), job.Transaction{WriteID: "w", Jobs: []job.Job{plainJob("a"), plainJob("b")}})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secretPrompt) || len(w.sent) != 1 {
			t.Errorf("%v after %d requests, want %q", err, len(w.sent), says)
		}
	}
}
