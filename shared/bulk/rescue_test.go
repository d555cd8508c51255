package bulk_test

import (
	"testing"
	"time"

	"easel/shared/api/client"
	"easel/shared/bulk"
	"easel/shared/template"
)

// madeUnfetched is a run that was stopped when everything was sent, and whose pictures were all made since.
func madeUnfetched(t *testing.T, file string, expand *template.Expand) (testRun, *embeddedServer) {
	t.Helper()
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: file, expand: expand}
	_, s, err := o.once(t)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(h.url, "")
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := c.List(t.Context(), client.ListQuery{BatchID: s.BatchID, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs.Data {
		if j, err = c.Get(t.Context(), j.ID, 20*time.Second); err != nil || len(j.Images) != 1 {
			t.Fatalf("job %+v, %v", j, err)
		}
	}
	return o, h
}

// What a stopped run has ordered is fetched by the next one, whatever the rows are called by then.
func TestWhatWasMadeForAStoppedRunIsNotPaidAgain(t *testing.T) {
	before := "id,prompt\n1,a fox\n2,a hare\n3,an owl\n"
	for name, c := range map[string]struct {
		after         string
		first, second *template.Expand
		change        func(*bulk.Run)
		more          int // calls
	}{
		"the same":              {after: before},
		"other ids":             {after: "id,prompt\na,a fox\nb,a hare\nc,an owl\n"},
		"no ids":                {after: "a fox\na hare\nan owl\n"},
		"ids in other places":   {after: "id,prompt\n2,a fox\n1,a hare\n3,an owl\n"},
		"more runs":             {after: before, second: runs(2), more: 3},
		"a matrix":              {after: before, second: matrix("core", "ultra"), more: 3},
		"fewer runs":            {after: before, first: runs(2)},
		"another row":           {after: before + "4,a cow\n", more: 1},
		"a row less":            {after: "id,prompt\n1,a fox\nx,a hare\n"},
		"a limit":               {after: "id,prompt\nd,a cow\na,a fox\nb,a hare\nc,an owl\n", change: func(r *bulk.Run) { r.Limit = 1 }, more: 1},
		"an id for two prompts": {after: "id,prompt\n1,a cow\nx,a fox\ny,a hare\nz,an owl\n", more: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, h := madeUnfetched(t, before, c.first)
			paid := calls(t, h)
			o.file, o.expand, o.change = c.after, c.second, c.change
			plan, s := o.must(t)
			if plan.New() != c.more || s.Ordered != c.more || s.Made != plan.Rows || s.Unmade+s.Missing+s.Failed > 0 {
				t.Errorf("planned %+v, came to %+v", plan, s)
			}
			if more := calls(t, h) - paid; more != c.more {
				t.Errorf("%d calls more, want %d", more, c.more)
			}
			if plan, _ := o.must(t); plan.ToMake != 0 || plan.Made != plan.Rows {
				t.Errorf("then %+v", plan)
			}
		})
	}
}

// Another picture that was asked for is found as well, when its row has another name.
func TestAnotherPictureOfAStoppedRunIsNotPaidAgain(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n"}
	o.must(t)
	o.change = func(r *bulk.Run) { r.Again = bulk.Choice{"1"} }
	if _, _, err := o.once(t); err != nil {
		t.Fatal(err)
	}
	o.file, o.change = "id,prompt\none,a fox\n", func(r *bulk.Run) { r.Again = bulk.Choice{"one"} }
	o.must(t)
	if n := calls(t, h); n != 2 {
		t.Errorf("%d calls for two pictures", n)
	}
}
