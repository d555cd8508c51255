package local

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
)

// stream reads the events of a server.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (r *running) stream(t *testing.T) *stream {
	t.Helper()
	response, err := http.Get(r.url + "/events")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &stream{t, lines}
}

// until reads events until one satisfies the test, and fails where the stream ends before.
func (s *stream) until(what string, enough func(name, data string) bool) {
	s.t.Helper()
	name := ""
	for s.lines.Scan() {
		if after, ok := strings.CutPrefix(s.lines.Text(), "event: "); ok {
			name = after
		}
		if data, ok := strings.CutPrefix(s.lines.Text(), "data: "); ok && enough(name, data) {
			return
		}
	}
	s.t.Fatalf("the stream has ended before %s: %v", what, s.lines.Err())
}

func TestAPageHearsOfEachStepOfAJob(t *testing.T) {
	r := up(t, Options{})
	s := r.stream(t)
	s.until("sync", func(name, _ string) bool { return name == "sync" })
	ordered, err := r.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a red fox"}}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var told api.Job
	s.until("the end of the job", func(name, data string) bool {
		if err := json.Unmarshal([]byte(data), &told); err != nil || name != "job" || told.ID != ordered.ID {
			t.Fatalf("%s %s: %v", name, data, err)
		}
		return told.Ended()
	})
	if told.Status != "succeeded" || len(told.Images) != 1 || told.Images[0].ThumbnailURL == nil {
		t.Fatalf("got %+v", told)
	}
	fetch(t, told.Images[0].URL)
	fetch(t, *told.Images[0].ThumbnailURL)
	archive := fetch(t, r.url+"/images.zip?id="+ordered.ID)
	if z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive))); err != nil || len(z.File) != 2 {
		t.Errorf("the archive: %v", err)
	}
	if _, err := r.client.Star(t.Context(), ordered.ID, true); err != nil {
		t.Fatal(err)
	}
	s.until("the star", func(name, data string) bool { return name == "job" && strings.Contains(data, `"starred":true`) })
	if err := r.client.Delete(t.Context(), ordered.ID); err != nil {
		t.Fatal(err)
	}
	s.until("the deletion", func(name, data string) bool { return name == "deleted" && strings.Contains(data, ordered.ID) })
}

func TestAPageHearsOfABatch(t *testing.T) {
	r := up(t, Options{})
	s := r.stream(t)
	s.until("sync", func(name, _ string) bool { return name == "sync" })
	response, err := http.Post(r.url+"/batches", "application/json", strings.NewReader(`{"prompts":["a fox","a hare"]}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	var told api.Batch
	s.until("the end of the batch", func(name, data string) bool {
		return name == "batch" && json.Unmarshal([]byte(data), &told) == nil && told.Status == "completed" && told.CompletedAt != nil
	})
	if told.Counts.Succeeded != 2 {
		t.Errorf("got %+v", told)
	}
}

func TestAStreamDoesNotKeepAServerFromStopping(t *testing.T) {
	r := up(t, Options{})
	s := r.stream(t)
	s.until("sync", func(name, _ string) bool { return name == "sync" })
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took >= shutdownTime {
		t.Errorf("it stopped after %v", took)
	}
	if s.lines.Scan() && s.lines.Text() != "" {
		t.Errorf("the stream goes on: %q", s.lines.Text())
	}
}
