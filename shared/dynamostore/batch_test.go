package dynamostore

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// plainBatch is a batch without anything that is optional.
func plainBatch(id string) job.Batch {
	day := instantOf("2026-11-22T10:00:00Z")
	return job.Batch{V: 1, ID: id, Version: 1, Owner: "ann", CreatedAt: day, AppendedAt: day, Name: secretPrompt}
}

// fullBatch has everything that makes a derived attribute.
func fullBatch(id string) job.Batch {
	b := plainBatch(id)
	due, end := instantOf("2026-11-22T11:00:00Z"), instantOf("2026-11-23T10:00:00Z")
	b.Due, b.ExpiresAt = &due, &end
	b.Metadata = map[string]string{"": secretPrompt}
	b.Parts = map[string]job.Part{"core": {Jobs: 2, Cost: 80_000, Due: due}}
	return b
}

// TestBatchRequests holds what is sent against what DynamoDB must be asked for.
func TestBatchRequests(t *testing.T) {
	const versioned = `"ConditionExpression":"#version = :expected","ExpressionAttributeNames":{"#version":"version"},
		"ExpressionAttributeValues":{":expected":{"N":"7"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`
	for name, c := range map[string]struct {
		call func(t *testing.T, s *Store)
		want string
	}{
		"get": {
			func(t *testing.T, s *Store) { _, _ = s.GetBatch(t.Context(), "b") },
			`GetItem {"TableName":"jobs","Key":{"pk":{"S":"batch#b"}},"ConsistentRead":true}`,
		},
		"erase": {
			func(t *testing.T, s *Store) { _ = s.EraseBatch(t.Context(), "b", 7) },
			`TransactWriteItems {"TransactItems":[{"Delete":{"TableName":"jobs","Key":{"pk":{"S":"batch#b"}},` + versioned + `}},
				{"Delete":{"TableName":"jobs","Key":{"pk":{"S":"tally#b"}}}}]}`,
		},
		"find": {
			func(t *testing.T, s *Store) {
				_, _ = s.Find(t.Context(), []string{"b", "", "a", strings.Repeat("x", 600), "b"})
			},
			`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"b"}},{"pk":{"S":"a"}}]}}}`,
		},
		"list": {
			func(t *testing.T, s *Store) {
				_, _, _ = s.ListBatches(t.Context(), "ann", &job.Mark{Created: 1795341600000000, ID: "b"}, 10)
			},
			`Query {"TableName":"jobs","IndexName":"owner","ScanIndexForward":false,"Limit":28,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"owner_pk","#sk":"owner_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"b#ann"},":from":{"S":"0"},":to":{"S":"2026-11-22T10:00:00.000000Z#0000000000000000000#b"}}}`,
		},
		"due": {
			func(t *testing.T, s *Store) {
				_, _ = s.DueBatches(t.Context(), instantOf("2026-11-22T10:00:00Z"), 10)
			},
			`Query {"TableName":"jobs","IndexName":"due","ScanIndexForward":true,"Limit":28,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"due_pk","#sk":"due_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"batches"},":from":{"S":"0"},":to":{"S":"2026-11-22T10:00:00.000000Z$"}}}`,
		},
		"count": {
			func(t *testing.T, s *Store) { _, _ = s.tallied(t.Context(), "3#b") },
			`Query {"TableName":"jobs","IndexName":"batch","KeyConditionExpression":"#pk = :pk","ProjectionExpression":"#sk, #cost",
				"ExpressionAttributeNames":{"#pk":"batch_pk","#sk":"batch_sk","#cost":"cost_micro_usd"},
				"ExpressionAttributeValues":{":pk":{"S":"3#b"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			c.call(t, s)
			w.expect(t, c.want)
		})
	}
}

func TestATallyIsWrittenOnConditionAndEnds(t *testing.T) {
	w, s := wired(nil)
	tally := job.Tally{Version: 7, Counts: map[job.Status]int64{job.Failed: 2}, Cost: 80_000}
	doc, err := json.Marshal(tally)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.SetTally(t.Context(), "b", tally); got.Version != 8 || err != nil {
		t.Fatalf("version %d, %v", got.Version, err)
	}
	w.expect(t, fmt.Sprintf(`PutItem {"TableName":"jobs","Item":{"pk":{"S":"tally#b"},"version":{"N":"8"},"ttl":{"N":"1803117600"},"doc":{"S":%q}},
		"ConditionExpression":"#version = :expected","ExpressionAttributeNames":{"#version":"version"},
		"ExpressionAttributeValues":{":expected":{"N":"7"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, doc))
}

func TestABatchIsCreatedOnCondition(t *testing.T) {
	w, s := wired(nil)
	b := fullBatch("b")
	if _, err := s.CreateBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := parsed(t, w.sent[0]).(map[string]any)["PutItem"].(map[string]any)
	if got["ConditionExpression"] != "attribute_not_exists(pk)" || got["ReturnValuesOnConditionCheckFailure"] != "ALL_OLD" {
		t.Errorf("created by %s", w.sent[0])
	}
	want := parsed(t, `Item {"pk":{"S":"batch#b"},"id":{"S":"b"},"owner_pk":{"S":"b#ann"},
		"owner_sk":{"S":"2026-11-22T10:00:00.000000Z#0000000000000000000#b"},"due_pk":{"S":"batches"},
		"due_sk":{"S":"2026-11-22T11:00:00.000000Z#-#b"},"ttl":{"N":"1795428000"},
		"metadata":{"M":{"_":{"S":"`+secretPrompt+`"}}},"canceled_at":{"NULL":true}}`).(map[string]any)["Item"].(map[string]any)
	for name, value := range want {
		if diff := cmp.Diff(value, got["Item"].(map[string]any)[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestABatchIsUpdatedByNames wants every attribute named, those that the batch has lost as well.
func TestABatchIsUpdatedByNames(t *testing.T) {
	for name, c := range map[string]struct {
		batch  job.Batch
		remove []string
	}{
		"with all keys": {fullBatch("b"), []string{"batch_pk", "batch_sk"}},
		"with one key":  {plainBatch("b"), []string{"batch_pk", "batch_sk", "due_pk", "due_sk", "ttl"}},
	} {
		t.Run(name, func(t *testing.T) {
			it, err := encodeBatch(c.batch)
			if err != nil {
				t.Fatal(err)
			}
			next, r, err := revisedBatch(c.batch)
			if err != nil || next.Version != 2 {
				t.Fatalf("version %d, %v", next.Version, err)
			}
			delete(it, pk)
			set, remove, _ := strings.Cut(strings.TrimPrefix(r.update, "SET "), " REMOVE ")
			if got := strings.Count(set, " = "); got != len(it) {
				t.Errorf("%d attributes are set, the batch has %d", got, len(it))
			}
			if want := "#" + strings.Join(c.remove, ", #"); remove != want {
				t.Errorf("removed %s, want %s", remove, want)
			}
			if !cmp.Equal(r.values[":version"], number(2), values) || !cmp.Equal(r.values[":expected"], number(1), values) {
				t.Errorf("from version %v to %v", r.values[":expected"], r.values[":version"])
			}
			if len(r.update) > 4096 {
				t.Errorf("an expression of %d bytes; DynamoDB takes 4,096", len(r.update))
			}
		})
	}
}

func TestUnknownAttributesOfABatchAreLeftAlone(t *testing.T) {
	_, cfg := emulate(t)
	s := table(t, cfg)
	b := fullBatch("b")
	if _, err := s.CreateBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	ask(t, *cfg.BaseEndpoint, "UpdateItem", fmt.Sprintf(`{"TableName":%q,"Key":{"pk":{"S":"batch#b"}},
		"UpdateExpression":"SET future = :f","ExpressionAttributeValues":{":f":{"S":"kept"}}}`, s.table))
	b.Due, b.ExpiresAt, b.Parts = nil, nil, nil
	b, err := s.UpdateBatch(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Post(t.Context(), posted("e"), &b); err != nil {
		t.Fatal(err)
	}
	raw := ask(t, *cfg.BaseEndpoint, "GetItem", fmt.Sprintf(`{"TableName":%q,"Key":{"pk":{"S":"batch#b"}}}`, s.table))["Item"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"S": "kept"}, raw["future"]); diff != "" {
		t.Errorf("the unknown attribute (-before +after):\n%s", diff)
	}
	for _, name := range []string{"due_pk", "due_sk", "ttl"} {
		if raw[name] != nil {
			t.Errorf("a batch without a due and without an end has %s", name)
		}
	}
}

// TestNothingIsReadAsWhatItIsNot has a job, a batch, a tally and an entry of one name.
func TestNothingIsReadAsWhatItIsNot(t *testing.T) {
	_, s := open(t, nil)
	_, job1 := s.Create(t.Context(), []job.Job{plainJob("a")})
	_, batch := s.CreateBatch(t.Context(), plainBatch("a"))
	_, tally := s.SetTally(t.Context(), "a", job.Tally{})
	_, entry := s.Post(t.Context(), posted("a"), nil)
	if err := errors.Join(job1, batch, tally, entry); err != nil {
		t.Fatal(err)
	}
	items := []string{"batch#a", "tally#a", "entry#a", dayKey("ann", "2026-11-22")}
	for _, id := range items {
		if _, err := s.Get(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("get %s: %v, want ErrNotFound", id, err)
		}
		if _, err := s.GetBatch(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("get batch %s: %v, want ErrNotFound", id, err)
		}
	}
	found, err := s.Find(t.Context(), append(items, "a"))
	if err != nil || !slices.Equal(ids(found), []string{"a"}) {
		t.Errorf("found %v, %v; want a alone", ids(found), err)
	}
	listed, _, err := s.List(t.Context(), job.Query{Owner: "ann", Limit: 10})
	if err != nil || !slices.Equal(ids(listed), []string{"a"}) || listed[0].Input.Prompt != secretPrompt {
		t.Errorf("listed %v, %v; want the job a alone", ids(listed), err)
	}
}

// TestNothingThatAPersonWroteAboutABatchIsInAnIndex looks at what is added to the members of a batch.
func TestNothingThatAPersonWroteAboutABatchIsInAnIndex(t *testing.T) {
	it, err := encodeBatch(fullBatch("b"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(it)) {
		if slices.Contains(derived, name) {
			found = append(found, name)
			if strings.Contains(textOf(it, name), secretPrompt) {
				t.Errorf("%s is %q", name, textOf(it, name))
			}
		}
	}
	if diff := cmp.Diff([]string{"due_pk", "due_sk", "owner_pk", "owner_sk", "ttl"}, found); diff != "" {
		t.Errorf("derived attributes (-want +got):\n%s", diff)
	}
}

// TestErrorsAboutBatchesQuoteNothing has DynamoDB refuse everything and repeat the request in its message.
func TestErrorsAboutBatchesQuoteNothing(t *testing.T) {
	_, s := wired(func(string, string) (int, string) {
		return http.StatusBadRequest, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Value '` + secretPrompt + `' failed"}`
	})
	ctx, b := t.Context(), fullBatch("b")
	for name, call := range map[string]func() error{
		"find":      func() error { _, err := s.Find(ctx, []string{"a"}); return err },
		"create":    func() error { _, err := s.CreateBatch(ctx, b); return err },
		"get":       func() error { _, err := s.GetBatch(ctx, "b"); return err },
		"update":    func() error { _, err := s.UpdateBatch(ctx, b); return err },
		"erase":     func() error { return s.EraseBatch(ctx, "b", 1) },
		"list":      func() error { _, _, err := s.ListBatches(ctx, "ann", nil, 5); return err },
		"due":       func() error { _, err := s.DueBatches(ctx, b.CreatedAt, 5); return err },
		"count":     func() error { _, err := s.CountJobs(ctx, "b"); return err },
		"tally":     func() error { _, err := s.Tally(ctx, "b"); return err },
		"set tally": func() error { _, err := s.SetTally(ctx, "b", job.Tally{}); return err },
		"post":      func() error { _, err := s.Post(ctx, posted("e"), &b); return err },
		"post one":  func() error { e := posted("e"); e.Day = ""; _, err := s.Post(ctx, e, nil); return err },
		"spent":     func() error { _, err := s.Spent(ctx, "ann", "2026-11-22"); return err },
	} {
		err := call()
		if err == nil || strings.Contains(err.Error(), secretPrompt) || !strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
