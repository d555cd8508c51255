package bulk_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"easel/shared/bedrocksim"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/template"
)

var editSeeds = flag.Int("edits.seeds", 6, "how many sequences of edits and runs TestNoSequenceOfEditsPaysForWhatLiesThere draws")

// request is what a picture is made for: prompt and catalogue ID.
type wanted struct{ prompt, model string }

// desk is a person with a file and a folder, as the test knows them.
type desk struct {
	t      *testing.T
	h      *embeddedServer
	rng    *rand.Rand
	dir    string
	rows   []deskRow
	models []string
	runs   int
	next   int
	lies   map[string]wanted // pictures in the folder, by path
	plain  map[string]bool   // of these, those that lost their texts
	log    []string          // what was done, for the reader of a failure
}

// deskRow is a row of the file: an alternative more makes a picture more.
type deskRow struct {
	id   string
	alts []string
}

var deskModels = map[string]string{
	"core": "stability.stable-image-core-v1:1", "sd35": "stability.sd3-5-large-v1:0", "ultra": "stability.stable-image-ultra-v1:1",
}

// Whatever a person does to the file and to the folder between two runs, no request is paid for whose picture lies in the
// folder, and at the end each row has its picture.
func TestNoSequenceOfEditsPaysForWhatLiesThere(t *testing.T) {
	for seed := range *editSeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			d := &desk{
				t: t, h: startServer(t, t.TempDir(), nil), rng: rand.New(rand.NewPCG(uint64(seed), 7)), dir: t.TempDir(),
				models: []string{"core"}, runs: 1, lies: map[string]wanted{}, plain: map[string]bool{},
			}
			for range 3 {
				d.addRow()
			}
			for range 8 {
				for range 1 + d.rng.IntN(3) {
					d.edit()
				}
				d.run()
			}
		})
	}
}

func (d *desk) note(format string, args ...any) {
	d.log = append(d.log, fmt.Sprintf(format, args...))
}

func (d *desk) edit() {
	edits := []func(){
		d.addRow, d.copyRow, d.dropRow, d.rename, d.swap, d.shuffle, d.reword, d.alternate, d.alternate, d.remodel, d.remodel, d.rerun,
		d.movePicture, d.movePicture, d.deletePicture, d.recompressPicture, d.forgetState, d.loseManifest,
	}
	edits[d.rng.IntN(len(edits))]()
}

func (d *desk) row() *deskRow { return &d.rows[d.rng.IntN(len(d.rows))] }

func (d *desk) words() string {
	d.next++
	return fmt.Sprint("fox ", d.next%7) // rows meet now and then
}

func (d *desk) addRow() {
	id := ""
	if d.rng.IntN(3) > 0 {
		id = fmt.Sprint("r", d.next)
	}
	d.next++
	d.rows = append(d.rows, deskRow{id: id, alts: []string{d.words()}})
	d.note("add %v", d.rows[len(d.rows)-1])
}

func (d *desk) copyRow() {
	r := *d.row()
	r.alts = slices.Clone(r.alts)
	if r.id != "" {
		r.id = fmt.Sprint("r", d.next)
		d.next++
	}
	d.rows = append(d.rows, r)
	d.note("copy %v", r)
}

func (d *desk) dropRow() {
	if len(d.rows) > 1 {
		n := d.rng.IntN(len(d.rows))
		d.note("drop %v", d.rows[n])
		d.rows = slices.Delete(d.rows, n, n+1)
	}
}

func (d *desk) rename() {
	r := d.row()
	r.id = fmt.Sprint("r", d.next)
	d.next++
	d.note("rename to %v", *r)
}

func (d *desk) swap() {
	a, b := d.row(), d.row()
	a.id, b.id = b.id, a.id
	d.note("swap ids of %v and %v", *a, *b)
}

func (d *desk) shuffle() {
	d.rng.Shuffle(len(d.rows), func(i, j int) { d.rows[i], d.rows[j] = d.rows[j], d.rows[i] })
	d.note("shuffle")
}

func (d *desk) reword() {
	r := d.row()
	r.alts[d.rng.IntN(len(r.alts))] = d.words()
	d.note("reword to %v", *r)
}

func (d *desk) alternate() {
	r := d.row()
	if len(r.alts) > 1 && d.rng.IntN(2) == 0 {
		n := d.rng.IntN(len(r.alts))
		r.alts = slices.Delete(r.alts, n, n+1)
	} else {
		r.alts = slices.Insert(r.alts, d.rng.IntN(len(r.alts)+1), d.words())
	}
	d.note("alternatives %v", *r)
}

func (d *desk) remodel() {
	all := slices.Sorted(maps.Keys(deskModels))
	d.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	d.models = all[:1+d.rng.IntN(len(all))]
	d.note("models %v", d.models)
}

func (d *desk) rerun() {
	d.runs = 1 + d.rng.IntN(3)
	d.note("runs %d", d.runs)
}

// anyPicture is the path of a picture that the test knows.
func (d *desk) anyPicture() (string, bool) {
	if len(d.lies) == 0 {
		return "", false
	}
	paths := slices.Sorted(maps.Keys(d.lies))
	return paths[d.rng.IntN(len(paths))], true
}

// movePicture renames one whose content is still what was fetched.
func (d *desk) movePicture() {
	from, ok := d.anyPicture()
	if !ok || d.plain[from] {
		return
	}
	d.next++
	to := fmt.Sprintf("kept %d/%d.png", d.rng.IntN(2), d.next)
	if err := os.MkdirAll(filepath.Dir(filepath.Join(d.dir, to)), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(d.dir, from), filepath.Join(d.dir, to)); err != nil {
		d.t.Fatal(err)
	}
	d.lies[to] = d.lies[from]
	delete(d.lies, from)
	d.note("move %s to %s", from, to)
}

