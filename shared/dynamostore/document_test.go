package dynamostore

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// TestADocumentIsWrittenFromTheVersionThatIsThere goes through every case of one document's life.
func TestADocumentIsWrittenFromTheVersionThatIsThere(t *testing.T) {
	_, s := open(t, nil)
	none, first, second := document{}, document{version: 1, json: `{"a":1}`}, document{version: 2, json: `{}`}
	for n, c := range []struct {
		set, want document
		err       error
	}{
		{document{version: 7, json: `x`}, none, job.ErrConflict},
		{document{version: 0, json: first.json}, first, nil},
		{document{version: 0, json: `x`}, first, job.ErrConflict},
		{document{version: 2, json: `x`}, first, job.ErrConflict},
		{document{version: 1, json: second.json}, second, nil},
		{document{version: 1, json: `x`}, second, job.ErrConflict},
	} {
		got, err := s.setDocument(t.Context(), "pace#core", c.set)
		if got != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("write %d: %+v, %v; want %+v, %v", n, got, err, c.want, c.err)
		}
		if read, err := s.document(t.Context(), "pace#core"); read != c.want || err != nil {
			t.Errorf("after write %d: %+v, %v; want %+v", n, read, err, c.want)
		}
	}
}

func TestDocumentsAreWrittenOnCondition(t *testing.T) {
	w, s := wired(nil)
	for _, version := range []int64{0, 3} {
		if _, err := s.setDocument(t.Context(), "pace#core", document{version: version, json: `{}`}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.document(t.Context(), "pace#core"); err != nil {
		t.Fatal(err)
	}
	w.expect(
		t,
		`PutItem {"TableName":"jobs","Item":{"pk":{"S":"pace#core"},"version":{"N":"1"},"doc":{"S":"{}"}},
			"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		`PutItem {"TableName":"jobs","Item":{"pk":{"S":"pace#core"},"version":{"N":"4"},"doc":{"S":"{}"}},
			"ConditionExpression":"#version = :expected","ExpressionAttributeNames":{"#version":"version"},
			"ExpressionAttributeValues":{":expected":{"N":"3"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		`GetItem {"TableName":"jobs","Key":{"pk":{"S":"pace#core"}},"ConsistentRead":true}`,
	)
}

// batchOfVersion1 is the batch of testdata/batch.v1.json: all that a batch can have.
func batchOfVersion1() job.Batch {
	at := func(second int) *time.Time {
		moment := time.Date(2026, 11, 23, 2, 0, second, 57_037_000, time.UTC)
		return &moment
	}
	return job.Batch{
		V: 1, ID: "28352b3a-74f2-52de-90ff-be85c85d2fa8", Owner: "local", Version: 4, Stamp: "stamp",
		Name: "animals", Metadata: map[string]string{"k": "v", "": "no name"}, Fingerprint: "ef", Simulated: true,
		Next: 3, Parts: map[string]job.Part{"stability.stable-image-ultra-v1:1": {Jobs: 3, Cost: 420_000, Due: *at(1)}},
		MaxCost: 1_000_000, Booked: 420_000, Days: map[string]int64{"2026-11-23": 420_000},
		CreatedAt: *at(2), AppendedAt: *at(3), SealedAt: at(4), CanceledAt: at(5), ClearedAt: at(6), EndedAt: at(7), ExpiresAt: at(8),
		Deleting: true, Due: at(9),
	}
}

// frozenBatch is the item of that batch as version 1 wrote it. It is never written again.
func frozenBatch(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/batch.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBatchesAreWrittenAsVersion1Did(t *testing.T) {
	w, s := wired(nil)
	if _, err := s.CreateBatch(t.Context(), batchOfVersion1()); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(w.sent[0], " ")
	got := parsed(t, "PutItem "+body).(map[string]any)["PutItem"].(map[string]any)["Item"].(map[string]any)
	for name, value := range parsed(t, "Item "+frozenBatch(t)).(map[string]any)["Item"].(map[string]any) {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("%s (-frozen +now):\n%s", name, diff)
		}
	}
}

// TestBatchesOfVersion1AreUnderstood reads one with an attribute that only a later version knows.
func TestBatchesOfVersion1AreUnderstood(t *testing.T) {
	_, s := wired(func(string, string) (int, string) {
		return http.StatusOK, `{"Item":{"from_the_future":{"S":"x"},` + strings.TrimPrefix(frozenBatch(t), "{") + `}`
	})
	want := batchOfVersion1()
	got, err := s.GetBatch(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the frozen item (-want +got):\n%s", diff)
	}
}
