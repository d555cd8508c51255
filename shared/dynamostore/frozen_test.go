package dynamostore

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// frozen is an item as version 1 wrote it, with everything that it may hold.
func frozen(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".v1.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// thawed is a store in which every item read is the frozen one, with an attribute that only a later version knows.
func thawed(t *testing.T, names ...string) *Store {
	t.Helper()
	var items []string
	for _, name := range names {
		items = append(items, `{"from_the_future":{"S":"x"},`+strings.TrimPrefix(frozen(t, name), "{"))
	}
	_, s := wired(func(op, _ string) (int, string) {
		if op == "BatchGetItem" {
			return http.StatusOK, `{"Responses":{"jobs":[` + strings.Join(items, ",") + `]}}`
		}
		return http.StatusOK, `{"Item":` + items[0] + `}`
	})
	return s
}

// frozenID is that of the job, and frozenBatch that of the batch, of the frozen items.
const (
	frozenID    = "01a204c4-a991-7097-a604-ca4bd2ef1d2d"
	frozenBatch = "28352b3a-74f2-52de-90ff-be85c85d2fa8"
)

// record is the job of the frozen item.
func record(t *testing.T) job.Job {
	t.Helper()
	return get(t, thawed(t, "item"), frozenID)
}

// empty lists the fields that hold nothing.
func empty(name string, v reflect.Value) (all []string) {
	if v.IsZero() {
		return []string{name}
	}
	switch {
	case v.Kind() == reflect.Pointer:
		return empty(name, v.Elem())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		return empty(name, v.Index(0))
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for field, value := range v.Fields() {
			if field.Tag.Get("json") != "-" {
				all = append(all, empty(name+"."+field.Name, value)...)
			}
		}
	}
	return all
}

// TestFrozenItemsAreUnderstood wants every field filled from the frozen items, but for those that only what is remembered
// of a deleted record has.
func TestFrozenItemsAreUnderstood(t *testing.T) {
	if diff := cmp.Diff([]string{"job.DeletedAt"}, empty("job", reflect.ValueOf(record(t)))); diff != "" {
		t.Errorf("fields of a job that the frozen item does not fill (-want +got):\n%s", diff)
	}
	b, c, err := thawed(t, "batch", "counters").GetBatch(t.Context(), frozenBatch)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"batch.DeletedAt", "batch.ExpiresAt"}, empty("batch", reflect.ValueOf(b))); diff != "" {
		t.Errorf("fields of a batch that the frozen item does not fill (-want +got):\n%s", diff)
	}
	if missing := empty("counters", reflect.ValueOf(c)); len(missing) > 0 || len(c.At) != len(job.Instants) {
		t.Errorf("the frozen counters do not fill %q, and have %d instants", missing, len(c.At))
	}
	want := job.Counts{job.Queued: 1, job.Running: 2, job.Succeeded: 3, job.Failed: 4, job.Canceled: 5}
	if diff := cmp.Diff(want, c.Models["stability.stable-image-ultra-v1:1"]); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestItemsAreWrittenAsTheyWereFrozen stores what was read from the frozen items.
func TestItemsAreWrittenAsTheyWereFrozen(t *testing.T) {
	b, _, err := thawed(t, "batch", "counters").GetBatch(t.Context(), frozenBatch)
	if err != nil {
		t.Fatal(err)
	}
	for name, transaction := range map[string]job.Transaction{
		"item":  {Jobs: []job.Job{record(t)}},
		"batch": {Batch: &b},
	} {
		w, s := wired(nil)
		if _, err := s.Create(t.Context(), transaction); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(items(t, fmt.Sprintf(`{"Item":%s}`, frozen(t, name)))[0], items(t, w.sent[0])[0]); diff != "" {
			t.Errorf("%s (-frozen +now):\n%s", name, diff)
		}
	}
}

// TestCountersAreWrittenAsTheyWereFrozen makes the frozen counters in the emulator.
func TestCountersAreWrittenAsTheyWereFrozen(t *testing.T) {
	_, want, err := thawed(t, "batch", "counters").GetBatch(t.Context(), frozenBatch)
	if err != nil {
		t.Fatal(err)
	}
	f, s := open(t, nil)
	b := plainBatch(frozenBatch)
	b.MaxCost = want.MaxCost
	d := job.Difference{
		BatchID: b.ID, Models: want.Models, Queued: want.Queued, Running: want.Running, Cost: want.Cost, Charged: want.Charged,
		Waiting: want.Waiting, Ordered: want.Ordered, Next: want.Next, Unwritten: want.Unwritten, Set: want.At,
	}
	if _, err := s.Create(t.Context(), job.Transaction{Batch: &b}); err != nil {
		t.Fatal(err)
	}
	for _, one := range []job.Difference{{BatchID: b.ID, Cancel: true, If: job.Condition{Models: []string{}}}, d} {
		if _, err := s.Amend(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	raw := ask(t, *f.back.BaseEndpoint, "GetItem", fmt.Sprintf(`{"TableName":%q,"Key":{"pk":{"S":"counters#%s"},"sk":{"S":"-"}}}`, s.table, b.ID))["Item"]
	var was any
	if err := json.Unmarshal([]byte(frozen(t, "counters")), &was); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, raw); diff != "" {
		t.Errorf("counters (-frozen +now):\n%s", diff)
	}
}

// items are the items that a request puts, wherever in it they stand.
func items(t *testing.T, sent string) (all []any) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(sent[strings.Index(sent, "{"):]), &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if it, ok := v["Item"]; ok {
				all = append(all, it)
				return
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(v)
	return all
}
