package eventbus_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"easel/shared/awstest"
	"easel/shared/eventbus"
	"easel/shared/job"
	"easel/shared/request"
)

const (
	taken   = `{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}`
	private = "nobody's business"
)

// service answers every request alike and keeps the last.
type service struct {
	status int
	reply  string
	body   []byte
	header http.Header
	heard  func(body []byte) // called with each request; nil: not called
}

func (s *service) bus(t *testing.T) *eventbus.Bus {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.body, s.header = body, r.Header
		if s.heard != nil {
			s.heard(body)
		}
		w.WriteHeader(s.status)
		fmt.Fprint(w, s.reply)
	}))
	t.Cleanup(server.Close)
	cfg := awstest.Config(server.URL)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return eventbus.New(cfg)
}

// sent is what a job's event says: its envelope and its detail.
func sent(t *testing.T, j job.Job) (entry, detail map[string]any) {
	t.Helper()
	return told(t, func(b *eventbus.Bus) error { return b.Ended(t.Context(), j) })
}

func told(t *testing.T, tell func(*eventbus.Bus) error) (entry, detail map[string]any) {
	t.Helper()
	s := service{status: http.StatusOK, reply: taken}
	if err := tell(s.bus(t)); err != nil {
		t.Fatal(err)
	}
	if target := s.header.Get("X-Amz-Target"); target != "AWSEvents.PutEvents" {
		t.Errorf("the request is %s", target)
	}
	var in struct{ Entries []map[string]any }
	if err := json.Unmarshal(s.body, &in); err != nil || len(in.Entries) != 1 {
		t.Fatalf("%d events: %v", len(in.Entries), err)
	}
	entry = in.Entries[0]
	text, _ := entry["Detail"].(string)
	if err := json.Unmarshal([]byte(text), &detail); err != nil {
		t.Fatal(err)
	}
	delete(entry, "Detail")
	return entry, detail
}

// ended is a job that has something to keep to itself in every field that a client fills.
func ended() job.Job {
	at := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	return job.Job{
		ID: "0191f4c7", Owner: "iam:AROA123", Status: job.Succeeded, Model: "stability.core", CostMicroUSD: 80_000,
		Input: job.Input{Settings: request.Settings{Prompt: private, NegativePrompt: private}}, Sent: job.Sent{Prompt: private},
		User: private, Metadata: map[string]string{private: private}, CompletedAt: &at, Images: []job.Image{{Key: private}},
	}
}

func TestAnEventSaysHowAJobEnded(t *testing.T) {
	entry, detail := sent(t, ended())
	if diff := cmp.Diff(map[string]any{"Source": "easel", "DetailType": "Job ended", "Time": 1927857906.0}, entry); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	want := map[string]any{
		"id": "0191f4c7", "owner": "iam:AROA123", "status": "succeeded", "model": "stability.core", "simulated": false,
		"cost": map[string]any{"list_usd": 0.08},
	}
	if diff := cmp.Diff(want, detail); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
}

func TestAnEventSaysWhyAJobFailed(t *testing.T) {
	j := ended()
	j.Status, j.BatchID, j.CustomID, j.Simulated, j.CostMicroUSD = job.Failed, "b1", "tile <7>", true, 0
	j.Failure = &job.Failure{Code: job.CodeFiltered, Message: private}
	_, detail := sent(t, j)
	want := map[string]any{
		"id": "0191f4c7", "owner": "iam:AROA123", "status": "failed", "model": "stability.core", "simulated": true,
		"batch_id": "b1", "custom_id": "tile <7>", "error": map[string]any{"code": "content_filtered"},
		"cost": map[string]any{"list_usd": 0.0},
	}
	if diff := cmp.Diff(want, detail); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
}

func TestAnEventSaysHowABatchEnded(t *testing.T) {
	at := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	b := job.Batch{ID: "b1", Owner: "iam:AROA123", Name: private, Metadata: map[string]string{private: private}}
	counters := job.Counters{
		Models: map[string]job.Counts{"stability.core": {job.Succeeded: 90}, "stability.ultra": {job.Succeeded: 7, job.Failed: 3}},
		Cost:   4_000_000, At: map[job.Instant]time.Time{job.Ended: at},
	}
	entry, detail := told(t, func(bus *eventbus.Bus) error { return bus.BatchEnded(t.Context(), b, counters) })
	if diff := cmp.Diff(map[string]any{"Source": "easel", "DetailType": "Batch ended", "Time": 1927857906.0}, entry); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	want := map[string]any{
		"id": "b1", "owner": "iam:AROA123", "simulated": false,
		"counts": map[string]any{"queued": 0.0, "running": 0.0, "succeeded": 97.0, "failed": 3.0, "canceled": 0.0},
		"cost":   map[string]any{"list_usd": 4.0},
	}
	if diff := cmp.Diff(want, detail); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
}

// TestTheLargestEventFits stays below the 256 KB that targets take: a header of the API bounds the owner, the API the rest.
func TestTheLargestEventFits(t *testing.T) {
	j := ended()
	j.Owner, j.CustomID = strings.Repeat("\x01", 10_240), strings.Repeat("\x01", 512)
	j.Input.Prompt, j.Metadata = strings.Repeat("p", 300_000), map[string]string{"k": strings.Repeat("m", 300_000)}
	s := service{status: http.StatusOK, reply: taken}
	if err := s.bus(t).Ended(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if len(s.body) > 256_000 {
		t.Errorf("the request has %d bytes", len(s.body))
	}
}

func TestManyEndsAreToldInFewRequests(t *testing.T) {
	long := ended()
	long.Owner = strings.Repeat("\x01", 10_240) // six characters each in the event
	for name, c := range map[string]struct {
		jobs []job.Job
		want []int // events of each request
	}{
		"ten in a request":                  {slices.Repeat([]job.Job{ended()}, 23), []int{10, 10, 3}},
		"fewer where they would be too big": {slices.Repeat([]job.Job{long}, 7), []int{3, 3, 1}},
		"none":                              {nil, nil},
	} {
		var got []int
		s := service{status: http.StatusOK, reply: taken}
		s.heard = func(body []byte) {
			var in struct{ Entries []any }
			if err := json.Unmarshal(body, &in); err != nil || len(body) > 256_000 {
				t.Errorf("%s: %d bytes, %v", name, len(body), err)
			}
			got = append(got, len(in.Entries))
		}
		if err := s.bus(t).Ended(t.Context(), c.jobs...); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d events a request, want %d; %v", name, got, c.want, err)
		}
	}
}

func TestARefusedEventIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		service
		want string
	}{
		"refused":          {service{status: http.StatusOK, reply: `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"later"}]}`}, "InternalFailure: later"},
		"without a reason": {service{status: http.StatusOK, reply: `{"FailedEntryCount":1,"Entries":[]}`}, "refused without a reason"},
		"forbidden":        {service{status: http.StatusBadRequest, reply: `{"__type":"AccessDeniedException","message":"no"}`}, "AccessDeniedException: no"},
	} {
		err := c.bus(t).Ended(t.Context(), ended())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), private) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
