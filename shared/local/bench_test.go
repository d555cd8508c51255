package local

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
	"easel/shared/sqlite"
)

// connections are as many clients as order at a time.
const connections = 32

// compiled builds the program as it is shipped.
func compiled(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "easel")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "easel/cmd/easel").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return program
}

// subject is the built program at work on a data folder.
type subject struct {
	cmd *exec.Cmd
	url string
}

// boot starts the program and returns once it has said where it listens.
func boot(b *testing.B, program, data string) *subject {
	b.Helper()
	cmd := exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--data", data, "--sim-quota", "0.1", "--sim-tiny", "--rate", "1e6")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	s := &subject{cmd: cmd}
	b.Cleanup(s.stop)
	for lines := bufio.NewScanner(out); s.url == "" && lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "server "); ok {
			s.url = strings.TrimSpace(url)
		}
	}
	if s.url == "" {
		b.Fatal("the server did not say where it listens")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // it must not wait for a reader
	return s
}

func (s *subject) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it reports the signal
}

// get reads one answer, which must be 200.
func (s *subject) get(b *testing.B, path string) []byte {
	b.Helper()
	response, err := http.Get(s.url + path)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return body
}

// stock makes a data folder with so many jobs, all as the sample but for what makes them different.
func stock(b *testing.B, jobs int, sample job.Job) string {
	b.Helper()
	data := b.TempDir()
	folder, err := disk.OpenFolder(data, Simulated)
	if err != nil {
		b.Fatal(err)
	}
	defer folder.Close()
	db, err := sqlite.Open(b.Context(), filepath.Join(data, "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for batch := range slices.Chunk(slices.Repeat([]job.Job{sample}, jobs), job.MaxTogether) {
		for i := range batch {
			sample.CreatedAt = sample.CreatedAt.Add(time.Millisecond)
			batch[i].ID, batch[i].CreatedAt = fmt.Sprintf("%08x-0000-7000-8000-000000000000", sample.CreatedAt.UnixMilli()), sample.CreatedAt
		}
		if _, err := db.Create(b.Context(), job.Transaction{WriteID: "stock", Jobs: batch}); err != nil {
			b.Fatal(err)
		}
	}
	return data
}

// aged is a job of a person's usual length that was ordered some days ago.
func aged(status job.Status) job.Job {
	then := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Microsecond)
	core, _ := model.Find("core")
	prompt := "A cute baby of lion, 8k ultra realistic, trending on artstation, 4 k"
	j := job.Job{
		V: job.RecordVersion, Owner: "local", Status: status, Model: core.ID, Embed: request.EmbedAll, Generation: 1, MaxCalls: 2, Simulated: true,
		Input: job.Input{Settings: request.Settings{Prompt: prompt}}, Sent: job.Sent{Prompt: prompt, AspectRatio: "1:1", Seed: 7, OutputFormat: "png"},
		CreatedAt: then, QueuedAt: then, Visible: then,
	}
	if status == job.Queued {
		j.Due = &then
		return j
	}
	j.StartedAt, j.CompletedAt = &then, &then
	j.Images = []job.Image{{Key: "images/single/x/1-1.png", ImageInfo: job.ImageInfo{ContentType: "image/png", Width: 1024, Height: 1024, SHA256: strings.Repeat("0", 64)}}}
	return j
}

// figure replaces the time of an operation by figures that say something.
func figure(b *testing.B, value float64, unit string) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(value, unit)
}

// quantile of what was measured, in milliseconds.
func quantile(times []time.Duration, q float64) float64 {
	slices.Sort(times)
	return float64(times[int(q*float64(len(times)-1))]) / float64(time.Millisecond)
}

// BenchmarkStart is from the start of the built program to its first answer.
func BenchmarkStart(b *testing.B) {
	for _, c := range []struct {
		name string
		jobs int
	}{{"empty", 0}, {"10000_ended_jobs", 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			program := compiled(b)
			data := stock(b, c.jobs, aged(job.Succeeded))
			var times []time.Duration
			for b.Loop() {
				folder := data
				if c.jobs == 0 {
					folder = b.TempDir()
				}
				start := time.Now()
				s := boot(b, program, folder)
				s.get(b, "/healthz")
				times = append(times, time.Since(start))
				s.stop()
			}
			figure(b, quantile(times, 0.5), "ms-median")
		})
	}
}

// BenchmarkSubmit is how many orders the built program takes from clients that share the processors with it. They write the
// request as it goes over the wire, so that they need little of them.
func BenchmarkSubmit(b *testing.B) {
	s := boot(b, compiled(b), b.TempDir())
	body := `{"prompt":"A cute baby of lion, 8k ultra realistic, trending on artstation, 4 k"}`
	order := fmt.Appendf(nil, "POST /jobs HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", s.host(), len(body), body)
	open := make(chan *bufio.ReadWriter, connections)
	for range connections {
		conn, err := net.Dial("tcp", s.host())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		open <- bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
	}
	var mu sync.Mutex
	var times []time.Duration
	n := inParallel(b, func() {
		conn := <-open
		start := time.Now()
		if err := send(conn, order); err != nil {
			b.Error(err)
		}
		took := time.Since(start)
		open <- conn
		mu.Lock()
		defer mu.Unlock()
		times = append(times, took)
	})
	figure(b, float64(n)/b.Elapsed().Seconds(), "jobs/s")
	b.ReportMetric(quantile(times, 0.5), "ms-median")
	b.ReportMetric(quantile(times, 0.99), "ms-p99")
}

func (s *subject) host() string { return strings.TrimPrefix(s.url, "http://") }

// send writes a request and reads its answer, which must be 202.
func send(conn *bufio.ReadWriter, request []byte) error {
	_, _ = conn.Write(request) // Flush reports the error
	if err := conn.Flush(); err != nil {
		return err
	}
	response, err := http.ReadResponse(conn.Reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusAccepted {
		return errors.New(response.Status)
	}
	return nil
}

// inParallel does the work of the benchmark's loop on as many goroutines as there are connections, and returns how
// often it was done.
func inParallel(b *testing.B, do func()) (done int) {
	b.Helper()
	work := make(chan struct{})
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for range work {
				do()
			}
		})
	}
	for b.Loop() {
		work <- struct{}{}
		done++
	}
	close(work)
	wg.Wait()
	return done
}

// BenchmarkMemory is what the built program holds with 100,000 jobs in the queue, after some sweeps and lists.
func BenchmarkMemory(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the size of a process is read from /proc")
	}
	const jobs = 100_000
	program, data := compiled(b), stock(b, jobs, aged(job.Queued))
	for b.Loop() {
		s := boot(b, program, data)
		for range 50 {
			<-time.After(100 * time.Millisecond) // sweeps are a second apart
			s.get(b, "/jobs?limit=100")
		}
		figure(b, resident(b, s.cmd.Process.Pid, "VmRSS"), "MB")
		b.ReportMetric(resident(b, s.cmd.Process.Pid, "VmHWM"), "MB-peak")
		s.stop()
	}
}

// resident reads one size of a process in MB.
func resident(b *testing.B, pid int, name string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	var kib float64
	_, rest, _ := strings.Cut(string(status), name+":")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib * 1024 / 1e6
}
