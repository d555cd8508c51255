package dynamostore

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// flowOfB is a flow of batch b, and flowOfAnn that of ann's single jobs.
var (
	flowOfB   = job.FlowKey{Model: "core", Owner: "ann", BatchID: "b", CancelNo: 2}
	flowOfAnn = job.FlowKey{Model: "core", Owner: "ann"}
)

// TestLineRequests holds what is sent for a line against what DynamoDB must be asked for.
func TestLineRequests(t *testing.T) {
	w, s := wired(nil)
	day := instantOf("2026-11-22T10:00:00Z")
	_, _, _ = s.Flows(t.Context(), "core")
	_, _, _ = s.Standing(t.Context(), flowOfB)
	_, _ = s.ReadCounters(t.Context(), []string{"b", "c"})
	_, _ = s.Dispatched(t.Context(), "core")
	_, _ = s.Waiters(t.Context(), flowOfB, nil, 7)
	_, _ = s.Waiters(t.Context(), flowOfB, &job.Waiter{ID: "a", Queued: day, Position: 9}, 7)
	_ = s.SetStanding(t.Context(), job.Standing{Model: "core", At: day, Time: 9, Enqueued: 3, Round: job.Round{Start: 9, Owners: 1, Since: []time.Time{day}}, Crowds: []job.Crowd{{Owners: 1, Jobs: 2}}})
	const ofFlow = `"IndexName":"flow","ScanIndexForward":true,"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to",
		"ExpressionAttributeNames":{"#pk":"flow_pk","#sk":"flow_sk"}`
	w.expect(t,
		`Query {"TableName":"jobs","ConsistentRead":true,"KeyConditionExpression":"#pk = :pk","ExpressionAttributeNames":{"#pk":"pk"},
			"ExpressionAttributeValues":{":pk":{"S":"line#core"}}}`,
		`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"line#core"},"sk":{"S":"standing"}},
			{"pk":{"S":"line#core"},"sk":{"S":"batch#b#2"}}]}}}`,
		`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"counters#b"},"sk":{"S":"-"}},
			{"pk":{"S":"counters#c"},"sk":{"S":"-"}}]}}}`,
		`Query {"TableName":"jobs","IndexName":"due","ScanIndexForward":true,"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to",
			"ExpressionAttributeNames":{"#pk":"due_pk","#sk":"due_sk"},
			"ExpressionAttributeValues":{":pk":{"S":"enqueued#core"},":from":{"S":"0"},":to":{"S":":"}}}`,
		`Query {"TableName":"jobs",`+ofFlow+`,"Limit":7,"ExpressionAttributeValues":{":pk":{"S":"core#batch#b#2"},":from":{"S":"0"},":to":{"S":":"}}}`,
		`Query {"TableName":"jobs",`+ofFlow+`,"Limit":8,"ExpressionAttributeValues":{":pk":{"S":"core#batch#b#2"},
			":from":{"S":"2026-11-22T10:00:00.000000Z#0000000000000000009#a"},":to":{"S":":"}}}`,
		`PutItem {"TableName":"jobs","Item":{"pk":{"S":"line#core"},"sk":{"S":"standing"},"model":{"S":"core"},"at":{"S":"2026-11-22T10:00:00Z"},
			"time":{"N":"9"},"enqueued":{"N":"3"},"round":{"M":{"start":{"N":"9"},"owners":{"N":"1"},"since":{"L":[{"S":"2026-11-22T10:00:00Z"}]}}},"crowds":{"L":[{"M":{"owners":{"N":"1"},"jobs":{"N":"2"}}}]}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`)
}

// TestTimersAreFoundByTwoRequests bounds what the sweep asks for in each run, for each model.
func TestTimersAreFoundByTwoRequests(t *testing.T) {
	w, s := wired(nil)
	if _, err := s.Fired(t.Context(), "core", instantOf("2026-11-22T10:00:00Z"), 50); err != nil {
		t.Fatal(err)
	}
	sent := strings.Join(w.sent, " ")
	if len(w.sent) != 2 || strings.Count(sent, `"enqueued#core"`) != 1 || strings.Count(sent, `"timer#core"`) != 1 {
		t.Errorf("requests: %s; want one for each partition", sent)
	}
}

