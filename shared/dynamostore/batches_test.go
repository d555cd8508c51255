package dynamostore

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// TestBatchRequests holds what is sent against what DynamoDB must be asked for.
func TestBatchRequests(t *testing.T) {
	for name, c := range map[string]struct {
		call func(t *testing.T, s *Store)
		want string
	}{
		"get": {
			func(t *testing.T, s *Store) { _, _, _ = s.GetBatch(t.Context(), "b") },
			`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"batch#b"},"sk":{"S":"-"}},{"pk":{"S":"counters#b"},"sk":{"S":"-"}}]}}}`,
		},
		"list": {
			func(t *testing.T, s *Store) {
				_, _, _, _ = s.ListBatches(t.Context(), "ann", &job.Mark{Created: 1795341600000000, ID: "b"}, 10)
			},
			`Query {"TableName":"jobs","IndexName":"owner","ScanIndexForward":false,"Limit":28,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"owner_pk","#sk":"owner_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"b#ann"},":from":{"S":"0"},":to":{"S":"2026-11-22T10:00:00.000000Z#0000000000000000000#b"}}}`,
		},
		"due": {
			func(t *testing.T, s *Store) {
				_, _ = s.DueBatches(t.Context(), instantOf("2026-11-22T10:00:00Z"), 10)
			},
			`Query {"TableName":"jobs","IndexName":"due","ScanIndexForward":true,"Limit":10,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"due_pk","#sk":"due_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"batches"},":from":{"S":"0"},":to":{"S":"2026-11-22T10:00:00.000000Z"}}}`,
		},
		"spent": {
			func(t *testing.T, s *Store) { _, _ = s.Spent(t.Context(), "ann", "2026-11-22") },
			`GetItem {"TableName":"jobs","Key":{"pk":{"S":"day#2026-11-22#ann"},"sk":{"S":"-"}},"ConsistentRead":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			c.call(t, s)
			w.expect(t, c.want)
		})
	}
}

// TestAHundredBatchesAreListedByThreeRequests wants one query, and two reads of a hundred records each.
func TestAHundredBatchesAreListedByThreeRequests(t *testing.T) {
	f, s := open(t, nil)
	for n := range 100 {
		createBatch(t, s, plainBatch(fmt.Sprintf("b%03d", n)), job.Difference{Next: int64(n)})
	}
	before := f.count("BatchGetItem") + f.count("Query")
	found, counters, more, err := s.ListBatches(t.Context(), "ann", nil, 100)
	if err != nil || len(found) != 100 || more != nil {
		t.Fatalf("%d batches, more %v, %v", len(found), more, err)
	}
	for n := range found {
		if want := int64(99 - n); counters[n].Next != want || counters[n].BatchID != found[n].ID {
			t.Errorf("place %d: counters %+v of %s, want next %d", n, counters[n], found[n].ID, want)
		}
	}
	if got := f.count("BatchGetItem") + f.count("Query") - before; got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

// TestAListOfBatchesTrustsTheRecord changes batches between the look into the index and the look at them.
func TestAListOfBatchesTrustsTheRecord(t *testing.T) {
	f, s := open(t, nil)
	later, gone, remembered := plainBatch("had another life"), plainBatch("gone"), plainBatch("remembered")
	for _, b := range []job.Batch{later, gone, remembered, plainBatch("stays")} {
		createBatch(t, s, b, job.Difference{})
	}
	later.CreatedAt = later.CreatedAt.Add(1e9)
	direct := New(dynamodb.NewFromConfig(f.back), s.table)
	f.rule = on("BatchGetItem", func(r *operation) reply {
		at := later.CreatedAt
		until := at.Add(time.Hour)
		err := errors.Join(
			direct.EraseBatch(t.Context(), gone.ID, job.Condition{}, at, nil),
			direct.EraseBatch(t.Context(), later.ID, job.Condition{}, at, nil),
			direct.EraseBatch(t.Context(), remembered.ID, job.Condition{}, at, &until),
		)
		_, created := direct.Create(t.Context(), job.Transaction{Batch: &later})
		if err = errors.Join(err, created); err != nil {
			t.Error(err)
		}
		return r.pass(r.body)
	})
	found, _, more, err := s.ListBatches(t.Context(), "ann", nil, 10)
	if err != nil || more != nil || len(found) != 1 || found[0].ID != "stays" {
		t.Errorf("found %v, more %v, %v; want what still belongs to the list, stays", found, more, err)
	}
}

// TestAPageOfBatchesThatAreGoneLeadsOn has an index that is behind: of what it names no record is left, or one of the two.
func TestAPageOfBatchesThatAreGoneLeadsOn(t *testing.T) {
	it := encodeBatch(plainBatch("b"))
	half, err := attributevalue.MarshalMapJSON(it)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"", string(half), `{"pk":{"S":"counters#b"}}`} {
		leadsOn(t, left)
	}
}

func leadsOn(t *testing.T, left string) {
	t.Helper()
	_, s := wired(func(op, body string) (int, string) {
		if op == "BatchGetItem" {
			return http.StatusOK, `{"Responses":{"jobs":[` + left + `]}}`
		}
		return http.StatusOK, `{"Items":[` + row(byOwner, "batch#b", "2026-11-22T10:00:00.000000Z#0000000000000000000#b") + `,` +
			row(byOwner, "batch#a", "2026-11-22T10:00:00.000000Z#0000000000000000000#a") + `]}`
	})
	found, _, more, err := s.ListBatches(t.Context(), "ann", nil, 1)
	want := &job.Mark{Created: 1795341600000000, ID: "b"}
	if diff := cmp.Diff(want, more); diff != "" || len(found) != 0 || err != nil {
		t.Errorf("%d found, %v; where to go on (-want +got):\n%s", len(found), err, diff)
	}
}

// TestABatchWithoutCountersIsReadAgain has a batch that is erased between the looks at its two items, and counters that
// come late.
func TestABatchWithoutCountersIsReadAgain(t *testing.T) {
	const batch, counters = `{"pk":{"S":"batch#b"},"id":{"S":"b"}}`, `{"pk":{"S":"counters#b"},"next":{"N":"5"}}`
	for name, c := range map[string]struct {
		reads []string
		want  error
	}{
		"erased":    {[]string{batch, ""}, job.ErrNotFound},
		"late":      {[]string{batch, batch, batch + "," + counters}, nil},
		"never":     {slices.Repeat([]string{batch}, refusals), job.ErrNotFound},
		"left over": {[]string{counters}, job.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			_, s := wired(func(string, string) (int, string) {
				asked++
				return http.StatusOK, `{"Responses":{"jobs":[` + c.reads[asked-1] + `]}}`
			})
			_, found, err := s.GetBatch(t.Context(), "b")
			if !errors.Is(err, c.want) || err == nil && found.Next != 5 || asked != len(c.reads) {
				t.Errorf("next %d, %v after %d reads", found.Next, err, asked)
			}
		})
	}
}

// TestWhatIsRememberedOfABatchEnds frees an ID that DynamoDB has not freed yet.
func TestWhatIsRememberedOfABatchEnds(t *testing.T) {
	_, s := open(t, nil)
	until := instantOf("2026-11-23T10:00:00.0005Z")
	createBatch(t, s, plainBatch("b"), job.Difference{})
	if err := s.EraseBatch(t.Context(), "b", job.Condition{}, until.Add(-time.Hour), &until); err != nil {
		t.Fatal(err)
	}
	if err := s.EraseBatch(t.Context(), "b", job.Condition{}, until.Add(-time.Microsecond), nil); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("before its end: %v, want ErrNotFound", err)
	}
	if _, _, err := s.GetBatch(t.Context(), "b"); err != nil {
		t.Errorf("before its end it is gone: %v", err)
	}
	if err := s.EraseBatch(t.Context(), "b", job.Condition{}, until, nil); err != nil {
		t.Errorf("at its end: %v", err)
	}
	createBatch(t, s, plainBatch("b"), job.Difference{})
	if err := s.EraseBatch(t.Context(), "b", job.Condition{Models: []string{"core"}}, until, nil); !errors.Is(err, job.ErrCounters) {
		t.Errorf("of the batch that was made anew: %v, want ErrCounters", err)
	}
}

// TestNothingThatAPersonWroteAboutABatchIsInAnIndex looks at what is added to the members of a batch.
func TestNothingThatAPersonWroteAboutABatchIsInAnIndex(t *testing.T) {
	it := encodeBatch(plainBatch("b"))
	var found []string
	for _, name := range slices.Sorted(maps.Keys(it)) {
		if slices.Contains(derived(), name) {
			found = append(found, name)
			if strings.Contains(textOf(it, name), secretPrompt) {
				t.Errorf("%s is %q", name, textOf(it, name))
			}
		}
	}
	if diff := cmp.Diff([]string{"owner_pk", "owner_sk"}, found); diff != "" {
		t.Errorf("derived attributes (-want +got):\n%s", diff)
	}
}