func (d *desk) deletePicture() {
	if path, ok := d.anyPicture(); ok {
		if err := os.Remove(filepath.Join(d.dir, path)); err != nil {
			d.t.Fatal(err)
		}
		delete(d.lies, path)
		d.note("delete %s", path)
	}
}

func (d *desk) recompressPicture() {
	if path, ok := d.anyPicture(); ok && !d.plain[path] {
		recompress(path)(d.t, d.dir)
		d.plain[path] = true
		d.note("recompress %s", path)
	}
}

func (d *desk) forgetState() {
	if err := os.RemoveAll(filepath.Join(d.dir, ".easel")); err != nil {
		d.t.Fatal(err)
	}
	d.note("forget state")
}

// loseManifest takes away what only the manifest knew: pictures without texts are strangers then.
func (d *desk) loseManifest() {
	_ = os.Remove(filepath.Join(d.dir, "manifest.jsonl"))
	for path := range d.plain {
		delete(d.lies, path)
		delete(d.plain, path)
	}
	d.note("lose the manifest")
}

// file is the CSV, and requests what it asks for and how often.
func (d *desk) file() string {
	var b strings.Builder
	b.WriteString("id,prompt\n")
	for _, r := range d.rows {
		fmt.Fprintf(&b, "%s,{%s}\n", r.id, strings.Join(r.alts, "|"))
	}
	return b.String()
}

func (d *desk) requests() (asked map[wanted]int, rows int) {
	asked = map[wanted]int{}
	for _, r := range d.rows {
		alts := slices.Clone(r.alts)
		slices.Sort(alts)
		for _, alt := range slices.Compact(alts) { // alternatives that are written alike are one
			for _, model := range d.models {
				asked[wanted{alt, deskModels[model]}] += d.runs
				rows += d.runs
			}
		}
	}
	return asked, rows
}

// run makes what the file asks for, and holds what was paid against what lay there.
func (d *desk) run() {
	d.t.Helper()
	asked, rows := d.requests()
	before, have := d.paid(), map[wanted]int{}
	for _, r := range d.lies {
		have[r]++
	}
	redo := d.rng.IntN(3) == 0
	d.note("run with redo %t", redo)
	o := testRun{url: d.h.url, name: "s", dir: d.dir, file: d.file(), expand: &template.Expand{Runs: d.runs, Matrix: template.Matrix{Model: d.models}}}
	o.change = func(r *bulk.Run) { r.Redo, r.FetchAgain = redo, true }
	plan, s := o.must(d.t)
	if s.Made != rows || s.Failed+s.Missing > 0 || plan.Made+plan.ToMake != rows || plan.Rows != rows {
		d.fail("%d rows came to %+v, planned %+v", rows, s, plan)
	}
	paid := d.paid()
	for r, n := range asked {
		hashed := wanted{bedrocksim.PromptHash(r.prompt), r.model}
		if made, most := paid[hashed]-before[hashed], max(0, n-have[r]); made > most {
			d.fail("%v was paid %d times, and %d of %d lay there", r, made, have[r], n)
		}
		delete(paid, hashed)
	}
	for r, n := range paid {
		if n > before[r] {
			d.fail("%d pictures were paid that no row asks for", n-before[r])
		}
	}
	d.look()
	lie := map[wanted]int{}
	for _, r := range d.lies {
		lie[r]++
	}
	for r, n := range asked {
		if plan.Changed == 0 && lie[r] < n {
			d.fail("%d rows ask for %v, and %d pictures lie there", n, r, lie[r])
		}
	}
	if plan.Pictures()+s.Saved != d.count() {
		d.fail("the plan knew of %d pictures, %d came, %d lie there", plan.Pictures(), s.Saved, d.count())
	}
}

func (d *desk) fail(format string, args ...any) {
	d.t.Helper()
	d.t.Fatalf(format+"\n%s", append(args, strings.Join(d.log, "\n"))...)
}

// paid counts the calls for each request by the simulator's ledger, which knows prompts by their hashes.
func (d *desk) paid() map[wanted]int {
	d.t.Helper()
	file, err := os.Open(d.h.ledger)
	if err != nil {
		return nil
	}
	defer file.Close()
	all := map[wanted]int{}
	for in := json.NewDecoder(bufio.NewReader(file)); in.More(); {
		var e bedrocksim.Entry
		if err := in.Decode(&e); err != nil {
			d.t.Fatal(err)
		}
		all[wanted{e.Hash, e.Model}]++
	}
	return all
}

// look takes up what has come, by the manifest.
func (d *desk) look() {
	d.t.Helper()
	for e := range entries(d.t, d.dir) {
		if e.File == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(d.dir, e.File)); err == nil && !d.plain[e.File] {
			d.lies[e.File] = wanted{e.Input.Prompt, e.Model}
		}
	}
}

func (d *desk) count() (n int) {
	_ = filepath.WalkDir(d.dir, func(path string, _ os.DirEntry, _ error) error {
		if filepath.Ext(path) == ".png" && !strings.Contains(path, ".easel") {
			n++
		}
		return nil
	})
	return n
}

// entries yields the lines of the manifest.
func entries(t *testing.T, dir string) func(func(folder.Entry) bool) {
	t.Helper()
	return func(yield func(folder.Entry) bool) {
		data, err := os.ReadFile(filepath.Join(dir, "manifest.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			var e folder.Entry
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			if !yield(e) {
				return
			}
		}
	}
}
