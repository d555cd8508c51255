package job_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"easel/shared/job"
	"easel/shared/pace"
)

// The files of testdata were written by a released version and are never written again: what they
// hold is what lies in the stores of those who use it.
func TestRecordsOfVersion1AreUnderstood(t *testing.T) {
	understood[job.Job](t, "testdata/record.v1.json")
}

func TestPacesOfVersion1AreUnderstood(t *testing.T) {
	understood[pace.State](t, "testdata/pace.v1.json")
}

func understood[T any](t *testing.T, file string) {
	t.Helper()
	frozen, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var record T
	d := json.NewDecoder(bytes.NewReader(frozen))
	d.DisallowUnknownFields()
	if err := d.Decode(&record); err != nil {
		t.Fatalf("an attribute lost its name: %v", err)
	}
	var want, got map[string]any
	now, err := json.Marshal(record)
	if err != nil || json.Unmarshal(frozen, &want) != nil || json.Unmarshal(now, &got) != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if a, b := text(value), text(got[name]); a != b {
			t.Errorf("%s was %s and is now %s", name, a, b)
		}
	}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestMessagesOfVersion1AreUnderstood(t *testing.T) {
	m, err := job.ParseMessage(`{"v":1,"id":"01a204c4-a991-7097-a604-ca4bd2ef1d2d","message":3,"later":true}`)
	if err != nil || m != (job.Message{V: 1, ID: "01a204c4-a991-7097-a604-ca4bd2ef1d2d", MessageNo: 3}) {
		t.Errorf("got %+v, %v", m, err)
	}
	if again, err := job.ParseMessage(m.Encode()); err != nil || again != m {
		t.Errorf("got %+v, %v", again, err)
	}
	for _, poison := range []string{"", "hello", "{}", "[]", `{"v":1}`, `{"v":7,"id":"x","message":1}`, `{"v":"1","id":"x"}`, strings.Repeat("[", 10_000)} {
		if m, err := job.ParseMessage(poison); err == nil {
			t.Errorf("%.20q was taken for %+v", poison, m)
		}
	}
}
