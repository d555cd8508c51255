package bulk_test

import (
	"os"
	"path/filepath"
	"testing"

	"easel/shared/bulk"
	"easel/shared/template"
)

// testdata/made-before was written when a manifest held a hash of another form, numbered the members of a row with a
// custom_id, and left the defaults out of account. It is not written again.
func TestAFolderOfBeforePaysNothingAgain(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "made-before"))); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile(filepath.Join(dir, "prompts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	styles := []string{"", "anime"}
	o := testRun{
		url: h.url, name: "s", dir: dir, file: string(rows), change: func(r *bulk.Run) { r.Redo = true },
		expand: &template.Expand{Plain: true, Matrix: template.Matrix{StylePreset: styles}},
	}
	for range 2 {
		if plan, _ := o.must(t); plan.Made != 12 || plan.Failed != 2 || plan.ToMake != 0 || plan.Others+plan.Unknown != 0 {
			t.Errorf("planned %+v", plan)
		}
	}
	o.expand.Matrix.StylePreset = []string{"photographic", "anime", ""}
	if plan, _ := o.must(t); plan.Made != 12 || plan.ToMake != 7 {
		t.Errorf("with another style %+v", plan)
	}
	if n := calls(t, h); n != 6 { // the seventh is filtered
		t.Errorf("%d calls for 6 pictures", n)
	}
}

// Its server knows the jobs by the keys of before: what failed is begun again under these.
func TestWhatFailedBeforeKeepsItsKey(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	dir := t.TempDir()
	o := testRun{url: h.url, name: "s", dir: dir, file: "id,prompt\n1,a hare [sim:filtered]\n"}
	if plan, s := o.must(t); plan.ToMake != 1 || s.Failed != 1 {
		t.Fatalf("planned %+v, came to %+v", plan, s)
	}
	o.file, o.change = "id,prompt\n2,a hare [sim:filtered]\n", func(r *bulk.Run) { r.Retry = true }
	if plan, s := o.must(t); plan.ToMake != 1 || s.Failed != 1 {
		t.Errorf("sent again: planned %+v, came to %+v", plan, s)
	}
	keys := map[string]bool{}
	for e := range entries(t, dir) {
		keys[e.Key] = true
	}
	if !keys["1"] || len(keys) != 1 {
		t.Errorf("the manifest has keys %v", keys)
	}
}
