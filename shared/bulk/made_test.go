package bulk_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"easel/shared/bulk"
	"easel/shared/template"
)

// edit is a run, a change of the file or the folder, and a second run.
type edit struct {
	name           string
	before, after  string // the files
	first, second  *template.Expand
	change         func(t *testing.T, dir string) // of the folder
	redo           bool
	made, toMake   int // of the second plan
	renamed        int
	edited         int
	changed        int
	others         int
	missing        int
	paidAgain      int
	fetchAgain     bool
	unknown        int
	fetchedForFree bool // the server has what is to be made
}

func matrix(models ...string) *template.Expand {
	return &template.Expand{Plain: true, Matrix: template.Matrix{Model: models}}
}

func runs(n int) *template.Expand { return &template.Expand{Plain: true, Runs: n} }

func lists(entries ...string) *template.Expand {
	return &template.Expand{Lists: template.Lists{"l": entries}}
}

// A row is known by what it asks for and by what lies in the folder.
var edits = []edit{
	{name: "a model between two", before: "id,prompt\n1,a fox\n", first: matrix("core", "ultra"), second: matrix("core", "sd35", "ultra"), made: 2, toMake: 1},
	{name: "another order of models", before: "id,prompt\n1,a fox\n", first: matrix("core", "ultra"), second: matrix("ultra", "core"), made: 2},
	{name: "a value in the middle", before: "id,prompt\n1,a {red|blue} fox\n", after: "id,prompt\n1,a {red|green|blue} fox\n", first: &template.Expand{}, second: &template.Expand{}, made: 2, toMake: 1},
	{name: "a list that grew", before: "id,prompt\n1,a __l__ fox\n", first: lists("red", "blue"), second: lists("green", "red", "blue"), made: 2, toMake: 1},
	{name: "another axis", before: "id,prompt\n1,a fox\n", first: matrix("core", "ultra"), second: &template.Expand{Plain: true, Matrix: template.Matrix{Model: []string{"core", "ultra"}, StylePreset: []string{"", "anime"}}}, made: 2, toMake: 2},
	{name: "an axis of the default", before: "id,prompt\n1,a fox\n", second: matrix("core", "ultra"), made: 1, toMake: 1},
	{name: "plain, then runs", before: "id,prompt\n1,a fox\n", second: runs(3), made: 1, toMake: 2},
	{name: "runs, then plain", before: "id,prompt\n1,a fox\n", first: runs(3), made: 1, others: 2},
	{name: "fewer runs", before: "id,prompt\n1,a fox\n", first: runs(3), second: runs(2), made: 2, others: 1},
	{name: "runs without an id", before: "a fox\n", first: runs(2), second: runs(3), made: 2, toMake: 1},
	{name: "ids that a spreadsheet changed", before: "id,prompt\n001,a fox\n002,a hare\n", after: "id,prompt\n1,a fox\n2,a hare\n", made: 2, renamed: 2},
	{name: "ids that are new", before: "a fox\na hare\n", after: "id,prompt\n1,a fox\n2,a hare\n", made: 2},
	{name: "ids that are gone", before: "id,prompt\n1,a fox\n2,a hare\n", after: "a fox\na hare\n", made: 2, renamed: 2},
	{name: "ids that changed places", before: "id,prompt\n1,a fox\n2,a hare\n", after: "id,prompt\n2,a fox\n1,a hare\n", made: 2, renamed: 2},
	{name: "an id for an equal prompt", before: "id,prompt\n1,a fox\n", after: "id,prompt\n1,a fox\n2,a fox\n", made: 1, toMake: 1},
	{name: "defaults written out", before: "id,prompt\n1,a fox\n", after: "id,prompt,model,aspect_ratio,seed,output_format,embed,max_model_calls\n1,a fox,stability.stable-image-core-v1:1,1:1,0,png,all,2\n", made: 1},
	{name: "another prompt", before: "id,prompt\n1,a fox\n", after: "id,prompt\n1,a hare\n", made: 1, changed: 1},
	{name: "another prompt, made again", before: "id,prompt\n1,a fox\n", after: "id,prompt\n1,a hare\n", redo: true, toMake: 1, others: 1},
	{name: "a renamed picture", before: "id,prompt\n1,a fox\n2,a hare\n", change: move("1-*.png", "best.png"), made: 2},
	{name: "a picture without an ending", before: "id,prompt\n1,a fox\n2,a hare\n", change: move("1-*.png", "best"), made: 2},
	{name: "a picture in a folder", before: "id,prompt\n1,a fox\n2,a hare\n", change: move("1-*.png", "a/b/c.png"), made: 2},
	{name: "pictures that changed names", before: "id,prompt\n1,a fox\n2,a hare\n", change: exchange, made: 2, edited: 0},
	{name: "a recompressed picture", before: "id,prompt\n1,a fox\n2,a hare\n", change: recompress("1-*.png"), made: 2, edited: 1},
	{name: "a recompressed picture, renamed", before: "id,prompt\n1,a fox\n2,a hare\n", change: both(addText("1-*.png"), move("1-*.png", "x.png")), made: 2, edited: 1},
	{name: "no state", before: "id,prompt\n1,a fox\n2,a hare\n", change: remove(".easel"), made: 2},
	{name: "no state, and a renamed picture", before: "id,prompt\n1,a fox\n2,a hare\n", change: both(move("1-*.png", "best.png"), remove(".easel")), made: 2},
	{name: "no manifest", before: "id,prompt\n1,a fox\n2,a hare\n", change: both(remove(".easel"), remove("manifest.jsonl")), made: 2},
	{name: "no manifest, renamed pictures", before: "id,prompt\n1,a fox\na-2,a hare\n", change: both(move("1-*.png", "x/y.png"), both(remove(".easel"), remove("manifest.jsonl"))), made: 2},
	{name: "a copy", before: "id,prompt\n1,a fox\n", change: duplicate("1-*.png", "copy.png"), made: 1, unknown: 1},
	{name: "a stranger", before: "id,prompt\n1,a fox\n", change: stranger, made: 1, unknown: 1},
	{name: "a picture that is gone", before: "id,prompt\n1,a fox\n2,a hare\n", change: remove("1-*.png"), made: 1, missing: 1},
	{name: "a picture that is gone, and wanted back", before: "id,prompt\n1,a fox\n2,a hare\n", change: remove("1-*.png"), fetchAgain: true, made: 1, toMake: 1, fetchedForFree: true},
	{name: "the same, as is the server's", before: "id,prompt\n1,a fox\n2,a hare\n", change: both(remove("1-*.png"), remove(".easel")), fetchAgain: true, made: 1, toMake: 1, paidAgain: 1},
	{name: "a picture put aside", before: "id,prompt\n1,a fox\n2,a hare\n", change: move("1-*.png", "rejected/fox.png"), made: 2},
	{name: "half a file", before: "id,prompt\n1,a fox\n2,a hare\n", change: cut("1-*.png"), made: 1, toMake: 1, fetchedForFree: true},
	{name: "a picture that changed names, and an edited one", before: "id,prompt\n1,a fox\n2,a hare\n", change: both(addText("1-*.png"), exchange), made: 2, edited: 1},
	{name: "a copy, and an edited original", before: "id,prompt\n1,a fox\n", change: both(duplicate("1-*.png", "copy.png"), addText("1-*.png")), made: 1, unknown: 1},
	{name: "an empty file", before: "id,prompt\n1,a fox\n2,a hare\n", change: empty("1-*.png"), made: 1, toMake: 1, fetchedForFree: true},
	{name: "a picture that is gone, as is the server's", before: "id,prompt\n1,a fox\n2,a hare\n", change: both(remove("1-*.png"), remove(".easel")), made: 1, missing: 1},
}

