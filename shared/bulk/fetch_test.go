package bulk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// frontProxy stands before a server and may answer in its place. It passes the server's own addresses off as its own.
type frontProxy struct {
	url       string
	back      atomic.Pointer[httputil.ReverseProxy]
	mu        sync.Mutex
	intercept func(w http.ResponseWriter, r *http.Request) bool // whether it has answered; nil: never
}

func startProxy(t *testing.T, before *embeddedServer) *frontProxy {
	t.Helper()
	d := &frontProxy{}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.forwardTo(t, before)
	return d
}

// forwardTo lets the proxy lead to another server.
func (d *frontProxy) forwardTo(t *testing.T, to *embeddedServer) {
	t.Helper()
	back, err := url.Parse(to.url)
	if err != nil {
		t.Fatal(err)
	}
	d.back.Store(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(back)
		r.Out.Host = back.Host
	}})
}

func (d *frontProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	meet := d.intercept
	d.mu.Unlock()
	if meet != nil && meet(w, r) {
		return
	}
	d.back.Load().ServeHTTP(w, r)
}

// pictures is a client's transport that spoils what comes from the store of pictures.
type spoiler struct {
	spoil func(n int32, r *http.Response) // n counts the pictures, from 1
	n     atomic.Int32
}

func (s *spoiler) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && strings.HasPrefix(r.URL.Path, "/files/") {
		s.spoil(s.n.Add(1), response)
	}
	return response, err
}

// torn ends a body in the middle, without an error or with one.
type torn struct {
	rest int
	err  error
	of   interface {
		Read(p []byte) (int, error)
		Close() error
	}
}

func (b *torn) Read(p []byte) (int, error) {
	if b.rest <= 0 {
		return 0, b.err
	}
	n, err := b.of.Read(p[:min(len(p), b.rest)])
	b.rest -= n
	return n, err
}

func (b *torn) Close() error { return b.of.Close() }

// turned flips the first byte.
type turned struct {
	torn
	done bool
}

func (b *turned) Read(p []byte) (int, error) {
	n, err := b.of.Read(p)
	if n > 0 && !b.done {
		b.done = true
		p[0] ^= 1
	}
	return n, err
}

func TestAPictureThatComesSpoiltIsFetchedAgain(t *testing.T) {
	for name, spoil := range map[string]func(*http.Response){
		"a torn connection": func(r *http.Response) {
			r.Body = &torn{rest: 100, err: errors.New("connection reset by peer"), of: r.Body}
		},
		"another content": func(r *http.Response) { r.Body = &turned{torn: torn{of: r.Body}} },
		"an address that has expired": func(r *http.Response) {
			r.StatusCode, r.Status = http.StatusForbidden, "403 Forbidden"
		},
		"a store that is busy": func(r *http.Response) {
			r.StatusCode, r.Status = http.StatusServiceUnavailable, "503 Service Unavailable"
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := startServer(t, t.TempDir(), nil)
			s := &spoiler{spoil: func(n int32, r *http.Response) {
				if n == 2 {
					spoil(r)
				}
			}}
			o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 3)...), change: func(r *bulk.Run) {
				r.Client.HTTP = &http.Client{Transport: s}
			}}
			_, sum := o.must(t)
			if sum.Made != 3 || sum.Missing != 0 || s.n.Load() != 4 {
				t.Errorf("came to %+v with %d transfers", sum, s.n.Load())
			}
			whole(t, o.dir, 3)
		})
	}
}

// whole holds every picture of a folder against its manifest, and wants nothing half-written beside them.
func whole(t *testing.T, dir string, n int) {
	t.Helper()
	f, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	made := 0
	if err := f.Verify(t.Context(), func(_, all int) { made = all }); err != nil {
		t.Error(err)
	}
	parts, err := os.ReadDir(filepath.Join(dir, ".easel", "part"))
	if err != nil || len(parts) > 0 || made != n || pictures(t, dir) != n {
		t.Errorf("%d pictures, %d in the manifest, %d parts, %v", pictures(t, dir), made, len(parts), err)
	}
}

