package dynamostore

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/pace"
)

// TestRequests holds what is sent against what DynamoDB must be asked for: consistent reads, conditions, and the
// item that stood in a condition's way.
func TestRequests(t *testing.T) {
	const slot = `"TableName":"jobs","Key":{"pk":{"S":"slot#core"},"sk":{"S":"-"}},"ExpressionAttributeNames":{"#next":"next"},
		"ReturnValues":"UPDATED_NEW","ReturnValuesOnConditionCheckFailure":"ALL_OLD"`
	for name, c := range map[string]struct {
		call func(t *testing.T, s *Store)
		want string
	}{
		"get": {
			func(t *testing.T, s *Store) { _, _ = s.Get(t.Context(), "a") },
			`GetItem {"TableName":"jobs","Key":{"pk":{"S":"a"},"sk":{"S":"-"}},"ConsistentRead":true}`,
		},
		"erase": {
			func(t *testing.T, s *Store) { _ = s.Erase(t.Context(), "a", 7, time.Time{}, nil) },
			`DeleteItem {"TableName":"jobs","Key":{"pk":{"S":"a"},"sk":{"S":"-"}},"ConditionExpression":"#version = :0",
				"ExpressionAttributeNames":{"#version":"version"},"ExpressionAttributeValues":{":0":{"N":"7"}},
				"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		},
		"erase and remember": {
			func(t *testing.T, s *Store) {
				until := instantOf("2026-11-23T10:00:00Z")
				_ = s.Erase(t.Context(), "a", 7, instantOf("2026-11-22T10:00:00Z"), &until)
			},
			`PutItem {"TableName":"jobs","Item":{"pk":{"S":"a"},"sk":{"S":"-"},"id":{"S":"a"},"version":{"N":"8"},"ttl":{"N":"1795428000"},
				"deleted_at":{"S":"2026-11-22T10:00:00.000000Z"},"expires_at":{"S":"2026-11-23T10:00:00.000000Z"}},
				"ConditionExpression":"#version = :0","ExpressionAttributeNames":{"#version":"version"},
				"ExpressionAttributeValues":{":0":{"N":"7"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		},
		"find": {
			func(t *testing.T, s *Store) {
				_, _ = s.Find(t.Context(), []string{"b", "", "a", strings.Repeat("x", 600), "b"})
			},
			`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"a"},"sk":{"S":"-"}},{"pk":{"S":"b"},"sk":{"S":"-"}}]}}}`,
		},
		"read many": {
			func(t *testing.T, s *Store) { _, _ = s.records(t.Context(), []entry{{id: "a"}, {id: "b"}, {id: "a"}}) },
			`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"a"},"sk":{"S":"-"}},{"pk":{"S":"b"},"sk":{"S":"-"}}]}}}`,
		},
		"list": {
			func(t *testing.T, s *Store) {
				_, _ = s.merged([]span{{byOwner, "3#ann", "0", ":", true}}, 20, 8).take(t.Context(), 1)
			},
			`Query {"TableName":"jobs","IndexName":"owner","ScanIndexForward":false,"Limit":13,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"owner_pk","#sk":"owner_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"3#ann"},":from":{"S":"0"},":to":{"S":":"}}}`,
		},
		"what waits": {
			func(t *testing.T, s *Store) { _, _ = s.Waiting(t.Context(), "ann") },
			`Query {"TableName":"jobs","IndexName":"waiting","ScanIndexForward":true,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"waiting_pk","#sk":"waiting_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"w#ann"},":from":{"S":"0"},":to":{"S":":"}}}`,
		},
		"the next slot": {
			func(t *testing.T, s *Store) {
				_, _ = s.take(t.Context(), "core", follow(pace.NewReservation(s.now(), 2*time.Second, 3*time.Second)))
			},
			`UpdateItem {` + slot + `,"UpdateExpression":"ADD #next :2","ConditionExpression":"#next BETWEEN :0 AND :1",
				"ExpressionAttributeValues":{":0":{"N":"1795341600000000"},":1":{"N":"1795341603000000"},":2":{"N":"2000000"}}}`,
		},
		"the first slot": {
			func(t *testing.T, s *Store) {
				_, _ = s.take(t.Context(), "core", begin(pace.NewReservation(s.now(), 2*time.Second, 3*time.Second)))
			},
			`UpdateItem {` + slot + `,"UpdateExpression":"SET #next = :2",
				"ConditionExpression":"attribute_not_exists(#next) OR #next < :0 OR #next > :1",
				"ExpressionAttributeValues":{":0":{"N":"1795341600000000"},":1":{"N":"1795341723000000"},":2":{"N":"1795341602000000"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			c.call(t, s)
			w.expect(t, c.want)
		})
	}
}

// values lets attributes be compared.
var values = cmp.Exporter(func(reflect.Type) bool { return true })

// derived are the attributes that are made from others.
func derived() []string {
	all := []string{ttl}
	for _, index := range indexes {
		all = append(all, index+"_pk", index+"_sk")
	}
	return all
}

// TestNothingThatAPersonWroteIsInAnIndex looks at the derived attributes, which are all that an index holds.
func TestNothingThatAPersonWroteIsInAnIndex(t *testing.T) {
	j := record(t)
	j.Input.Prompt, j.Input.NegativePrompt, j.Sent.Prompt, j.Sent.NegativePrompt = "secret 1", "secret 2", "secret 3", "secret 4"
	j.CustomID, j.User, j.Metadata = "secret 5", "secret 6", map[string]string{"secret 7": "secret 8"}
	j.Failure.Message, j.Waiting.Message = "secret 9", "secret 10"
	it := indexed(j)
	j.BatchID, j.Status = "", job.Queued
	maps.Copy(it, indexed(j)) // what a job of a batch that runs does not have
	if diff := cmp.Diff(slices.Sorted(slices.Values(derived())), slices.Sorted(maps.Keys(it))); diff != "" {
		t.Errorf("derived attributes (-known +found):\n%s", diff)
	}
	all := encode(j)
	for _, index := range CreateTable("jobs").GlobalSecondaryIndexes {
		if index.Projection.ProjectionType == types.ProjectionTypeAll {
			t.Errorf("index %s holds everything", *index.IndexName)
		}
		for _, name := range index.Projection.NonKeyAttributes {
			it[name] = all[name]
		}
	}
	for name, v := range it {
		if s := fmt.Sprint(cmp.Diff(nil, v, values)); strings.Contains(s, "secret") {
			t.Errorf("%s is %s", name, s)
		}
	}
}

// TestErrorsQuoteNothing has DynamoDB refuse everything and repeat the request in its message, as it does for some.
func TestErrorsQuoteNothing(t *testing.T) {
	_, s := wired(func(string, string) (int, string) {
		return http.StatusBadRequest, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Value '` + secretPrompt + `' failed"}`
	})
	ctx, day, batch := t.Context(), instantOf("2026-11-22T10:00:00Z"), plainBatch("b")
	one, two := []job.Job{plainJob("a")}, []job.Job{plainJob("a"), plainJob("b")}
	for name, call := range map[string]func() error{
		"create one":  func() error { _, err := s.Create(ctx, job.Transaction{Jobs: one}); return err },
		"create many": func() error { _, err := s.Create(ctx, job.Transaction{Jobs: two, Batch: &batch}); return err },
		"get":         func() error { _, err := s.Get(ctx, "a"); return err },
		"update one":  func() error { _, err := s.Update(ctx, job.Transaction{Jobs: one}); return err },
		"update many": func() error { _, err := s.Update(ctx, job.Transaction{Jobs: two}); return err },
		"erase":       func() error { return s.Erase(ctx, "a", 1, day, nil) },
		"find":        func() error { _, err := s.Find(ctx, []string{"a"}); return err },
		"list":        func() error { _, _, err := s.List(ctx, job.Query{Owner: "ann", Limit: 5}); return err },
		"waiting":     func() error { _, err := s.Waiting(ctx, "ann"); return err },
		"reserve":     func() error { _, _, err := s.Reserve(ctx, "core", time.Second, time.Second); return err },
		"pace":        func() error { _, err := s.Pace(ctx, "core"); return err },
		"set pace":    func() error { _, err := s.SetPace(ctx, "core", pace.State{}); return err },
		"secret":      func() error { _, err := s.Secret(ctx); return err },
		"batch":       func() error { _, _, err := s.GetBatch(ctx, "b"); return err },
		"amend":       func() error { _, err := s.Amend(ctx, claim()); return err },
		"erase batch": func() error { return s.EraseBatch(ctx, "b", job.Condition{}, day, nil) },
		"batches":     func() error { _, _, _, err := s.ListBatches(ctx, "ann", nil, 5); return err },
		"due batches": func() error { _, err := s.DueBatches(ctx, day, 5); return err },
		"spent":       func() error { _, err := s.Spent(ctx, "ann", "2026-11-22"); return err },
		"flows":       func() error { _, _, err := s.Flows(ctx, "core"); return err },
		"touch":       func() error { return s.Touch(ctx, []job.Touch{{}}) },
		"advance":     func() error { return s.Advance(ctx, job.Advance{}) },
		"leave":       func() error { return s.Leave(ctx, job.Flow{}) },
		"standing":    func() error { _, _, err := s.Standing(ctx, job.FlowKey{}); return err },
		"stand":       func() error { return s.SetStanding(ctx, job.Standing{}) },
		"fired":       func() error { _, err := s.Fired(ctx, "core", day, 5); return err },
		"dispatched":  func() error { _, err := s.Dispatched(ctx, "core"); return err },
		"waiters":     func() error { _, err := s.Waiters(ctx, job.FlowKey{}, nil, 5); return err },
		"counters":    func() error { _, err := s.ReadCounters(ctx, []string{"b"}); return err },
	} {
		err := call()
		if err == nil || strings.Contains(err.Error(), secretPrompt) || !strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