func TestWhatLiesInTheFolderIsNotOrderedAgain(t *testing.T) {
	for _, e := range edits {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, t.TempDir(), nil)
			o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: e.before, expand: e.first}
			o.must(t)
			before := calls(t, h)
			if e.change != nil {
				e.change(t, o.dir)
			}
			o.file, o.expand = firstOf(e.after, e.before), e.second
			o.change = func(r *bulk.Run) { r.Redo, r.FetchAgain = e.redo, e.fetchAgain }
			plan, s := o.must(t)
			got := edit{
				made: plan.Made, toMake: plan.ToMake, renamed: plan.Renamed, edited: plan.Edited, changed: plan.Changed,
				others: plan.Others, missing: plan.Missing, paidAgain: plan.PaidAgain, unknown: plan.Unknown,
			}
			want := edit{
				made: e.made, toMake: e.toMake, renamed: e.renamed, edited: e.edited, changed: e.changed,
				others: e.others, missing: e.missing, paidAgain: e.paidAgain, unknown: e.unknown,
			}
			if fmt.Sprint(got) != fmt.Sprint(want) || s.Failed > 0 {
				t.Errorf("planned %+v, want %+v", got, want)
			}
			paid := calls(t, h) - before
			if want := e.toMake; e.fetchedForFree && paid != 0 || !e.fetchedForFree && paid != want {
				t.Errorf("%d calls for %d to make", paid, want)
			}
			if plan, _ := o.must(t); plan.ToMake != 0 && !e.redo {
				t.Errorf("a third run makes %d", plan.ToMake)
			}
		})
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// What a lost manifest knew is written anew, as far as the rows of the file tell.
func TestARebuiltManifestNamesItsRows(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\nfox,a fox\nhare,a hare\n"}
	o.must(t)
	remove("manifest.jsonl")(t, o.dir)
	o.must(t)
	o.must(t)
	rows := map[string]string{}
	for e := range entries(t, o.dir) {
		rows[e.CustomID] = fmt.Sprint(e.Line, " ", e.Input.Prompt)
	}
	if rows["fox"] != "2 a fox" || rows["hare"] != "3 a hare" {
		t.Errorf("the manifest has %v", rows)
	}
	o.file = "id,prompt\nfox,a fox in snow\nfox-2,a fox\n"
	o.change = func(r *bulk.Run) { r.Redo = true }
	if plan, _ := o.must(t); plan.Made != 1 || plan.ToMake != 1 || plan.Others != 1 || plan.Missing != 0 {
		t.Errorf("then %+v", plan)
	}
}