func TestAPictureThatNeverComesWholeIsGivenUp(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	var failed []bulk.Event
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 2)...), hear: func(e bulk.Event) {
		if e.Event == bulk.Failed {
			failed = append(failed, e)
		}
	}}
	o.change = func(r *bulk.Run) {
		r.Client.HTTP = &http.Client{Transport: &spoiler{spoil: func(_ int32, r *http.Response) { r.Body = &turned{torn: torn{of: r.Body}} }}}
	}
	_, s := o.must(t)
	if s.Missing != 2 || s.Failed != 0 || len(failed) != 2 || failed[0].Code != "not_fetched" || !strings.Contains(failed[0].Message, "SHA-256") {
		t.Errorf("came to %+v, told %+v", s, failed)
	}
	whole(t, o.dir, 0)
	o.change = nil
	if plan, s := o.must(t); plan.UnderWay != 2 || s.Made != 2 {
		t.Errorf("then %+v, %+v", plan, s)
	}
}

func TestAServerThatLosesItsDataGetsEverythingAnew(t *testing.T) {
	data := t.TempDir()
	first := startServer(t, data, nil)
	d := startProxy(t, first)
	o := testRun{url: d.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 3)...)}
	o.must(t)
	d.forwardTo(t, startServer(t, t.TempDir(), nil))
	var told []string
	o.file = csv(animals(0, 5)...)
	o.hear = func(e bulk.Event) { told = append(told, e.Code) }
	plan, s := o.must(t)
	if plan.Made != 3 || plan.UnderWay != 0 || s.Saved != 2 || told[0] != bulk.WaitBatch {
		t.Errorf("planned %+v, came to %+v, told %q", plan, s, told)
	}
}

// absentee is a server that cannot be reached for so many requests.
type absentee struct{ times atomic.Int32 }

func (a *absentee) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.times.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestAServerThatComesBackIsWaitedFor(t *testing.T) {
	h, away := startServer(t, t.TempDir(), nil), &absentee{}
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 3)...)}
	var told []string
	o.hear = func(e bulk.Event) {
		if e.Event == bulk.Waiting {
			told = append(told, e.Code)
		}
	}
	o.change = func(r *bulk.Run) { r.Client.HTTP = &http.Client{Transport: away} }
	r, _, done, err := o.plan(t)
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	away.times.Store(30)
	s, err := r.Go(t.Context())
	if err != nil || s.Made != 3 || len(told) < 2 || told[0] != bulk.WaitServer || told[len(told)-1] != "" {
		t.Errorf("got %+v, %v, told %q", s, err, told)
	}
}

