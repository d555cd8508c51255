package bulk_test

import (
	"path/filepath"
	"testing"
)

// Pictures of every format tell what they were made for.
func TestALostManifestIsRebuiltFromPicturesOfEveryFormat(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "prompt,model,output_format\n狐,sd35,png\nan owl,sd35,jpeg\na hare,sd35,webp\na whale,core,jpeg\n"}
	o.must(t)
	for _, format := range []string{"png", "jpg", "webp"} {
		if found, _ := filepath.Glob(filepath.Join(o.dir, "*."+format)); len(found) == 0 {
			t.Fatalf("no picture is a %s", format)
		}
	}
	remove("manifest.jsonl")(t, o.dir)
	o.url = startServer(t, t.TempDir(), nil).url // what the first server has counts for nothing
	if plan, _ := o.must(t); plan.Made != 4 || plan.ToMake != 0 || plan.Unknown != 0 {
		t.Errorf("planned %+v", plan)
	}
	if n := calls(t, h); n != 4 {
		t.Errorf("%d calls for 4 pictures", n)
	}
}
