package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// posted is an entry that has an amount against a day, within a limit.
func posted(name string) job.Entry {
	return job.Entry{
		Name: name, Owner: "ann", Day: "2026-11-22", Amount: 300, Limit: 1000, First: 5, Fingerprint: "f",
		At: instantOf("2026-11-22T10:00:00Z"),
	}
}

const entryItem = `{"pk":{"S":"entry#e"},"ttl":{"N":"1803117600"},"name":{"S":"e"},"owner":{"S":"ann"},"day":{"S":"%s"},
	"amount_micro_usd":{"N":"%d"},"limit_micro_usd":{"N":"1000"},"first":{"N":"5"},"fingerprint":{"S":"f"},"at":{"S":"2026-11-22T10:00:00Z"}}`

// TestPostRequests goes through what a day's update depends on.
func TestPostRequests(t *testing.T) {
	for name, c := range map[string]struct {
		amount, limit   int64
		condition, room string
	}{
		"with room":              {300, 1000, `"ConditionExpression":"attribute_not_exists(#spent) OR #spent <= :room",`, `,":room":{"N":"700"}`},
		"just as much":           {1000, 1000, `"ConditionExpression":"attribute_not_exists(#spent) OR #spent <= :room",`, `,":room":{"N":"0"}`},
		"more than a day":        {1001, 1000, `"ConditionExpression":"#spent <= :room",`, `,":room":{"N":"-1"}`},
		"given back":             {-300, 1000, "", ""},
		"for nothing":            {0, 1000, "", ""},
		"without a limit":        {300, 0, "", ""},
		"back, without a limit":  {-300, 0, "", ""},
		"more than 32 bits hold": {1 << 40, 1 << 41, `"ConditionExpression":"attribute_not_exists(#spent) OR #spent <= :room",`, `,":room":{"N":"1099511627776"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			e := posted("e")
			e.Amount, e.Limit = c.amount, c.limit
			if _, err := s.Post(t.Context(), e, nil); err != nil {
				t.Fatal(err)
			}
			entry := strings.Replace(fmt.Sprintf(entryItem, e.Day, c.amount), `"1000"`, fmt.Sprintf("%q", fmt.Sprint(c.limit)), 1)
			w.expect(t, fmt.Sprintf(`TransactWriteItems {"TransactItems":[
				{"Put":{"TableName":"jobs","Item":%s,"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
				{"Update":{"TableName":"jobs","Key":{"pk":{"S":"day#2026-11-22#ann"}},"UpdateExpression":"ADD #spent :amount SET #ttl = :ttl",%s
					"ExpressionAttributeNames":{"#spent":"spent","#ttl":"ttl"},
					"ExpressionAttributeValues":{":amount":{"N":"%d"},":ttl":{"N":"1803117600"}%s}}}]}`, entry, c.condition, c.amount, c.room))
		})
	}
}

// TestAnEntryAloneIsNoTransaction posts an entry without a day, and then one with a batch.
func TestAnEntryAloneIsNoTransaction(t *testing.T) {
	w, s := wired(nil)
	e := posted("e")
	e.Day = ""
	if _, err := s.Post(t.Context(), e, nil); err != nil {
		t.Fatal(err)
	}
	w.expect(t, `PutItem {"TableName":"jobs","Item":`+fmt.Sprintf(entryItem, "", 300)+`,
		"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`)
	b := plainBatch("b")
	if _, err := s.Post(t.Context(), e, &b); err != nil {
		t.Fatal(err)
	}
	_, r, err := revisedBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	sent := parsed(t, w.sent[1]).(map[string]any)["TransactWriteItems"].(map[string]any)["TransactItems"].([]any)
	update, _ := sent[len(sent)-1].(map[string]any)["Update"].(map[string]any)
	if len(sent) != 2 || update["UpdateExpression"] != r.update || update["ConditionExpression"] != hasVersion {
		t.Errorf("an entry with a batch is posted by %s", w.sent[1])
	}
}

// TestPostSaysTheFirstReason has DynamoDB cancel transactions of an entry, a batch and a day for several reasons at
// once. A reason that passes hides those behind it.
func TestPostSaysTheFirstReason(t *testing.T) {
	b := plainBatch("b")
	done := job.Posted{Entry: posted("e"), Batch: b}
	done.Batch.Version++
	exists, conflict := job.Posted{Entry: posted("e")}, job.Posted{Batch: job.Batch{ID: "b", Version: 9}}
	for reasons, c := range map[string]struct {
		want     error
		posted   job.Posted
		requests int
	}{
		"ConditionalCheckFailed ConditionalCheckFailed ConditionalCheckFailed": {job.ErrExists, exists, 1},
		"ConditionalCheckFailed TransactionConflict None":                      {job.ErrExists, exists, 1},
		"None ConditionalCheckFailed ConditionalCheckFailed":                   {job.ErrConflict, conflict, 1},
		"None ConditionalCheckFailed ThrottlingError":                          {job.ErrConflict, conflict, 1},
		"None None ConditionalCheckFailed":                                     {job.ErrBudget, job.Posted{}, 1},
		"TransactionConflict ConditionalCheckFailed None":                      {nil, done, 2},
		"None TransactionConflict ConditionalCheckFailed":                      {nil, done, 2},
		"None None ProvisionedThroughputExceeded":                              {nil, done, 2},
	} {
		t.Run(reasons, func(t *testing.T) {
			entry, batch := fmt.Sprintf(entryItem, "2026-11-22", 300), `{"pk":{"S":"batch#b"},"id":{"S":"b"},"version":{"N":"9"}}`
			sent := 0
			_, s := wired(func(string, string) (int, string) {
				if sent++; sent > 1 {
					return http.StatusOK, `{}`
				}
				answer := string(canceled(strings.Fields(reasons)...).body)
				for _, it := range []string{entry, batch, `{}`} { // of the first reason that has one, and so on
					answer = strings.Replace(answer, `"Message":"for item `+secretPrompt+`"}`, `"Item":`+it+`}`, 1)
				}
				return http.StatusBadRequest, answer
			})
			got, err := s.Post(t.Context(), posted("e"), &b)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || sent != c.requests {
				t.Errorf("%v after %d requests, want %v after %d", err, sent, c.want, c.requests)
			}
			if diff := cmp.Diff(c.posted, got); diff != "" {
				t.Errorf("what stands in the books (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPostGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		reply    reply
		requests int
		says     string
	}{
		"on an item that others keep writing": {canceled("None", "TransactionConflict"), refusals, "TransactionConflict"},
		"on a table that stays busy":          {refuse("TransactionConflictException", "conflict"), refusals, "TransactionConflictException"},
		"on an amount that does not fit":      {canceled("None", "ValidationError"), 1, "item 1 of a transaction: ValidationError"},
		"on reasons that do not fit":          {canceled("None"), 1, "1 reasons for 2 items"},
		"on no reason at all":                 {canceled("None", "None"), 1, "without a reason"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(func(string, string) (int, string) { return c.reply.status, string(c.reply.body) })
			_, err := s.Post(t.Context(), posted("e"), nil)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), secretPrompt) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if len(w.sent) != c.requests {
				t.Errorf("%d requests, want %d", len(w.sent), c.requests)
			}
		})
	}
}

func TestPostEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	busy := canceled("None", "ThrottlingError")
	w, s := wired(func(string, string) (int, string) { return busy.status, string(busy.body) })
	s.opts.Backoff = func(int) time.Duration {
		cancel()
		return time.Hour
	}
	if _, err := s.Post(ctx, posted("e"), nil); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "ThrottlingError") {
		t.Errorf("%v, want context.Canceled and why it took so long", err)
	}
	if len(w.sent) != 1 {
		t.Errorf("%d requests, want 1", len(w.sent))
	}
}

// TestPostersRecogniseTheirEntries loses replies, so that the SDK repeats what has taken effect. DynamoDB itself knows
// the repetition of a transaction by the token that both carry; the emulator does not.
func TestPostersRecogniseTheirEntries(t *testing.T) {
	f, s := open(t, nil)
	b := plainBatch("b")
	if _, err := s.CreateBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	tokens := map[any]bool{}
	f.rule = func(r *request) reply {
		if r.op == "TransactWriteItems" {
			token := strings.SplitN(string(r.body), `"ClientRequestToken":"`, 2)[1]
			tokens[token[:36]] = true
		}
		return on("TransactWriteItems", lose)(r)
	}
	got, err := s.Post(t.Context(), posted("e"), &b)
	if diff := cmp.Diff(posted("e"), got.Entry); diff != "" || !errors.Is(err, job.ErrExists) {
		t.Errorf("%v, want ErrExists with the entry (-want +got):\n%s", err, diff)
	}
	if len(tokens) != 1 || f.count("TransactWriteItems") != 2 {
		t.Errorf("%d requests with %d tokens, want 2 with one", f.count("TransactWriteItems"), len(tokens))
	}
	if n, err := s.Spent(t.Context(), "ann", "2026-11-22"); n != 300 || err != nil {
		t.Errorf("spent %d, %v; want 300", n, err)
	}
	f.rule = on("UpdateItem", lose)
	b.Version, b.Stamp = 2, "mine"
	if now, err := s.UpdateBatch(t.Context(), b); !errors.Is(err, job.ErrConflict) || now.Stamp != "mine" || now.Version != 3 {
		t.Errorf("update: %q at version %d, %v", now.Stamp, now.Version, err)
	}
}

// TestABatchIsWrittenThoughAnEntryIsBeingPosted has DynamoDB refuse a write because of a transaction that is under way.
func TestABatchIsWrittenThoughAnEntryIsBeingPosted(t *testing.T) {
	conflict := func(*request) reply { return refuse("TransactionConflictException", "conflict") }
	f, s := open(t, on("PutItem", conflict))
	b, err := s.CreateBatch(t.Context(), plainBatch("b"))
	if err != nil || f.count("PutItem") != 2 {
		t.Fatalf("create: %v after %d requests", err, f.count("PutItem"))
	}
	f.rule = on("UpdateItem", conflict)
	if b, err = s.UpdateBatch(t.Context(), b); err != nil || b.Version != 2 || f.count("UpdateItem") != 2 {
		t.Fatalf("update: version %d, %v after %d requests", b.Version, err, f.count("UpdateItem"))
	}
	f.rule = on("TransactWriteItems", func(*request) reply { return canceled("None", "TransactionConflict") })
	if err := s.EraseBatch(t.Context(), "b", 2); err != nil || f.count("TransactWriteItems") != 2 {
		t.Errorf("erase: %v after %d requests", err, f.count("TransactWriteItems"))
	}
}

func TestKeysOfTheBooksAreUnambiguous(t *testing.T) {
	long := strings.Repeat("x", 3000)
	seen := map[string]string{}
	for _, owner := range []string{"", "a", "#a", "2026-11-22#a", long, long + "y"} {
		for _, day := range []string{"2026-11-22", "2026-11-23"} {
			k := dayKey(owner, day)
			if seen[k] != "" || len(k) > 2048 {
				t.Errorf("%.40q is the key of two days", k)
			}
			seen[k] = owner + " " + day
		}
	}
}