func TestAServerThatStaysAwayEndsTheRun(t *testing.T) {
	h, away := startServer(t, t.TempDir(), nil), &absentee{}
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 3)...)}
	o.change = func(r *bulk.Run) { r.Client.HTTP = &http.Client{Transport: away} }
	r, _, done, err := o.plan(t)
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	away.times.Store(1 << 30)
	var late atomic.Int64 // how much later it is
	began := time.Now()
	r.Now = func() time.Time { return began.Add(time.Duration(late.Load())) }
	// What sends and what watches rest on this one clock, so each sees the rests of the other as its own.
	r.Rest = func(_ context.Context, d time.Duration) { late.Add(int64(d)) }
	_, err = r.Go(t.Context())
	gone, ok := errors.AsType[*bulk.GoneError](err)
	if !ok || gone.After < 10*time.Minute || gone.After > 30*time.Minute || !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestRowsThatTheServerRefusesLeaveTheOthers(t *testing.T) {
	d := startProxy(t, startServer(t, t.TempDir(), nil))
	var appends atomic.Int32
	d.intercept = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/jobs") || r.Method != http.MethodPost || r.URL.Query().Has("dry_run") || appends.Add(1) < 2 {
			return false
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"status":422,"code":"over_max_cost","detail":"This costs too much."}`))
		return true
	}
	o := testRun{url: d.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 12)...)}
	o.change = func(r *bulk.Run) { r.Rows = 10 }
	_, s, err := o.do(t.Context(), t)
	if p, ok := errors.AsType[*api.Problem](err); !ok || p.Code != "over_max_cost" || !errors.Is(err, job.ErrBudget) {
		t.Errorf("got %v", err)
	}
	if s.Made != 10 || s.Unsent != 2 || s.Failed+s.Missing != 0 {
		t.Errorf("came to %+v", s)
	}
}

func TestABatchIsFetchedWithoutAFile(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	rows := append(animals(0, 4), [2]string{"x", "[sim:filtered]"})
	made := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(rows...)}
	made.must(t)
	rows[0][1] = "another animal" // under the same custom_id
	made.file, made.change = csv(rows...), func(r *bulk.Run) { r.Redo = true }
	_, first := made.must(t)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), change: func(r *bulk.Run) { r.Source, r.Batch, r.Wait = nil, first.BatchID, true }}
	plan, s := o.must(t)
	if plan.Rows != 6 || s.Made != 5 || s.Saved != 5 || s.Failed != 1 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	whole(t, o.dir, 5)
	if _, s := o.must(t); s.Made != 5 || s.Saved != 0 {
		t.Errorf("the second time %+v", s)
	}
}

// twisted is a transport that changes lists of jobs on their way.
type twisted func([]api.Job) []api.Job

func (f twisted) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || r.URL.Path != "/jobs" {
		return response, err
	}
	defer response.Body.Close()
	var l api.JobList
	if err := json.NewDecoder(response.Body).Decode(&l); err != nil {
		return nil, err
	}
	l.Data = f(l.Data)
	b, err := json.Marshal(l)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	return response, err
}

func without(customID string) twisted {
	return func(jobs []api.Job) []api.Job {
		return slices.DeleteFunc(jobs, func(j api.Job) bool { return j.CustomID == customID })
	}
}

func TestAListThatLagsBehindIsNotBelieved(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"a", "a fox [sim:filtered=1]"})}
	if _, s := o.must(t); s.Failed != 1 {
		t.Fatalf("came to %+v", s)
	}
	var lists atomic.Int32
	o.change = func(r *bulk.Run) {
		r.Retry = true
		r.Client.HTTP = &http.Client{Transport: twisted(func(jobs []api.Job) []api.Job {
			for n := range jobs {
				if lists.Add(1) < 20 {
					jobs[n].Status, jobs[n].Images, jobs[n].Error = "failed", nil, &api.JobError{Code: "content_filtered"}
				}
			}
			return jobs
		})}
	}
	if _, s := o.must(t); s.Made != 1 || s.Failed != 0 {
		t.Errorf("came to %+v", s)
	}
}

func TestARowWithoutATraceIsGivenUpInTheEnd(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 4)...)}
	o.change = func(r *bulk.Run) { r.Client.HTTP = &http.Client{Transport: without("row-2")} }
	if _, s := o.must(t); s.Made != 3 || s.Missing != 1 || s.Failed != 0 {
		t.Errorf("came to %+v", s)
	}
	o.change = nil
	if _, s := o.must(t); s.Made != 4 {
		t.Errorf("then %+v", s)
	}
}

func TestWhatAllWaitForIsTold(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	ctx, stop := context.WithCancel(t.Context())
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"a", "a fox"}, [2]string{"b", "a hare [sim:denied]"})}
	var told []bulk.Event
	o.hear = func(e bulk.Event) {
		if e.Event == bulk.Waiting {
			told = append(told, e)
			stop()
		}
	}
	_, s, err := o.do(ctx, t)
	if !errors.Is(err, context.Canceled) || len(told) != 1 || told[0].Code != job.WaitAccess || !strings.Contains(told[0].Message, "access") {
		t.Errorf("got %v with %+v, told %+v", err, s, told)
	}
}
