package dynamostore

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// TestAListOfBatchesTrustsTheRecord changes batches between the look into the index and the look at them.
func TestAListOfBatchesTrustsTheRecord(t *testing.T) {
	f, s := open(t, nil)
	later, gone, other := plainBatch("had another life"), plainBatch("gone"), plainBatch("of another owner now")
	for _, b := range []job.Batch{later, gone, other, plainBatch("stays")} {
		if _, err := s.CreateBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	later.CreatedAt = later.CreatedAt.Add(1e9)
	other.Owner = "bob"
	direct := New(dynamodb.NewFromConfig(f.back), s.table, Options{})
	f.rule = on("BatchGetItem", func(r *request) reply {
		erased := errors.Join(direct.EraseBatch(t.Context(), gone.ID, 1), direct.EraseBatch(t.Context(), later.ID, 1))
		_, created := direct.CreateBatch(t.Context(), later)
		_, updated := direct.UpdateBatch(t.Context(), other)
		if err := errors.Join(erased, created, updated); err != nil {
			t.Error(err)
		}
		return r.pass(r.body)
	})
	found, more, err := s.ListBatches(t.Context(), "ann", nil, 10)
	if err != nil || more != nil || len(found) != 1 || found[0].ID != "stays" {
		t.Errorf("found %v, more %v, %v; want what still belongs to the list, stays", found, more, err)
	}
}

// TestAPageOfBatchesThatAreGoneLeadsOn has an index that is behind: no record is left of what it names.
func TestAPageOfBatchesThatAreGoneLeadsOn(t *testing.T) {
	_, s := wired(func(op, body string) (int, string) {
		if op == "BatchGetItem" {
			return http.StatusOK, `{"Responses":{}}`
		}
		return http.StatusOK, `{"Items":[` + row(byOwner, "batch#b", "2026-11-22T10:00:00.000000Z#0000000000000000000#b") + `,` +
			row(byOwner, "batch#a", "2026-11-22T10:00:00.000000Z#0000000000000000000#a") + `]}`
	})
	found, more, err := s.ListBatches(t.Context(), "ann", nil, 1)
	want := &job.Mark{Created: 1795341600000000, ID: "b"}
	if diff := cmp.Diff(want, more); diff != "" || len(found) != 0 || err != nil {
		t.Errorf("%d found, %v; where to go on (-want +got):\n%s", len(found), err, diff)
	}
}

// TestACountReadsToTheEnd has DynamoDB send each partition in three pages, one of them empty.
func TestACountReadsToTheEnd(t *testing.T) {
	const more = `,"LastEvaluatedKey":{"pk":{"S":%q},"batch_pk":{"S":"x"},"batch_sk":{"S":"x"}}`
	w, s := wired(func(_, body string) (int, string) {
		switch {
		case !strings.Contains(body, "ExclusiveStartKey"):
			return http.StatusOK, `{"Items":[` + state("queued", 0) + `,` + state("failed", 40_000) + `]` + fmt.Sprintf(more, "first") + `}`
		case strings.Contains(body, `"first"`):
			return http.StatusOK, `{"Items":[]` + fmt.Sprintf(more, "second") + `}`
		}
		return http.StatusOK, `{"Items":[` + state("failed", 5) + `,{"batch_sk":{"S":"running#0#a"}}]}`
	})
	got, err := s.CountJobs(t.Context(), "b")
	want := job.Tally{
		Counts: map[job.Status]int64{job.Queued: shards, job.Failed: 2 * shards, job.Running: shards}, Cost: shards * 40_005,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("counted (-want +got), %v:\n%s", err, diff)
	}
	if len(w.sent) != 3*shards {
		t.Errorf("%d requests, want %d", len(w.sent), 3*shards)
	}
}

// state is an entry of the batch's index.
func state(status string, cost int) string {
	return fmt.Sprintf(`{"batch_sk":{"S":"%s#0000000000000000000#a"},"cost_micro_usd":{"N":"%d"}}`, status, cost)
}

func TestACostOfAnotherFormIsAnError(t *testing.T) {
	_, s := wired(func(string, string) (int, string) {
		return http.StatusOK, `{"Items":[{"batch_sk":{"S":"failed#0#a"},"cost_micro_usd":{"N":"0.5"}}]}`
	})
	if _, err := s.CountJobs(t.Context(), "b"); err == nil || !strings.Contains(err.Error(), "cost_micro_usd") {
		t.Errorf("%v, want what is wrong with the cost", err)
	}
}

// TestFindAsksAgainForWhatWasLeft has DynamoDB read one record at a time.
func TestFindAsksAgainForWhatWasLeft(t *testing.T) {
	f, s := open(t, nil)
	if _, err := s.Create(t.Context(), three()); err != nil {
		t.Fatal(err)
	}
	f.rule = func(r *request) reply {
		if r.op != "BatchGetItem" {
			return r.pass(r.body)
		}
		now, later, _ := halves(t, r.body, 1)
		out := r.pass(now)
		out.body = replaced(t, out.body, `"UnprocessedKeys": {}`, `"UnprocessedKeys": `+later)
		return out
	}
	found, err := s.Find(t.Context(), []string{"a", "b", "c", "d"})
	slices.SortFunc(found, func(a, b job.Job) int { return strings.Compare(a.ID, b.ID) })
	if err != nil || !slices.Equal(ids(found), []string{"a", "b", "c"}) || f.count("BatchGetItem") != 4 {
		t.Errorf("found %v, %v, after %d requests; want a, b and c after 4", ids(found), err, f.count("BatchGetItem"))
	}
}

func TestFindAsksNothingForNothing(t *testing.T) {
	w, s := wired(nil)
	if found, err := s.Find(t.Context(), []string{""}); len(found) != 0 || err != nil {
		t.Errorf("%d found, %v", len(found), err)
	}
	w.expect(t)
}
