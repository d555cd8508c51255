package functions

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/job"
)

// A worker is killed at the worst moments, and its message comes again. The worker that receives it makes no second call while the
// dead one may be at work, and none afterwards where one call is all that the job allows.
func TestAJobOfAKilledWorkerIsPaidOnce(t *testing.T) {
	for name, c := range map[string]struct {
		stand  func(*testing.T, *account) (setting string, reached <-chan struct{})
		status job.Status
		code   string // of the failure
	}{
		"during the call":              {inCall, job.Failed, job.CodeExhausted},
		"after the picture was stored": {inPut, job.Succeeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := deploy(t)
			id := a.order(t)
			a.die(t, c.stand)
			j := a.again(t, id)
			code := ""
			if j.Failure != nil {
				code = j.Failure.Code
			}
			if j.Status != c.status || code != c.code || len(j.Images) == 1 != (c.status == job.Succeeded) || a.paid() != 1 {
				t.Errorf("%s %s with %d pictures after %d calls, want %s %s after 1", j.Status, code, len(j.Images), a.paid(), c.status, c.code)
			}
		})
	}
}

// order submits the lion with a single call allowed, and returns the job's ID.
func (a *account) order(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../events/submit-core.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	e.Body = `{"prompt": "a lion", "seed": 11, "max_model_calls": 1}`
	if data, err = json.Marshal(e); err != nil {
		t.Fatal(err)
	}
	var out events.APIGatewayV2HTTPResponse
	answer := a.start(t, "submit").invoke(t, data)
	if err := json.Unmarshal(answer, &out); err != nil || out.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %v", answer, err)
	}
	return lion
}

// die gives the message to a worker that is brought to a stand, kills it there, and lets the message be received again.
func (a *account) die(t *testing.T, stand func(*testing.T, *account) (string, <-chan struct{})) {
	t.Helper()
	setting, reached := stand(t, a)
	m := a.receive(t)
	worker := a.start(t, "worker", setting)
	answer := worker.begin(t, batch(t, m), limits["worker"])
	select {
	case <-reached:
	case r := <-answer:
		t.Fatalf("the worker came through and answered %s", r.body)
	case <-worker.ended:
		t.Fatalf("the worker ended by itself: %s", &worker.errors)
	}
	worker.kill()
	a.show(t, m)
}

// again delivers the message to a second worker: first while the lease of the dead one lasts, and once more when it has
// ended, which the test brings about by itself.
func (a *account) again(t *testing.T, id string) job.Job {
	t.Helper()
	worker := a.start(t, "worker")
	m := a.receive(t)
	if a.deliver(t, worker, m) {
		t.Error("the second worker was done with the message while the first may have been at work")
	}
	j := a.record(t, id)
	if j.Status != job.Running || j.Lease == nil || a.paid() != 1 {
		t.Fatalf("after the second delivery the job is %s with the lease %+v, %d calls", j.Status, j.Lease, a.paid())
	}
	j.Lease.Until = time.Now()
	if _, err := a.store.Update(t.Context(), job.Transaction{WriteID: "ended", Jobs: []job.Job{j}}); err != nil {
		t.Fatal(err)
	}
	a.show(t, m)
	if m = a.receive(t); !a.deliver(t, worker, m) {
		t.Error("the second worker is not done with the message once the lease has ended")
	}
	return a.record(t, id)
}

// inCall is a model that paints, is paid and never answers.
func inCall(t *testing.T, a *account) (setting string, reached <-chan struct{}) {
	t.Helper()
	url, reached := stand(t, a.sim, http.MethodPost)
	return "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + url, reached
}

// inPut is a bucket that takes a picture and never says so.
func inPut(t *testing.T, a *account) (setting string, reached <-chan struct{}) {
	t.Helper()
	emulator, err := url.Parse(*a.aws.BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	url, reached := stand(t, httputil.NewSingleHostReverseProxy(emulator), http.MethodPut)
	return "AWS_ENDPOINT_URL_S3=" + url, reached
}

// stand does what it is asked, but keeps back the answer to the first request of a method until the client is gone.
func stand(t *testing.T, next http.Handler, method string) (url string, reached <-chan struct{}) {
	t.Helper()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(httptest.NewRecorder(), r)
		close(done)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL, done
}
