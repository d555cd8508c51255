package dynamostore

import (
	"errors"
	"testing"

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