// TestFlowsAreWrittenByTheirAttributes holds that no write of a flow replaces what another has written.
func TestFlowsAreWrittenByTheirAttributes(t *testing.T) {
	at := func(n int64) time.Time { return time.UnixMicro(n).UTC() }
	const ofB, ofAnn = "Update line#core batch#b#2 ", "Update line#core single#ann "
	touch := func(one job.Touch) func(s *Store) error {
		return func(s *Store) error { return s.Touch(t.Context(), []job.Touch{one}) }
	}
	advance := func(a job.Advance) func(s *Store) error {
		return func(s *Store) error { a.FlowKey = flowOfAnn; return s.Advance(t.Context(), a) }
	}
	leave := func(f job.Flow) func(s *Store) error {
		return func(s *Store) error { f.FlowKey = flowOfB; return s.Leave(t.Context(), f) }
	}
	for name, c := range map[string]struct {
		call func(s *Store) error
		want string
	}{
		"a touch of a batch": {
			touch(job.Touch{FlowKey: flowOfB, At: at(5), Waiting: 3}), ofB + "SET owner = ann, batch_id = b, cancel_no = 2, time = if_not_exists(time, 0), " +
				"touched = 5, first = if_not_exists(first, 5) ADD waiting 3 OR SHOW",
		},
		"a touch of an owner": {
			touch(job.Touch{FlowKey: flowOfAnn, At: at(5)}),
			ofAnn + "SET owner = ann, time = if_not_exists(time, 0), touched = 5, first = if_not_exists(first, 5) OR SHOW",
		},
		"a direct turn": {
			touch(job.Touch{FlowKey: flowOfAnn, At: at(5), Direct: true}),
			ofAnn + "SET owner = ann, time = if_not_exists(time, 0), direct = 5 ADD turns 1 OR SHOW",
		},
		"an advance": {
			advance(job.Advance{Was: 3, Time: 7, Turns: 2, Given: 4, First: at(8), FirstPosition: 9}),
			ofAnn + "SET time = 7, first = 8, first_position = 9 ADD turns -2, waiting -4 IF time = 3 OR SHOW",
		},
		"an advance that empties": {
			advance(job.Advance{Was: 3, Time: 7, Given: 4, Looked: at(6)}),
			ofAnn + "SET time = 7, looked = 6 REMOVE waiting, first, first_position IF time = 3 OR SHOW",
		},
		"a flow leaves": {
			leave(job.Flow{Touched: at(5), Direct: at(6)}),
			"Delete line#core batch#b#2 IF (attribute_not_exists(pk) OR touched = 5 AND direct = 6) OR SHOW",
		},
		"a flow without a direct turn leaves": {
			leave(job.Flow{Touched: at(5)}),
			"Delete line#core batch#b#2 IF (attribute_not_exists(pk) OR touched = 5 AND attribute_not_exists(direct)) OR SHOW",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			if err := c.call(s); err != nil || len(w.sent) != 1 {
				t.Fatalf("%d requests, %v", len(w.sent), err)
			}
			if got := brief(t, w.sent[0])[1]; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestAFlowWhoseReplyWasLost shows what a repetition by the SDK does to a flow, as the comments of the methods say it.
func TestAFlowWhoseReplyWasLost(t *testing.T) {
	f, s := open(t, nil)
	lost := func(op string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		clear(f.calls)
		f.rule = on(op, lose)
	}
	day := instantOf("2026-11-22T10:00:00Z")
	lost("UpdateItem")
	if err := s.Touch(t.Context(), []job.Touch{{FlowKey: flowOfAnn, At: day, Waiting: 3}}); err != nil {
		t.Error(err)
	}
	flow := job.Flow{FlowKey: flowOfAnn, Touched: day, First: day, Waiting: 6}
	expectLine(t, s, flow)
	lost("UpdateItem")
	err := s.Advance(t.Context(), job.Advance{FlowKey: flowOfAnn, Time: 5, Given: 1, First: day})
	if !errors.Is(err, job.ErrConflict) {
		t.Errorf("advance: %v, want ErrConflict", err)
	}
	flow.Time, flow.Waiting = 5, 5
	expectLine(t, s, flow)
	lost("DeleteItem")
	if err := s.Leave(t.Context(), flow); err != nil {
		t.Errorf("leave: %v", err)
	}
	expectLine(t, s)
}

func expectLine(t *testing.T, s *Store, want ...job.Flow) {
	t.Helper()
	_, flows, err := s.Flows(t.Context(), "core")
	if diff := cmp.Diff(want, flows); diff != "" || err != nil {
		t.Errorf("flows (-want +got), %v:\n%s", err, diff)
	}
}

func TestAFlowThatCannotBeReadHidesNoOther(t *testing.T) {
	f, s := open(t, nil)
	if err := s.Touch(t.Context(), []job.Touch{{FlowKey: flowOfB, At: instantOf("2026-11-22T10:00:00Z"), Waiting: 1}}); err != nil {
		t.Fatal(err)
	}
	ask(t, *f.back.BaseEndpoint, "PutItem", fmt.Sprintf(`{"TableName":%q,"Item":{"pk":{"S":"line#%s"},"sk":{"S":"single#ann"},"time":{"S":"late"}}}`, s.table, flowOfB.Model))
	_, flows, err := s.Flows(t.Context(), flowOfB.Model)
	if err == nil || !strings.Contains(err.Error(), "single#ann") || len(flows) != 1 || flows[0].FlowKey != flowOfB {
		t.Errorf("got %+v, %v", flows, err)
	}
}

// TestALineThatIsRefusedIsAskedAgain refuses each write of a line for lack of capacity, more often than the SDK repeats.
func TestALineThatIsRefusedIsAskedAgain(t *testing.T) {
	refused := map[string]int{}
	_, s := open(t, func(r *operation) reply {
		if refused[r.op]++; refused[r.op] <= 5 {
			return refuse("ThrottlingException", "Rate exceeded")
		}
		return r.pass(r.body)
	})
	at := instantOf("2026-11-22T10:00:00Z")
	touched := s.Touch(t.Context(), []job.Touch{{FlowKey: flowOfAnn, At: at}})
	set := s.SetStanding(t.Context(), job.Standing{Model: "core"})
	left := s.Leave(t.Context(), job.Flow{FlowKey: flowOfAnn, Touched: at})
	if err := errors.Join(touched, set, left); err != nil {
		t.Error(err)
	}
}

// TestALineOfAnotherFormIsAnError has items that hold texts where numbers belong.
func TestALineOfAnotherFormIsAnError(t *testing.T) {
	for name, it := range map[string]string{
		"a flow":     `{"pk":{"S":"line#core"},"sk":{"S":"single#ann"},"time":{"S":"x"}}`,
		"a standing": `{"pk":{"S":"line#core"},"sk":{"S":"standing"},"time":{"S":"x"}}`,
		"a job":      `{"pk":{"S":"a"},"flow_sk":{"S":"2026-11-22T10:00:00.000000Z#0000000000000000009#a"},"price_micro_usd":{"S":"x"}}`,
	} {
		_, s := wired(func(op, _ string) (int, string) {
			if op == "BatchGetItem" {
				return http.StatusOK, `{"Responses":{"jobs":[` + it + `]}}`
			}
			return http.StatusOK, `{"Items":[` + it + `]}`
		})
		_, _, read := s.Standing(t.Context(), flowOfAnn)
		_, _, listed := s.Flows(t.Context(), "core")
		_, waits := s.Waiters(t.Context(), flowOfAnn, nil, 5)
		_, out := s.Dispatched(t.Context(), "core")
		if name == "a job" {
			read, listed = waits, out
		}
		if read == nil || listed == nil {
			t.Errorf("%s of another form is read without an error", name)
		}
	}
}

// TestALineOfSeveralPagesIsRead has DynamoDB send nothing first and say that there is more.
func TestALineOfSeveralPagesIsRead(t *testing.T) {
	_, s := wired(func(_, body string) (int, string) {
		const more = `"LastEvaluatedKey":{"pk":{"S":"x"},"sk":{"S":"x"}}`
		flow := func(n int) string {
			return fmt.Sprintf(`{"pk":{"S":"line#core"},"sk":{"S":"batch#%d#0"},"owner":{"S":"ann"},"batch_id":{"S":"%[1]d"},"time":{"N":"4"}}`, n)
		}
		switch {
		case !strings.Contains(body, "ExclusiveStartKey"):
			return http.StatusOK, `{"Items":[],` + more + `}`
		case !strings.Contains(body, `"y"`):
			return http.StatusOK, `{"Items":[` + flow(1) + `,` + flow(2) + `],` + strings.ReplaceAll(more, "x", "y") + `}`
		}
		return http.StatusOK, `{"Items":[{"sk":{"S":"standing"},"time":{"N":"9"}}]}`
	})
	st, flows, err := s.Flows(t.Context(), "core")
	if err != nil || st.Time != 9 {
		t.Errorf("time %d, %v; want 9", st.Time, err)
	}
	var want []job.Flow
	for _, id := range []string{"1", "2"} {
		want = append(want, job.Flow{FlowKey: job.FlowKey{Model: "core", Owner: "ann", BatchID: id}, Time: 4})
	}
	if diff := cmp.Diff(want, flows); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}

// TestLinesAreWrittenAsTheyWereFrozen makes the frozen flow and standing in the emulator, and reads them.
func TestLinesAreWrittenAsTheyWereFrozen(t *testing.T) {
	f, s := open(t, nil)
	at := func(n int) time.Time {
		return instantOf("2026-11-23T02:00:00.057037Z").Add(time.Duration(n) * time.Second)
	}
	flow := job.Flow{
		FlowKey: job.FlowKey{Model: "core", Owner: "local", BatchID: frozenBatch, CancelNo: 3}, Time: 1 << 30, Touched: at(1),
		Looked: at(2), Turns: 2, Direct: at(3), Waiting: 5, First: at(4), FirstPosition: 17,
	}
	st := job.Standing{
		Model: "core", At: at(5), Time: 1 << 31, Enqueued: 7,
		Round: job.Round{Start: 1 << 31, Owners: 2, Since: []time.Time{at(6), at(7)}}, Crowds: []job.Crowd{{Owners: 1, Jobs: 1}, {}},
	}
	touch := func(one job.Touch) error { one.FlowKey = flow.FlowKey; return s.Touch(t.Context(), []job.Touch{one}) }
	made := errors.Join(touch(job.Touch{At: at(1)}), touch(job.Touch{At: at(3), Direct: true}), touch(job.Touch{At: at(3), Direct: true}),
		s.Advance(t.Context(), job.Advance{FlowKey: flow.FlowKey, Time: flow.Time, Looked: at(2), First: at(4), FirstPosition: 17}),
		touch(job.Touch{At: at(1), Waiting: 5}), s.SetStanding(t.Context(), st))
	if made != nil {
		t.Fatal(made)
	}
	for name, sort := range map[string]string{"flow": flow.Name(), "standing": standing} {
		raw := ask(t, *f.back.BaseEndpoint, "GetItem", fmt.Sprintf(`{"TableName":%q,"Key":{"pk":{"S":"line#core"},"sk":{"S":%q}}}`, s.table, sort))["Item"]
		var was any
		if err := json.Unmarshal([]byte(frozen(t, name)), &was); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(was, raw); diff != "" {
			t.Errorf("%s (-frozen +now):\n%s", name, diff)
		}
	}
	expectLine(t, s, flow)
}
