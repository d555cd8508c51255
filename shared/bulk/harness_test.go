package bulk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/api/client"
	"easel/shared/bedrocksim"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/local"
	"easel/shared/template"
)

// embeddedServer is a server in this process, with a simulator that answers at once.
type embeddedServer struct {
	url, ledger string
	stop        func()
}

// startServer starts a server whose data lie in a folder.
func startServer(t *testing.T, data string, change func(*local.Options)) *embeddedServer {
	t.Helper()
	o := local.Options{
		Addr: "127.0.0.1:0", Data: data, Sim: local.SimOptions{Latency: -1, Tiny: true}, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, over := make(chan string, 1), make(chan error, 1)
	o.Ready = func(url string) { ready <- url }
	go func() { over <- local.Run(ctx, o) }()
	h := &embeddedServer{ledger: filepath.Join(data, "ledger.jsonl")}
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	select {
	case h.url = <-ready:
	case err := <-over:
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(h.stop)
	return h
}

// hashed are counts by the hashes of their prompts, as the simulator's ledger has them.
func hashed(counts map[string]int) map[string]int {
	all := map[string]int{}
	for prompt, n := range counts {
		all[bedrocksim.PromptHash(prompt)] = n
	}
	return all
}

// paid is how often each prompt was drawn, by the simulator's ledger, which knows prompts by their hashes.
func paid(t *testing.T, ledger string) map[string]int {
	t.Helper()
	f, err := os.Open(ledger)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls := map[string]int{}
	for d := json.NewDecoder(bufio.NewReader(f)); d.More(); {
		var e bedrocksim.Entry
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Outcome == bedrocksim.Executed {
			calls[e.Hash]++
		}
	}
	return calls
}

// testRun is one run, as it is made of a file, a folder and a server.
type testRun struct {
	url, name, dir string
	file           string // content
	key            string
	expand         *template.Expand
	change         func(*bulk.Run)
	hear           func(bulk.Event)
}

// plan opens everything until done is called, and asks for the plan.
func (o testRun) plan(t *testing.T) (r *bulk.Run, plan bulk.Plan, done func(), err error) {
	t.Helper()
	f, err := folder.Open(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(o.url, "")
	if err != nil {
		t.Fatal(err)
	}
	r = &bulk.Run{
		Client: c, Folder: f, Server: o.name, Poll: time.Millisecond, Rest: briefly, Report: o.hear, Key: o.key,
		Source: &bulk.Source{Name: "prompts.csv", In: strings.NewReader(o.file), Expand: o.expand},
	}
	if o.change != nil {
		o.change(r)
	}
	plan, err = r.Plan(t.Context())
	return r, plan, func() {
		if err := errors.Join(r.Close(), f.Close()); err != nil {
			t.Error(err)
		}
	}, err
}

// briefly lets others work, however long the rest was to be.
func briefly(ctx context.Context, d time.Duration) {
	ctx, wake := context.WithTimeout(ctx, min(d, 5*time.Millisecond))
	defer wake()
	<-ctx.Done()
}

// do makes the whole run. It returns the error of whichever part had one.
func (o testRun) do(ctx context.Context, t *testing.T) (bulk.Plan, bulk.Summary, error) {
	t.Helper()
	r, plan, done, err := o.plan(t)
	defer done()
	if err != nil {
		return plan, bulk.Summary{}, err
	}
	s, err := r.Go(ctx)
	return plan, s, err
}

// must makes the run and wants it to go well.
func (o testRun) must(t *testing.T) (bulk.Plan, bulk.Summary) {
	t.Helper()
	plan, s, err := o.do(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	return plan, s
}

// pictures counts the pictures in a folder.
func pictures(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// csv writes rows of custom_id and prompt.
func csv(rows ...[2]string) string {
	var b strings.Builder
	b.WriteString("custom_id,prompt\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s,%s\n", r[0], r[1])
	}
	return b.String()
}

// animals are rows of which every other one has a custom_id.
func animals(from, to int) (rows [][2]string) {
	for n := from; n < to; n++ {
		id := ""
		if n%2 == 0 {
			id = fmt.Sprintf("row-%d", n)
		}
		rows = append(rows, [2]string{id, fmt.Sprintf("animal %d", n)})
	}
	return rows
}
