package bedrocksim_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrocksim"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerOutlivesItsProcess(t *testing.T) {
	opts := bedrocksim.Options{Tiny: true, Ledger: filepath.Join(t.TempDir(), "ledger.jsonl"), Quota: 0.3}
	killed := open(t, opts) // is never closed, as by kill -9
	g := serve(t, killed)
	for range 2 {
		_, _ = g.Generate(t.Context(), find(t, "ultra"), order("a boat [sim:500=1]"))
	}
	before := killed.Ledger(bedrocksim.Filter{})
	write(t, opts.Ledger, `{"time":"2026-11-01T10:00:00Z","mod`)

	next := open(t, opts)
	if diff := cmp.Diff(before, next.Ledger(bedrocksim.Filter{})); diff != "" {
		t.Error(diff)
	}
	g = serve(t, next)
	if _, err := g.Generate(t.Context(), find(t, "ultra"), order("a boat [sim:500=1]")); err != nil {
		t.Errorf("the word strikes anew: %v", err)
	}
	if _, err := g.Generate(t.Context(), find(t, "ultra"), order("a car")); err == nil {
		t.Error("the quota begins anew: a fourth call of three passed")
	}
	report := open(t, opts).Ledger(bedrocksim.Filter{})
	if len(report.Entries) != 4 || report.Repeated != 1 {
		t.Errorf("%d entries, %d repeated, want 4 and 1", len(report.Entries), report.Repeated)
	}
}

func TestLedgerIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	open(t, bedrocksim.Options{Ledger: path})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestASilentLedgerKeepsNoPrompt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	const prompt = "a boat [sim:500=1]"
	for _, want := range []bedrocksim.Outcome{bedrocksim.Executed, bedrocksim.Executed} { // the word strikes once, also behind a restart
		s := open(t, bedrocksim.Options{Tiny: true, Ledger: path, Silent: true})
		g := serve(t, s)
		_, _ = g.Generate(t.Context(), find(t, "core"), order(prompt))
		if r := s.Ledger(bedrocksim.Filter{Prompt: prompt}); r.Entries[len(r.Entries)-1].Outcome != want || r.Entries[len(r.Entries)-1].Prompt != prompt {
			t.Errorf("got %+v", r)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil || bytes.Contains(data, []byte("boat")) || bytes.Count(data, []byte(bedrocksim.PromptHash(prompt))) != 2 || bytes.Count(data, []byte(`"fault"`)) != 1 {
		t.Errorf("%s, %v", data, err)
	}
}

func TestLedgerOverHTTP(t *testing.T) {
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	s := open(t, bedrocksim.Options{Tiny: true, Now: func() time.Time { return at }})
	g := serve(t, s)
	for _, prompt := range []string{"a boat", "a boat", "a car", "a boat [sim:filtered]", "a boat [sim:filtered]"} {
		_, _ = g.Generate(t.Context(), find(t, "core"), order(prompt))
	}
	get := func(query string) map[string]any {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/ledger"+query, nil))
		return decode(t, w.Body.Bytes())
	}
	all := get("")
	if diff := cmp.Diff(map[string]any{"executed": 3.0, "refused": 0.0, "filtered": 2.0}, all["totals"]); diff != "" {
		t.Error(diff)
	}
	if all["repeated"] != 1.0 {
		t.Errorf("repeated is %v, want 1", all["repeated"])
	}
	last := all["entries"].([]any)[3]
	want := map[string]any{
		"time": "2026-11-01T10:00:00Z", "model": "stability.stable-image-core-v1:1", "prompt": "a boat [sim:filtered]",
		"prompt_sha256": bedrocksim.PromptHash("a boat [sim:filtered]"),
		"seed":          7.0, "outcome": "filtered", "status": 200.0, "bytes": 0.0, "fault": "filtered",
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
	for query, n := range map[string]int{
		"?prompt=a+boat": 2, "?seed=7": 5, "?seed=8": 0, "?model=stability.sd3-5-large-v1:0": 0, "?prompt=a+car&seed=7": 1,
	} {
		if got := len(get(query)["entries"].([]any)); got != n {
			t.Errorf("%s: %d entries, want %d", query, got, n)
		}
	}
	if _, said := get("?seed=x")["message"]; !said {
		t.Error("a seed that is no number was accepted")
	}
}