func calls(t *testing.T, h *embeddedServer) (n int) {
	t.Helper()
	for _, each := range paid(t, h.ledger) {
		n += each
	}
	return n
}

// one is the only file of a pattern.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	return found[0]
}

func move(from, to string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		to := filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(one(t, dir, from), to); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.RemoveAll(one(t, dir, pattern)); err != nil {
			t.Fatal(err)
		}
	}
}

func both(first, second func(*testing.T, string)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		first(t, dir)
		second(t, dir)
	}
}

func exchange(t *testing.T, dir string) {
	t.Helper()
	a, b := one(t, dir, "1-*.png"), one(t, dir, "2-*.png")
	for _, step := range [][2]string{{a, a + "x"}, {b, a}, {a + "x", b}} {
		if err := os.Rename(step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
}

func rewrite(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, change(data), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recompress writes a picture anew, without its texts.
func recompress(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		rewrite(t, one(t, dir, pattern), func(data []byte) []byte {
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, picture); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		})
	}
}

// addText changes a picture as a tool does that adds a text at its end.
func addText(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		rewrite(t, one(t, dir, pattern), func(data []byte) []byte { return append(data, "rated"...) })
	}
}

func cut(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		rewrite(t, one(t, dir, pattern), func(data []byte) []byte { return data[:len(data)/2] })
	}
}

func empty(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		rewrite(t, one(t, dir, pattern), func([]byte) []byte { return nil })
	}
}

