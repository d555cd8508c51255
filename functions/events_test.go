package functions

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	_ "image/jpeg" // to read the lion
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/bedrocksim"
	"easel/shared/job"
)

// lion is the job that submit-core.json orders and that the other events are about.
const lion = "e5967c82-7083-51ba-8b00-7924f5006cfc"

// story is a run through the events of the folder events, with all functions at work. It notes which files were used, so that
// none is forgotten.
type story struct {
	*account
	front                         *front
	submit, worker, status, sweep *function

	unused map[string]bool
}

func begin(t *testing.T) *story {
	t.Helper()
	files, err := filepath.Glob("../events/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	s := &story{account: deploy(t), unused: map[string]bool{}}
	for _, file := range files {
		s.unused[strings.TrimSuffix(filepath.Base(file), ".json")] = true
	}
	delete(s.unused, "env") // settings, no event
	s.front = s.watch(t)
	s.env = append(s.env, "DAILY_BUDGET_USD=100")
	s.submit, s.worker, s.status, s.sweep = s.start(t, "submit"), s.start(t, "worker"), s.start(t, "status"), s.start(t, "sweep")
	return s
}

func (s *story) event(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	delete(s.unused, name)
	return data
}

// ask gives a function the request of an event. It must answer with the status; into gets the body.
func (s *story) ask(t *testing.T, f *function, name string, status int, into any) {
	t.Helper()
	answer := f.invoke(t, s.event(t, name))
	var out events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if out.StatusCode != status {
		t.Fatalf("%s: %d, want %d: %s", name, out.StatusCode, status, out.Body)
	}
	if err := json.Unmarshal([]byte(out.Body), into); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// TestTheFunctionsAnswerEveryEvent goes from the order to the picture with the functions as Lambda gets them.
func TestTheFunctionsAnswerEveryEvent(t *testing.T) {
	s := begin(t)
	mountain := s.order(t)
	s.work(t, mountain)
	s.look(t, mountain)
	s.herd(t)
	s.end(t)
	if len(s.unused) > 0 {
		t.Errorf("events that nobody answered: %v", slices.Sorted(maps.Keys(s.unused)))
	}
	s.hush(t)
}

// order submits both jobs, one of them twice, and one that is none. It returns the ID of the second.
func (s *story) order(t *testing.T) (mountain string) {
	t.Helper()
	var first, second, again api.Job
	var refused api.Problem
	s.ask(t, s.submit, "submit-core", http.StatusAccepted, &first)
	s.ask(t, s.submit, "submit-ultra", http.StatusAccepted, &second)
	s.ask(t, s.submit, "submit-bad", http.StatusUnprocessableEntity, &refused)
	s.ask(t, s.submit, "submit-core", http.StatusOK, &again)
	if first.ID != lion || again.ID != lion || second.ID == lion {
		t.Errorf("ordered as %s and %s, and again as %s", first.ID, second.ID, again.ID)
	}
	var wrong []string
	for _, e := range refused.Errors {
		wrong = append(wrong, e.Pointer)
	}
	if diff := cmp.Diff([]string{"/aspect_ratio", "/n", "/width"}, slices.Sorted(slices.Values(wrong))); diff != "" {
		t.Errorf("what is wrong with the bad one (-want +got):\n%s", diff)
	}
	return second.ID
}

// work answers the messages that are in the queue, the lion's in the form of the event.
func (s *story) work(t *testing.T, mountain string) {
	t.Helper()
	bodies := map[string]string{}
	for range 2 {
		m := s.receive(t)
		j, err := job.ParseMessage(*m.Body)
		if err != nil {
			t.Fatal(err)
		}
		bodies[j.ID] = *m.Body
		if j.ID == mountain && !s.deliver(t, s.worker, m) {
			t.Error("the worker is not done with the mountain")
		}
		s.remove(t, m)
	}
	for _, c := range []struct {
		name, body string
		done       bool
		paid       int // calls so far
	}{
		{"worker-unknown", "", true, 1},
		{"worker-good", bodies[lion], true, 2},
		{"worker-duplicate", bodies[lion], true, 2},
		{"worker-poison", "", false, 2},
	} {
		event := s.event(t, c.name)
		m := only(t, event)
		if c.body != "" { // the number of the message begins at the job's creation
			event = bytes.Replace(event, quoted(t, *m.Body), quoted(t, c.body), 1)
			m = only(t, event)
		}
		if c.body != "" && *m.Body != c.body {
			t.Errorf("%s has %s, and the queue had %s", c.name, *m.Body, c.body)
		}
		if done := settled(t, m, s.worker.invoke(t, event)); done != c.done || s.paid() != c.paid {
			t.Errorf("%s: done %t, %d calls paid, want %t and %d", c.name, done, s.paid(), c.done, c.paid)
		}
	}
	s.poison(t)
}

// poison stays in the queue, and comes back at once: its receives are soon used up.
func (s *story) poison(t *testing.T) {
	t.Helper()
	if _, err := s.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.url, MessageBody: aws.String("Hello from SQS!")}); err != nil {
		t.Fatal(err)
	}
	m := s.receive(t)
	if s.deliver(t, s.worker, m) {
		t.Error("the worker is done with poison")
	}
	if again := s.receive(t); *again.MessageId != *m.MessageId || again.Attributes["ApproximateReceiveCount"] != "2" {
		t.Errorf("received %s after the poison, for the %s. time", *again.Body, again.Attributes["ApproximateReceiveCount"])
	}
}

