package dynamostore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
)

// on applies a reply to the first request of an operation and lets all others pass.
func on(op string, do func(r *request) reply) func(r *request) reply {
	return func(r *request) reply {
		if r.op == op && r.n == 1 {
			return do(r)
		}
		return r.pass(r.body)
	}
}

// lose lets a request take effect and loses the reply.
func lose(r *request) reply {
	r.pass(r.body)
	return reply{lost: true}
}

func three() []job.Job { return []job.Job{plainJob("a"), plainJob("b"), plainJob("c")} }

func TestCreateRepeatsWhatDynamoDBRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		jobs  []job.Job
		op    string
		reply reply
	}{
		"an item throttled":        {three(), "TransactWriteItems", canceled("None", "ThrottlingError", "None")},
		"an item in another write": {three(), "TransactWriteItems", canceled("TransactionConflict", "None", "None")},
		"a table at its capacity":  {three(), "TransactWriteItems", canceled("ProvisionedThroughputExceeded", "ProvisionedThroughputExceeded", "None")},
		"one job in another write": {three()[:1], "PutItem", refuse("TransactionConflictException", "conflict")},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := open(t, on(c.op, func(*request) reply { return c.reply }))
			existing, err := s.Create(t.Context(), c.jobs)
			if err != nil || len(existing) != 0 || f.count(c.op) != 2 {
				t.Errorf("%d existing, %v, after %d requests", len(existing), err, f.count(c.op))
			}
			for _, j := range c.jobs {
				get(t, s, j.ID)
			}
		})
	}
}

// TestCreateSendsTheRestAgain has a transaction fail for three reasons at once.
func TestCreateSendsTheRestAgain(t *testing.T) {
	var sent [][]string
	f, s := open(t, nil)
	old := plainJob("b")
	old.Stamp = "was there"
	if _, err := s.Create(t.Context(), []job.Job{old}); err != nil {
		t.Fatal(err)
	}
	f.rule = func(r *request) reply {
		if r.op != "TransactWriteItems" {
			return r.pass(r.body)
		}
		sent = append(sent, keysOf(t, r.body))
		out := r.pass(r.body)
		if r.n == 1 {
			out.body = replaced(t, out.body, `"Code": "None"`, `"Code": "TransactionConflict"`)
		}
		return out
	}
	existing, err := s.Create(t.Context(), three())
	if err != nil || len(existing) != 1 || existing[0].ID != "b" || existing[0].Stamp != "was there" {
		t.Fatalf("existing %v, %v", existing, err)
	}
	if len(sent) != 2 || !slices.Equal(sent[0], []string{"a", "b", "c"}) || !slices.Equal(sent[1], []string{"a", "c"}) {
		t.Errorf("sent %v, want all and then what was missing", sent)
	}
	get(t, s, "a")
	get(t, s, "c")
}

// replaced changes what the emulator answered, at the first place.
func replaced(t *testing.T, body []byte, old, to string) []byte {
	t.Helper()
	if !bytes.Contains(body, []byte(old)) {
		t.Errorf("the emulator's answer has no %s: %s", old, body)
	}
	return bytes.Replace(body, []byte(old), []byte(to), 1)
}

// keysOf are the keys of the items that a transaction puts.
func keysOf(t *testing.T, body []byte) (keys []string) {
	t.Helper()
	var sent struct {
		TransactItems []struct {
			Put struct {
				Item struct{ Pk struct{ S string } }
			}
		}
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatal(err)
	}
	for _, one := range sent.TransactItems {
		keys = append(keys, one.Put.Item.Pk.S)
	}
	return keys
}

func TestCreateGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		reply    reply
		requests int
		says     string
	}{
		"on a table that stays busy":     {canceled("None", "ThrottlingError", "None"), refusals, "ThrottlingError"},
		"on an item that is never taken": {canceled("None", "None", "ValidationError"), 1, "job c: ValidationError"},
		"on reasons that do not fit":     {canceled("None"), 1, "1 reasons for 3 items"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(func(string, string) (int, string) { return c.reply.status, string(c.reply.body) })
			_, err := s.Create(t.Context(), three())
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), secretPrompt) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if len(w.sent) != c.requests {
				t.Errorf("%d requests, want %d", len(w.sent), c.requests)
			}
		})
	}
}

func TestCreateEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	busy := canceled("None", "ThrottlingError", "None")
	w, s := wired(func(string, string) (int, string) { return busy.status, string(busy.body) })
	s.opts.Backoff = func(n int) time.Duration {
		if n == 1 {
			cancel()
			return time.Hour
		}
		return 0
	}
	if _, err := s.Create(ctx, three()); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "ThrottlingError") {
		t.Errorf("%v, want context.Canceled and why it took so long", err)
	}
	if len(w.sent) != 2 {
		t.Errorf("%d requests, want 2", len(w.sent))
	}
}

// TestWritersRecogniseTheirWrites loses replies, so that the SDK repeats what has taken effect.
func TestWritersRecogniseTheirWrites(t *testing.T) {
	f, s := open(t, nil)
	ctx, jobs := t.Context(), three()
	for n := range jobs {
		jobs[n].Stamp = "mine"
	}
	f.rule = on("PutItem", lose)
	existing, err := s.Create(ctx, jobs[:1])
	if err != nil || len(existing) != 1 || existing[0].Stamp != "mine" {
		t.Errorf("create one: %v, %v", existing, err)
	}
	f.rule = on("TransactWriteItems", lose)
	existing, err = s.Create(ctx, jobs[1:])
	if err != nil || len(existing) != 2 || existing[0].Stamp != "mine" || existing[1].Stamp != "mine" {
		t.Errorf("create two: %v, %v", existing, err)
	}
	f.rule = on("UpdateItem", lose)
	jobs[0].Stamp = "also mine"
	now, err := s.Update(ctx, jobs[0])
	if !errors.Is(err, job.ErrConflict) || now.Stamp != "also mine" || now.Version != 2 {
		t.Errorf("update: %q at version %d, %v", now.Stamp, now.Version, err)
	}
	f.rule = on("DeleteItem", lose)
	if err := s.Erase(ctx, "a", 2); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("erase: %v", err)
	}
	for _, op := range []string{"PutItem", "TransactWriteItems", "UpdateItem", "DeleteItem"} {
		if n := f.count(op); n != 2 {
			t.Errorf("%s was sent %d times, want 2", op, n)
		}
	}
}

func TestTheCoreSurvivesALostReply(t *testing.T) {
	f, s := open(t, nil)
	if _, err := s.Create(t.Context(), three()[:1]); err != nil {
		t.Fatal(err)
	}
	f.rule = on("UpdateItem", lose)
	submitter := &job.Submitter{Book: job.Book{Records: s}}
	j, err := submitter.Cancel(t.Context(), job.Caller{Owner: "ann"}, "a")
	if err != nil || j.Status != job.Canceled || j.Version != 2 {
		t.Errorf("%s at version %d, %v", j.Status, j.Version, err)
	}
	if f.count("UpdateItem") != 2 {
		t.Errorf("the update was sent %d times, want 2: by the SDK, and not by the core", f.count("UpdateItem"))
	}
}

func TestALostReservationLeavesASlotUnused(t *testing.T) {
	f, s := open(t, nil)
	first, _, err := s.Reserve(t.Context(), "core", time.Hour, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.rule = func(r *request) reply {
		if r.n == 3 { // two were for the first slot
			return lose(r)
		}
		return r.pass(r.body)
	}
	at, ok, err := s.Reserve(t.Context(), "core", time.Hour, 3*time.Hour)
	if err != nil || !ok || !at.Equal(first.Add(2*time.Hour)) {
		t.Errorf("%v, %v, %v; want the slot after the next", at, ok, err)
	}
}

// TestUnreadRecordsAreAskedForAgain has DynamoDB read one record of twelve at a time, which is slow but goes on.
func TestUnreadRecordsAreAskedForAgain(t *testing.T) {
	var asked []int
	_, s := open(t, func(r *request) reply {
		if r.op != "BatchGetItem" {
			return r.pass(r.body)
		}
		now, later, n := halves(t, r.body, 1)
		asked = append(asked, n)
		out := r.pass(now)
		out.body = replaced(t, out.body, `"UnprocessedKeys": {}`, `"UnprocessedKeys": `+later)
		return out
	})
	var jobs []job.Job
	for n := range 12 {
		jobs = append(jobs, plainJob(fmt.Sprint("job ", n)))
	}
	if _, err := s.Create(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
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
