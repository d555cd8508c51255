package dynamostore

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"easel/shared/job"
)

// plainBatch is a batch without anything that is optional.
func plainBatch(id string) job.Batch {
	return job.Batch{V: 1, ID: id, Owner: "ann", WriteID: "w", Name: secretPrompt, CreatedAt: instantOf("2026-11-22T10:00:00Z")}
}

// create stores new jobs, or ends the test.
func create(t *testing.T, s *Store, jobs ...job.Job) {
	t.Helper()
	if _, err := s.Create(t.Context(), job.Transaction{WriteID: "first", Jobs: jobs}); err != nil {
		t.Fatal(err)
	}
}

// createBatch stores a new batch with the counters of a difference, or ends the test.
func createBatch(t *testing.T, s *Store, b job.Batch, d job.Difference) {
	t.Helper()
	d.BatchID = b.ID
	if _, err := s.Create(t.Context(), job.Transaction{WriteID: "first", Batch: &b, Counters: &d}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *Store, id string) job.Job {
	t.Helper()
	j, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func ids(jobs []job.Job) []string {
	all := []string{}
	for _, j := range jobs {
		all = append(all, j.ID)
	}
	return all
}

// ask makes a request as it is, without the SDK.
func ask(t *testing.T, url, op, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+op)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", op, res.Status, answer, err)
	}
	var v map[string]any
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