// look is what clients see in the end, and what is stored.
func (s *story) look(t *testing.T, mountain string) {
	t.Helper()
	var done api.Job
	var unknown api.Problem
	var list api.JobList
	s.ask(t, s.status, "status-done", http.StatusOK, &done)
	s.ask(t, s.status, "status-unknown", http.StatusNotFound, &unknown)
	s.ask(t, s.status, "status-list", http.StatusOK, &list)
	if len(list.Data) != 2 || list.Data[0].ID != mountain || list.Data[1].ID != lion {
		t.Errorf("listed %+v", list.Data)
	}
	if len(done.Images) != 1 || done.Status != string(job.Succeeded) || !done.Simulated {
		t.Fatalf("the lion is %+v", done)
	}
	fetch(t, done.Images[0])
	for _, id := range []string{lion, mountain} {
		s.stored(t, s.record(t, id))
	}
	if r := s.sim.Ledger(bedrocksim.Filter{}); len(r.Entries) != 2 || r.Totals[bedrocksim.Executed] != 2 || r.Entries[0].Prompt == r.Entries[1].Prompt {
		t.Errorf("the model was called so: %+v", r)
	}
}

// fetch gets the picture as a browser would, through its address alone.
func fetch(t *testing.T, img api.Image) {
	t.Helper()
	response, err := http.Get(img.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "image/jpeg" {
		t.Fatalf("%s, as %s: %v", response.Status, response.Header.Get("Content-Type"), err)
	}
	got, form, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || form != "jpeg" || got.Width != img.Width || got.Height != img.Height || sum(data) != img.SHA256 {
		t.Errorf("a %s of %d by %d with hash %s, told as %+v: %v", form, got.Width, got.Height, sum(data), img, err)
	}
}

func sum(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

// stored checks the record of a job that has ended, and its picture in the bucket.
func (s *story) stored(t *testing.T, j job.Job) {
	t.Helper()
	if j.Status != job.Succeeded || j.Calls != 1 || j.Lease != nil || j.Due != nil || len(j.Images) != 1 {
		t.Fatalf("the record says %+v", j)
	}
	img := j.Images[0]
	object, err := s.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(name), Key: &img.Key})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	data, err := io.ReadAll(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	if sum(data) != img.SHA256 {
		t.Errorf("%s has %d bytes, and not those that its record says", img.Key, len(data))
	}
}

// quoted is a text as a JSON file has it.
func quoted(t *testing.T, text string) []byte {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// only is the message of an event.
func only(t *testing.T, event []byte) types.Message {
	t.Helper()
	var e events.SQSEvent
	if err := json.Unmarshal(event, &e); err != nil || len(e.Records) != 1 {
		t.Fatalf("not an event with one message: %s, %v", event, err)
	}
	return types.Message{MessageId: &e.Records[0].MessageId, Body: &e.Records[0].Body}
}