func duplicate(from, to string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		data, err := os.ReadFile(one(t, dir, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func stranger(t *testing.T, dir string) {
	t.Helper()
	duplicate("1-*.png", "holiday.png")(t, dir)
	recompress("holiday.png")(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A row that is changed and changed back has both pictures in the folder.
func TestARowThatIsChangedBackHasItsFirstPicture(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), change: func(r *bulk.Run) { r.Redo = true }}
	for n, prompt := range []string{"a fox", "a hare", "a fox", "a hare"} {
		o.file = csv([2]string{"1", prompt})
		if plan, _ := o.must(t); plan.ToMake != 1-n/2 || plan.Others != min(1, n) {
			t.Errorf("run %d: planned %+v", n, plan)
		}
	}
	if n := calls(t, h); n != 2 {
		t.Errorf("%d calls for two pictures", n)
	}
}

// A picture whose place another has taken lies there no more.
func TestAPictureThatWasReplacedIsMissing(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), change: func(r *bulk.Run) { r.Redo, r.Names = true, "{custom_id}.{ext}" }}
	for _, prompt := range []string{"a fox", "a hare"} {
		o.file = csv([2]string{"1", prompt})
		if _, s := o.must(t); s.Pictures != 1 {
			t.Errorf("%d pictures in one file", s.Pictures)
		}
	}
	if plan, _ := o.must(t); plan.Made != 1 || plan.Others != 0 || pictures(t, o.dir) != 1 {
		t.Errorf("planned %+v with one file", plan)
	}
	remove(".easel")(t, o.dir)
	o.file = csv([2]string{"1", "a fox"})
	if _, plan, done, err := o.plan(t); err != nil || plan.Missing != 1 || plan.Others != 1 || plan.ToMake != 0 {
		t.Errorf("changed back: planned %+v, %v", plan, err)
	} else {
		done()
	}
}

// A picture of another folder counts for a row, also where it has taken the path of one that is known.
func TestAPictureOfAnotherFolderCountsAtAKnownPath(t *testing.T) {
	for _, moved := range []bool{true, false} {
		h := startServer(t, t.TempDir(), nil)
		first := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\nfox,a fox\n"}
		second := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\nfox,a hare\n"}
		first.must(t)
		second.must(t)
		from, to := one(t, second.dir, "fox-*.png"), one(t, first.dir, "fox-*.png")
		if moved {
			move("fox-*.png", "old.png")(t, first.dir)
		}
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		first.file = "id,prompt\nfox,a fox\nother,a hare\n"
		plan, s := first.must(t)
		if want := map[bool]int{true: 2, false: 1}[moved]; plan.Made != want || plan.Missing != 2-want || plan.ToMake != 0 || s.Ordered != 0 {
			t.Errorf("moved %t: planned %+v", moved, plan)
		}
	}
}

// Pictures that do not tell their settings cannot be known again: a person is asked before they are paid a second time.
func TestPicturesThatTellNothingMayBeThoseToMake(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	for embed, lost := range map[string]bool{"none": true, "all": false} {
		o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt,embed\n1,a fox," + embed + "\n2,a hare," + embed + "\n"}
		o.must(t)
		stranger(t, o.dir)
		rewrite(t, filepath.Join(o.dir, "manifest.jsonl"), func(lines []byte) []byte { return lines[:bytes.IndexByte(lines, '\n')+1] })
		remove(".easel")(t, o.dir)
		if _, plan, done, err := o.plan(t); err != nil || plan.Lost() != lost {
			t.Errorf("embed %s: lost is %t, planned %+v, %v", embed, plan.Lost(), plan, err)
		} else {
			done()
		}
	}
}

// A plan shows what will be paid, and not what is under way.
func TestTheSampleIsWhatWillBePaid(t *testing.T) {
	o := begun(t, 5)
	o.file = csv(append(animals(0, 5), [2]string{"new", "a hare at dawn"})...)
	_, plan, done, err := o.plan(t)
	done()
	if err != nil || !slices.Equal(plan.Sample, []string{"a hare at dawn"}) || plan.New() != 1 {
		t.Errorf("sample %q of %d new, %v", plan.Sample, plan.New(), err)
	}
}

// Jobs that wait are found again though their rows go by other names now.
func TestWhatWaitsIsNotOrderedUnderAnotherName(t *testing.T) {
	o := begun(t, 4)
	o.file = strings.ReplaceAll(csv(animals(0, 4)...), "row-", "r")
	o.expand = runs(2)
	_, plan, done, err := o.plan(t)
	done()
	if err != nil || plan.Made != 1 || plan.Waiting != 3 || plan.New() != 4 || plan.Removed != 0 {
		t.Errorf("planned %+v, %v", plan, err)
	}
}

// Two rows of one custom_id would share their pictures when they are multiplied.
func TestACustomIDIsOneRowsOwnAlsoWhereItIsMultiplied(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n1,a hare\n", expand: runs(2)}
	if _, _, err := o.do(t.Context(), t); err == nil || !strings.Contains(err.Error(), `custom_id "1" stands for another row`) {
		t.Errorf("got %v", err)
	}
}
