package folder

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

func TestWhatWasRecordedIsKnownToTheNextRun(t *testing.T) {
	f := openAt(t, t.TempDir())
	deliver(t, f, success("made", "a fox", 1), []byte("one"))
	record(t, f, failure("failed", "an owl", "content_filtered"))
	retry := failure("expired", "a cat", "expired")
	record(t, f, retry)
	simulated := success("simulated", "a dog", 2)
	simulated.Simulated = true
	deliver(t, f, simulated, []byte("two"))
	want := map[string]State{
		"made":      {Made: true, Named: true},
		"failed":    {Failed: true, Named: true},
		"expired":   {Failed: true, Named: true},
		"simulated": {Made: true, Simulated: true, Named: true},
	}
	for range 2 {
		got := map[string]State{}
		for key := range want {
			got[key], _ = f.Known(key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if s, ok := f.Known("never"); ok {
			t.Errorf("a row that never ended is known: %+v", s)
		}
		f = again(t, f)
	}
}

func TestTheLastEndOfARowCounts(t *testing.T) {
	f := openAt(t, t.TempDir())
	for _, e := range []Entry{failure("a", "a fox", "internal"), success("a", "a fox", 1)} {
		if e.Status == "failed" {
			record(t, f, e)
		} else {
			deliver(t, f, e, []byte("picture"))
		}
	}
	f = again(t, f)
	if s, _ := f.Known("a"); !s.Made || s.Failed {
		t.Errorf("got %+v, want made", s)
	}
	record(t, f, failure("a", "another fox", "internal"))
	for range 2 {
		if got := foundIn(f, rowOf("a", "another fox"), rowOf("b", "a fox")); got[0] != Failure || got[1] != Renamed {
			t.Errorf("got %v, want the failure of the changed row, and the picture of what it was", got)
		}
		if got := foundIn(f, rowOf("a", "another fox")); got[0] != Failure {
			t.Errorf("got %v, want what came last", got)
		}
		f = again(t, f)
	}
}

// Of equal rows each has its own end, so that a failure is not sent again under the key of a picture.
func TestEqualRowsKeepTheirEnds(t *testing.T) {
	f := openAt(t, t.TempDir())
	record(t, f, failure("first", "a fox", "internal"))
	deliver(t, f, success("second", "a fox", 1), []byte("picture"))
	first, second := rowOf("first", "a fox"), rowOf("second", "a fox")
	first.id, second.id = 0, 0
	if got := foundIn(f, first, second); got[0] != Failure || got[1] != Picture {
		t.Errorf("got %v, want the failure and the picture", got)
	}
}

// rowOf is a row of a file with a custom_id, and foundIn what a folder has for such rows.
func rowOf(customID, prompt string) Row {
	e := success(customID, prompt, 0)
	return NewRow(customID, customID, e.Print(), 0)
}

func foundIn(f *Folder, rows ...Row) (all []Found) {
	for _, m := range f.Match(rows, true, false) {
		all = append(all, m.Found)
	}
	return all
}

func TestASimulatedPictureTakesThePlaceOfNoRealOne(t *testing.T) {
	f := openAt(t, t.TempDir())
	real := deliver(t, f, success("a", "a fox", 7), []byte("paid"))
	simulated := success("a", "a fox", 7)
	simulated.Simulated = true
	drawn := deliver(t, f, simulated, []byte("drawn"))
	if got := read(t, f, real.File); got != "paid" || drawn.File == real.File {
		t.Errorf("%s holds %q now", real.File, got)
	}
	for range 2 {
		if s, _ := f.Known("a"); !s.Made || s.Simulated {
			t.Errorf("got %+v, want the real picture", s)
		}
		f = again(t, f)
	}
}

func TestARealPictureTakesThePlaceOfASimulatedOne(t *testing.T) {
	f := openAt(t, t.TempDir())
	simulated := success("a", "a fox", 7)
	simulated.Simulated = true
	before := deliver(t, f, simulated, []byte("drawn"))
	after := deliver(t, f, success("a", "a fox", 7), []byte("paid"))
	if s, _ := f.Known("a"); !s.Made || s.Simulated || before.File != after.File || read(t, f, after.File) != "paid" {
		t.Errorf("got %+v in %s, want the real picture in %s", s, after.File, before.File)
	}
}

func TestACanceledJobChangesNothing(t *testing.T) {
	f := openAt(t, t.TempDir())
	deliver(t, f, success("a", "a fox", 7), []byte("picture"))
	canceled := success("a", "a fox", 7)
	canceled.Status = "canceled"
	record(t, f, canceled)
	if s, _ := again(t, f).Known("a"); !s.Made {
		t.Errorf("got %+v, want made", s)
	}
}

// A kill or a power cut may end a run at any byte of the manifest.
func TestATornManifestLosesItsLastLineAlone(t *testing.T) {
	f := openAt(t, t.TempDir())
	for i := range 3 {
		deliver(t, f, success(fmt.Sprint("row", i), "a fox", int64(i)), fmt.Append(nil, "picture ", i))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	whole := read(t, f, manifestFile)
	lines := strings.SplitAfter(whole, "\n")
	for cut := len(lines[0]); cut < len(whole); cut++ {
		if err := os.WriteFile(filepath.Join(f.Path, manifestFile), []byte(whole[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		torn, err := Open(f.Path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		n := strings.Count(whole[:cut], "\n")
		if tail := whole[strings.LastIndex(whole[:cut], "\n")+1 : cut]; json.Valid([]byte(tail)) {
			n++ // a line that lacks its end alone is whole
		}
		if got := len(torn.index.with(flagMade)); got != n || len(torn.Warnings()) > 0 {
			t.Fatalf("cut at %d: %d rows are made, want %d; warnings: %q", cut, got, n, torn.Warnings())
		}
		record(t, torn, failure("more", "a fox", "internal"))
		if err := torn.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, f, manifestFile); !strings.HasPrefix(got, strings.Join(lines[:n], "")) || strings.Count(got, "\n") != n+1 || !allJSON(got) {
			t.Fatalf("cut at %d: the manifest is now\n%s", cut, got)
		}
	}
}

func allJSON(manifest string) bool {
	for line := range strings.SplitSeq(strings.TrimSuffix(manifest, "\n"), "\n") {
		if !json.Valid([]byte(line)) {
			return false
		}
	}
	return true
}

func TestABrokenLineInTheMiddleIsToldAndSkipped(t *testing.T) {
	f := openAt(t, t.TempDir())
	record(t, f, failure("a", "a fox", "internal"))
	record(t, f, failure("b", "a fox", "internal"))
	lines := strings.SplitAfter(read(t, f, manifestFile), "\n")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	long := `{"key":"` + strings.Repeat("x", maxLine) + "\"}\n"
	spoiled := lines[0] + "\x00\x00\x00\n" + "\n" + long + "[]\n" + lines[1]
	if err := os.WriteFile(filepath.Join(f.Path, manifestFile), []byte(spoiled), 0o600); err != nil {
		t.Fatal(err)
	}
	f = openAt(t, f.Path)
	for _, key := range []string{"a", "b"} {
		if e, ok, err := f.Last(key); !ok || err != nil || e.Key != key {
			t.Errorf("row %s: %+v, %t, %v", key, e, ok, err)
		}
	}
	warnings := f.Warnings()
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "manifest.jsonl, line 2, 4 and 5: this is no line") {
		t.Errorf("got %q, want lines 2, 4 and 5", warnings)
	}
	if got := read(t, f, manifestFile); got != spoiled {
		t.Error("the manifest was changed")
	}
}

func TestManyBrokenLinesAreToldOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, manifestFile), []byte(strings.Repeat("x\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := openAt(t, dir).Warnings(); len(got) != 1 || !strings.HasPrefix(got[0], "manifest.jsonl, line 1, 2, 3 and 997 more: ") {
		t.Errorf("got %q", got)
	}
}

func TestImagesAreNotCopiedIntoTheManifest(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := failure("a", "a fox", "internal")
	e.Input.Image = []byte("an image to start from")
	e.Input.Parameters = json.RawMessage(`{"mask_image":"bWFzaw==","steps":30}`)
	record(t, f, e)
	got, _, err := again(t, f).Last("a")
	if err != nil {
		t.Fatal(err)
	}
	e.Input.Image, e.Input.Parameters = nil, json.RawMessage(`{"steps":30}`)
	e.ImageSHA256, e.MaskSHA256, e.At = job.HashOf([]byte("an image to start from")), job.HashOf([]byte("mask")), got.At
	if diff := cmp.Diff(e, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnEntryWithoutItsPictureIsRefused(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := success("a", "a fox", 1)
	e.File, e.SHA256, e.SizeBytes = "a.png", job.HashOf([]byte("picture")), 7
	gone := f.Record(e)
	put(t, f, "a.png", []byte("longer than that"))
	differs := f.Record(e)
	if gone == nil || differs == nil || f.Record(Entry{}) == nil {
		t.Errorf("got %v and %v, want errors", gone, differs)
	}
	if _, ok := f.Known("a"); ok {
		t.Error("the row is known")
	}
}

func TestEntriesOfManyGoroutinesAreLinesOfTheirOwn(t *testing.T) {
	f := openAt(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 25 {
				if err := f.Record(failure(fmt.Sprint(i, "/", j), strings.Repeat("a fox ", 200), "internal")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	f = again(t, f)
	if got := len(f.index.with(flagFailed)); got != 200 || len(f.Warnings()) > 0 {
		t.Errorf("%d rows and %q, want 200 and no warning", got, f.Warnings())
	}
}

// The prompts of a large file would not fit.
func TestARowTakesLittleMemory(t *testing.T) {
	const rows = 100_000
	dir := t.TempDir()
	writeManifest(t, dir, rows, 1)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f := openAt(t, dir)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got := len(f.index.with(flagMade)); got != rows {
		t.Fatalf("%d rows are known, want %d", got, rows)
	}
	bytes := int(after.HeapAlloc) - int(before.HeapAlloc)
	t.Logf("%d bytes a row", bytes/rows)
	if bytes > 15<<20 {
		t.Errorf("%d rows take %d bytes of memory", rows, bytes)
	}
	runtime.KeepAlive(f)
}

// writeManifest makes up a manifest of pictures that are not there.
func writeManifest(t testing.TB, dir string, rows, size int) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, manifestFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := json.NewEncoder(file)
	modified := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	for i := range rows {
		e := success(fmt.Sprintf("h-%016x-1", i), "a fox", int64(i))
		e.File, e.SHA256, e.ModifiedAt, e.Line = fmt.Sprintf("a-fox-%d.png", i), job.HashOf(fmt.Append(nil, i)), &modified, i+2
		e.Input.Prompt, e.SizeBytes, e.CustomID = fmt.Sprint("fox ", i), int64(size), ""
		if err := out.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
}

// The names of members are those of files that people keep.
func TestTheManifestReadsAsItWasWritten(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := failure("fox", `a "red" fox & <owl>`, "content_filtered")
	e.At, e.Cells, e.Server, e.BatchID = time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC), []string{"fox", "a fox"}, "local:sim", "b"
	if err := f.SetBatch(Batch{Server: "local:sim", Header: []string{"Name", "Prompt"}}); err != nil {
		t.Fatal(err)
	}
	record(t, f, e)
	want := `{"key":"fox","custom_id":"fox","line":2,"input":{"prompt":"a \"red\" fox & <owl>"},` +
		`"job_id":"job-fox","batch_id":"b","server":"local:sim","model":"stability.stable-image-core-v1:1","cost_usd":0.04,"status":"failed",` +
		`"error":{"code":"content_filtered","message":"The model kept the picture back.","retryable":false},"columns":["Name","Prompt"],` +
		`"cells":["fox","a fox"],"at":"2026-11-03T09:30:00Z"}` + "\n"
	if diff := cmp.Diff(want, read(t, f, manifestFile)); diff != "" {
		t.Error(diff)
	}
}

func TestCellsAreKeptForFailuresAlone(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := success("a", "a fox", 1)
	e.Cells = []string{"a", "a fox"}
	deliver(t, f, e, []byte("picture"))
	if got, _, _ := f.Last("a"); got.Cells != nil {
		t.Errorf("kept %q", got.Cells)
	}
	if !slices.Equal(e.Cells, []string{"a", "a fox"}) {
		t.Error("the caller's entry was changed")
	}
}
