package dynamostore

import (
	"net/http"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/request"
)

// TestATouchCountsItsJobOnce lets the write of a job's record fail again and again after the touch of its flow.
func TestATouchCountsItsJobOnce(t *testing.T) {
	f, st := open(t, nil)
	s := &job.Submitter{
		Recorder: job.Recorder{Records: st, Batches: st}, Timers: st, Standings: st, Days: st, Creator: st,
		Dispatcher: &job.Dispatcher{Toucher: st}, Limiter: &pace.Limiter{Limits: func(string) pace.Limits { return pace.Limits{Start: 60, Max: 60} }},
	}
	core, _ := model.Find("core")
	key := job.FlowKey{Model: core.ID, Owner: "ann"}
	if err := st.Touch(t.Context(), []job.Touch{{FlowKey: key, At: time.Now(), Waiting: 1}}); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	failures := 0
	f.rule = func(r *operation) reply {
		if r.op == "PutItem" && failures < 8 {
			failures++
			return reply{status: http.StatusInternalServerError, body: []byte(`{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`)}
		}
		return r.pass(r.body)
	}
	f.mu.Unlock()
	if _, err := s.Submit(t.Context(), job.Caller{Owner: "ann"}, request.Request{Settings: request.Settings{Prompt: "a fox"}}, ""); err != nil {
		t.Fatal(err)
	}
	_, flow, err := st.Standing(t.Context(), key)
	if err != nil || flow.Waiting != 2 || failures != 8 {
		t.Errorf("%d jobs wait in the flow after %d failures, want 2 after 8 (%v)", flow.Waiting, failures, err)
	}
}
