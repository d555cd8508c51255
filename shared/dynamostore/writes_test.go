package dynamostore

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/pace"
)

// charge is what a claim adds to a day.
func charge() *job.Charge {
	return &job.Charge{Owner: "ann", Day: "2026-11-22", Amount: 40_000, Limit: 100_000, At: instantOf("2026-11-22T10:00:00Z")}
}

var ofJobs = regexp.MustCompile(`SET .*attempts = .* IF`)

// brief are the writes of a request without the attributes of jobs.
func brief(t *testing.T, sent string) (lines []string) {
	t.Helper()
	for _, line := range spelled(t, sent) {
		lines = append(lines, strings.Join(strings.Fields(ofJobs.ReplaceAllString(line, "… IF")), " "))
	}
	return lines
}

// TestWrites holds what is sent against what the ports need: which writes, in which order, with which token and
// conditions, and that counters and days are never written as a whole.
func TestWrites(t *testing.T) {
	const (
		of       = "Update counters#b ADD next 1 IF attribute_exists(pk) OR SHOW"
		first    = "Update counters#b SET max_cost_micro_usd = 500000 ADD next 1 IF attribute_not_exists(pk) OR SHOW"
		isNew    = "IF attribute_not_exists(pk) OR SHOW"
		version1 = "… IF version = 1 OR SHOW"
	)
	a, b := plainJob("a"), plainJob("b")
	batch, request := plainBatch("b"), job.Append{Name: "b/1", BatchID: "b", At: a.CreatedAt}
	batch.MaxCost = 500_000
	until := instantOf("2026-11-23T10:00:00Z")
	d := &job.Difference{BatchID: "b", Next: 1}
	for name, c := range map[string]struct {
		call func(s *Store) error
		want []string
	}{
		"an update of one job":     {updates(job.Transaction{Jobs: []job.Job{a}}), []string{"UpdateItem", "Update a " + version1}},
		"an update of two":         {updates(job.Transaction{Jobs: []job.Job{a, b}}), []string{"TransactWriteItems w", "Update a " + version1, "Update b " + version1}},
		"an update with counters":  {updates(job.Transaction{Jobs: []job.Job{a}, Counters: d}), []string{"TransactWriteItems w", "Update a " + version1, of}},
		"an update with all":       {updates(job.Transaction{Jobs: []job.Job{a}, Counters: d, Day: charge()}), []string{"TransactWriteItems w", "Update a " + version1, of, day("60000")}},
		"a creation of one job":    {creates(job.Transaction{Jobs: []job.Job{a}}), []string{"PutItem", "Put a " + isNew}},
		"a creation of two":        {creates(job.Transaction{Jobs: []job.Job{a, b}}), []string{"TransactWriteItems w", "Put a " + isNew, "Put b " + isNew}},
		"a creation with counters": {creates(job.Transaction{Jobs: []job.Job{a}, Counters: d}), []string{"TransactWriteItems w", "Put a " + isNew, of}},
		"a creation of a batch": {
			creates(job.Transaction{Jobs: []job.Job{a}, Batch: &batch, Append: &request, Counters: d}),
			[]string{"TransactWriteItems w", "Put batch#b " + isNew, "Put append#b/1 " + isNew, "Put a " + isNew, first},
		},
		"an erasure of a batch": {
			func(s *Store) error {
				return s.EraseBatch(t.Context(), "b", job.Condition{NoneQueued: true}, until, nil)
			},
			[]string{"TransactWriteItems made by the SDK", "Delete batch#b OR SHOW", "Delete counters#b IF attribute_exists(pk) AND (attribute_not_exists(queued) OR queued = 0) OR SHOW"},
		},
		"an erasure that is remembered": {
			func(s *Store) error { return s.EraseBatch(t.Context(), "b", job.Condition{}, until, &until) },
			[]string{"TransactWriteItems made by the SDK", "Put batch#b OR SHOW", "Delete counters#b IF attribute_exists(pk) OR SHOW"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			if err := c.call(s); err != nil || len(w.sent) != 1 {
				t.Fatalf("%d requests, %v", len(w.sent), err)
			}
			if diff := cmp.Diff(c.want, brief(t, w.sent[0])); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// day is the line of the charge, with the room that it needs.
func day(room string) string {
	return "Update day#2026-11-22#ann SET ttl = 1803117600 ADD spent 40000 IF (attribute_not_exists(spent) OR spent <= " + room + ") OR SHOW"
}

func updates(tr job.Transaction) func(s *Store) error {
	return func(s *Store) error {
		tr.WriteID = "w"
		_, err := s.Update(context.Background(), tr)
		return err
	}
}

func creates(tr job.Transaction) func(s *Store) error {
	return func(s *Store) error {
		tr.WriteID = "w"
		_, err := s.Create(context.Background(), tr)
		return err
	}
}

// TestADayIsChargedWithinItsLimit looks at the condition of a charge.
func TestADayIsChargedWithinItsLimit(t *testing.T) {
	for name, c := range map[string]struct {
		amount, limit int64
		want          string
	}{
		"with room":           {40_000, 100_000, " IF (attribute_not_exists(spent) OR spent <= 60000)"},
		"for the whole day":   {40_000, 40_000, " IF (attribute_not_exists(spent) OR spent <= 0)"},
		"more than the limit": {40_000, 30_000, " IF spent <= -10000"},
		"without a limit":     {40_000, 0, ""},
		"given back":          {-40_000, 10, ""},
		"nothing":             {0, 10, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			one := charge()
			one.Amount, one.Limit = c.amount, c.limit
			if _, err := s.Update(t.Context(), job.Transaction{Jobs: []job.Job{plainJob("a")}, Day: one}); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("Update day#2026-11-22#ann SET ttl = 1803117600 ADD spent %d%s OR SHOW", c.amount, c.want)
			if got := brief(t, w.sent[0])[2]; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestARequestToAppendIsRememberedForAWhile(t *testing.T) {
	w, s := wired(nil)
	a := job.Append{Name: "b/1", BatchID: "b", WriteID: "w", Fingerprint: "f", First: 3, CancelNo: 2, At: instantOf("2026-11-22T10:00:00Z")}
	if _, err := s.Create(t.Context(), job.Transaction{WriteID: "w", Append: &a}); err != nil {
		t.Fatal(err)
	}
	w.expect(t, `PutItem {"TableName":"jobs","Item":{"pk":{"S":"append#b/1"},"sk":{"S":"-"},"name":{"S":"b/1"},"batch_id":{"S":"b"},"write_id":{"S":"w"},
		"fingerprint":{"S":"f"},"first":{"N":"3"},"cancel_no":{"N":"2"},"at":{"S":"2026-11-22T10:00:00Z"},"ttl":{"N":"1803117600"}},
		"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`)
}

// TestUpdateNamesEveryAttribute lets the update of a full job and of an empty one together name what a record may have.
func TestUpdateNamesEveryAttribute(t *testing.T) {
	_, s := wired(nil)
	at := instantOf("2026-11-22T10:00:00Z")
	rich, jobOfBatch, inLine := plainJob("a"), plainJob("a"), plainJob("a")
	jobOfBatch.BatchID, inLine.BatchID, inLine.InLine = "b", "b", true
	rich.Version, rich.Due, rich.ExpiresAt = 41, &at, &at
	for name, c := range map[string]struct {
		job    job.Job
		remove string
	}{
		"of a single job": {rich, " REMOVE #batch_pk, #batch_sk, #flow_pk, #flow_sk, #starred_pk, #starred_sk"},
		"of a batch":      {jobOfBatch, " REMOVE #due_pk, #due_sk, #flow_pk, #flow_sk, #waiting_pk, #waiting_sk, #starred_pk, #starred_sk, #ttl"},
		"in line":         {inLine, " REMOVE #due_pk, #due_sk, #waiting_pk, #waiting_sk, #starred_pk, #starred_sk, #ttl"},
		"without a due":   {plainJob("a"), " REMOVE #batch_pk, #batch_sk, #due_pk, #due_sk, #flow_pk, #flow_sk, #starred_pk, #starred_sk, #ttl"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.revise(c.job)
			in := w.Update
			it := encode(c.job)
			it["version"] = number(c.job.Version + 1)
			var set []string
			for _, attribute := range slices.Sorted(maps.Keys(it)) {
				if attribute == pk || attribute == sk {
					continue
				}
				value := fmt.Sprint(":", len(set)+1)
				set = append(set, fmt.Sprintf("#%s = %s", attribute, value))
				if in.ExpressionAttributeNames["#"+attribute] != attribute || !cmp.Equal(it[attribute], in.ExpressionAttributeValues[value], values) {
					t.Errorf("%s is %v", attribute, in.ExpressionAttributeValues[value])
				}
			}
			if want := "SET " + strings.Join(set, ", ") + c.remove; *in.UpdateExpression != want {
				t.Errorf("got  %s\nwant %s", *in.UpdateExpression, want)
			}
			if len(*in.UpdateExpression) > 4096 {
				t.Errorf("an expression of %d bytes; DynamoDB takes 4,096", len(*in.UpdateExpression))
			}
			if *in.ConditionExpression != "#version = :0" || !cmp.Equal(in.ExpressionAttributeValues[":0"], number(c.job.Version), values) ||
				in.ReturnValuesOnConditionCheckFailure != types.ReturnValuesOnConditionCheckFailureAllOld {
				t.Errorf("the condition is %s on %v", *in.ConditionExpression, in.ExpressionAttributeValues[":0"])
			}
		})
	}
}

func TestPacesAreWrittenOnCondition(t *testing.T) {
	w, s := wired(nil)
	for _, version := range []int64{0, 3} {
		if got, err := s.SetPace(t.Context(), "core", pace.State{Version: version, Start: 30}); err != nil || got.Version != version+1 {
			t.Fatal(got.Version, err)
		}
	}
	if _, err := s.Pace(t.Context(), "core"); err != nil {
		t.Fatal(err)
	}
	doc := regexp.MustCompile(`"doc":\{"S":"(\\.|[^"\\])*"\}`)
	for n := range w.sent {
		w.sent[n] = doc.ReplaceAllString(w.sent[n], `"doc":"a pace"`)
	}
	w.expect(
		t,
		`PutItem {"TableName":"jobs","Item":{"pk":{"S":"pace#core"},"sk":{"S":"-"},"version":{"N":"1"},"doc":"a pace"},
			"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		`PutItem {"TableName":"jobs","Item":{"pk":{"S":"pace#core"},"sk":{"S":"-"},"version":{"N":"4"},"doc":"a pace"},
			"ConditionExpression":"#version = :0","ExpressionAttributeNames":{"#version":"version"},
			"ExpressionAttributeValues":{":0":{"N":"3"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		`GetItem {"TableName":"jobs","Key":{"pk":{"S":"pace#core"},"sk":{"S":"-"}},"ConsistentRead":true}`,
	)
}
