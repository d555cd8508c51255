package dynamostore

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"easel/shared/job"
)

func three() []job.Job { return []job.Job{plainJob("a"), plainJob("b"), plainJob("c")} }

// replaced sets one member of what the emulator answered.
func replaced(t *testing.T, body []byte, member, value string) []byte {
	t.Helper()
	answer := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("the emulator's answer is %s: %v", body, err)
	}
	answer[member] = json.RawMessage(value)
	out, _ := json.Marshal(answer)
	return out
}

// TestUnreadRecordsAreAskedForAgain has DynamoDB read one record of twelve at a time, which is slow but goes on.
func TestUnreadRecordsAreAskedForAgain(t *testing.T) {
	var asked []int
	_, s := open(t, func(r *operation) reply {
		if r.op != "BatchGetItem" {
			return r.pass(r.body)
		}
		now, later, n := halves(t, r.body, 1)
		asked = append(asked, n)
		out := r.pass(now)
		out.body = replaced(t, out.body, "UnprocessedKeys", later)
		return out
	})
	var jobs []job.Job
	for n := range 12 {
		jobs = append(jobs, plainJob(fmt.Sprint("job ", n)))
	}
	create(t, s, jobs...)
	found, more, err := s.List(t.Context(), job.Query{Owner: "ann", Limit: 20})
	if err != nil || len(found) != 12 || more != nil {
		t.Errorf("%d jobs, more %v, %v", len(found), more, err)
	}
	if !slices.Equal(asked, []int{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) {
		t.Errorf("asked for %v records, want one less each time", asked)
	}
}

// halves cuts a BatchGetItem: a request for the first n keys, and the others as DynamoDB leaves them unread.
func halves(t *testing.T, body []byte, n int) (now []byte, later string, all int) {
	t.Helper()
	type keys struct {
		Keys           []json.RawMessage
		ConsistentRead bool
	}
	var in struct{ RequestItems map[string]keys }
	if err := json.Unmarshal(body, &in); err != nil {
		t.Fatal(err)
	}
	left := map[string]keys{}
	for name, k := range in.RequestItems {
		all = len(k.Keys)
		n = min(n, all)
		in.RequestItems[name] = keys{k.Keys[:n], k.ConsistentRead}
		if n < all {
			left[name] = keys{k.Keys[n:], k.ConsistentRead}
		}
	}
	now, _ = json.Marshal(in)
	rest, _ := json.Marshal(left)
	return now, string(rest), all
}

func TestUnreadRecordsAreAnErrorAtLast(t *testing.T) {
	w, s := wired(func(_, body string) (int, string) {
		var in struct{ RequestItems json.RawMessage }
		if err := json.Unmarshal([]byte(body), &in); err != nil {
			t.Error(err)
		}
		return http.StatusOK, `{"Responses":{},"UnprocessedKeys":` + string(in.RequestItems) + `}`
	})
	if _, err := s.records(t.Context(), []entry{{id: "a"}, {id: "b"}}); err == nil || !strings.Contains(err.Error(), "unread") {
		t.Errorf("%v, want that records were left unread", err)
	}
	if len(w.sent) != refusals {
		t.Errorf("%d requests, want %d", len(w.sent), refusals)
	}
}
