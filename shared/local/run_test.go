package local

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
)

// running is a server that a test started.
type running struct {
	url    string
	client *client.Client
	out    *sink
	log    *sink
	stop   func() error // tells it to stop and returns what Run returned
}

// sink collects output that another goroutine writes.
type sink struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// up starts a server on a free port with quick, tiny pictures.
func up(t *testing.T, o Options) *running {
	t.Helper()
	r := &running{out: &sink{}, log: &sink{}}
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Sim.Latency == 0 {
		o.Sim.Latency = -1
	}
	o.Sim.Tiny, o.Out, o.Log = true, r.out, slog.New(slog.NewTextHandler(r.log, nil))
	ready, ended := make(chan string, 1), make(chan error, 1)
	o.Ready = func(url string) { ready <- url }
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- Run(ctx, o) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = r.stop() })
	select {
	case r.url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the server did not start: %v", err)
	}
	here, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	if o.Addr != "127.0.0.1:0" { // this machine's name may lead nowhere
		r.url = "http://127.0.0.1:" + here.Port()
	}
	if r.client, err = client.New(r.url, ""); err != nil {
		t.Fatal(err)
	}
	return r
}

// fetch downloads a picture by its signed URL.
func fetch(t *testing.T, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return b
}

func TestTheTwoRequestsThatEverybodyTriesBecomePictures(t *testing.T) {
	r := up(t, Options{})
	for _, body := range []string{
		`{"prompt":"An image for girls having fun with beautiful colors, nice mountain view, with a river and some drinks","seed":0,"stylePreset":"cinematic"}`,
		`{"prompt":"A cute baby of lion, 8k ultra realistic, trending on artstation, 4 k","seed":0,"stylePreset":"digital-art"}`,
	} {
		// As curl sends it: without saying that it is JSON.
		resp, err := http.Post(r.url+"/jobs", "application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		id := filepath.Base(resp.Header.Get("Location"))
		if resp.StatusCode != http.StatusAccepted {
			t.Fatalf("got %s", resp.Status)
		}
		j, err := r.client.Get(t.Context(), id, 20*time.Second)
		if err != nil || j.Status != "succeeded" || !j.Simulated {
			t.Fatalf("got %+v, %v", j, err)
		}
		if _, err := png.Decode(bytes.NewReader(fetch(t, j.Images[0].URL))); err != nil {
			t.Error(err)
		}
	}
}

func TestNoPromptAndNoSignatureIsLogged(t *testing.T) {
	r := up(t, Options{})
	const canary = "a canary that nobody may read"
	for _, prompt := range []string{canary, canary + " [sim:filtered]", canary + " [sim:500]"} {
		j, err := r.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: prompt, NegativePrompt: canary}}, prompt, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(j.Images) > 0 {
			fetch(t, j.Images[0].URL)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	printed := r.out.String() + r.log.String()
	if strings.Contains(printed, "canary") || strings.Contains(printed, "signature") {
		t.Errorf("a secret was printed:\n%s", printed)
	}
	for _, want := range []string{"status=queued", "status=running", "status=succeeded", "status=failed", "code=content_filtered", "attempt=1", "ms="} {
		if !strings.Contains(printed, want) {
			t.Errorf("the log does not say %s:\n%s", want, printed)
		}
	}
}

func TestTheEndOfABatchIsLoggedOnce(t *testing.T) {
	r := up(t, Options{})
	b, err := r.client.CreateBatch(t.Context(), client.BatchSettings{Open: true}, "")
	if err == nil {
		_, err = r.client.AppendJobs(t.Context(), b.ID, client.Append{Rows: []api.JobRequest{{Settings: api.Settings{Prompt: "a red fox"}}, {Settings: api.Settings{Prompt: "a white fox [sim:filtered]"}}}}, "key")
	}
	if err == nil {
		_, err = r.client.SealBatch(t.Context(), b.ID)
	}
	if err == nil {
		b, err = r.client.Batch(t.Context(), b.ID, 20*time.Second)
	}
	if err != nil || b.Status != "completed" {
		t.Fatalf("got %+v, %v", b, err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if want := `msg="batch ended" batch=` + b.ID + " jobs=2 succeeded=1 failed=1 canceled=0"; strings.Count(r.log.String(), want) != 1 {
		t.Errorf("the log does not say once %s:\n%s", want, r.log)
	}
}

func TestAStopLetsRunningCallsEndAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := up(t, Options{Data: data, Workers: 2, Sim: SimOptions{Latency: time.Second, Quota: 1}})
	var ids []string
	for _, prompt := range []string{"first", "second", "third"} {
		j, err := r.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: prompt, Model: "sd35"}}, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, j.ID)
	}
	for {
		j, err := r.client.Get(t.Context(), ids[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		if j.Status == "running" {
			break
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.log.String(), "job="+ids[0]+" status=succeeded") {
		t.Errorf("the call that ran did not end:\n%s", r.log)
	}
	if strings.Contains(r.log.String(), "job="+ids[1]+" status=running") {
		t.Errorf("a job that waited for its slot was begun:\n%s", r.log)
	}
	again := up(t, Options{Data: data})
	for _, id := range ids {
		j, err := again.client.Get(t.Context(), id, 20*time.Second)
		if err != nil || j.Status != "succeeded" || j.ModelCalls != 1 {
			t.Errorf("%s is %s after %d calls, %v", id, j.Status, j.ModelCalls, err)
		}
	}
}

func TestAStopAnswersThoseWhoWait(t *testing.T) {
	r := up(t, Options{Sim: SimOptions{Latency: 3 * time.Second}})
	answered := make(chan api.Job, 1)
	go func() {
		j, err := r.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 25*time.Second)
		if err != nil {
			t.Error(err)
		}
		answered <- j
	}()
	for {
		list, err := r.client.List(t.Context(), client.ListQuery{Status: []string{"running"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Data) > 0 {
			break
		}
	}
	go func() { _ = r.stop() }()
	if j := <-answered; j.Status != "running" {
		t.Errorf("got %q, want the job as it was when the server was told to stop", j.Status)
	}
}

func TestTheSimulatorAloneAnswersForOtherPrograms(t *testing.T) {
	ready, ended, out := make(chan string, 1), make(chan error, 1), &sink{}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- RunSim(ctx, SimOptions{Addr: "127.0.0.1:0", Out: out, Ready: func(url string) { ready <- url }})
	}()
	address := <-ready
	if b := fetch(t, address+"/ledger"); !bytes.Contains(b, []byte(`"entries"`)) {
		t.Errorf("got %s", b)
	}
	stop()
	if err := <-ended; err != nil || !strings.Contains(out.String(), address) {
		t.Errorf("%v, %s", err, out)
	}
}
