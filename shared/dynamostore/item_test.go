package dynamostore

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/pace"
)

func TestUnknownAttributesAreLeftAlone(t *testing.T) {
	_, cfg := emulate(t)
	s := table(t, cfg)
	const unknown = `"from_the_future":{"M":{"a":{"L":[{"N":"1"},{"S":"x"}]}}}`
	ask(t, *cfg.BaseEndpoint, "PutItem", fmt.Sprintf(`{"TableName":%q,"Item":{%s,%s}`, s.table, unknown, strings.TrimPrefix(frozen(t, "item"), "{")))
	j := get(t, s, frozenID)
	if diff := cmp.Diff(record(t), j); diff != "" {
		t.Errorf("the frozen item (-want +got):\n%s", diff)
	}
	j.Status, j.Due, j.Enqueued, j.ExpiresAt, j.Metadata = job.Succeeded, nil, false, nil, nil
	if _, err := s.Update(t.Context(), job.Transaction{Jobs: []job.Job{j}}); err != nil {
		t.Fatal(err)
	}
	j.Version++
	if diff := cmp.Diff(j, get(t, s, j.ID)); diff != "" {
		t.Errorf("after the update (-written +read):\n%s", diff)
	}
	raw := ask(t, *cfg.BaseEndpoint, "GetItem", fmt.Sprintf(`{"TableName":%q,"Key":{"pk":{"S":%q},"sk":{"S":"-"}}}`, s.table, j.ID))["Item"].(map[string]any)
	future := parsed(t, "x {"+unknown+"}").(map[string]any)["x"].(map[string]any)
	if diff := cmp.Diff(future["from_the_future"], raw["from_the_future"]); diff != "" {
		t.Errorf("the unknown attribute (-before +after):\n%s", diff)
	}
	for _, name := range []string{"due_pk", "due_sk", "ttl"} {
		if raw[name] != nil {
			t.Errorf("an ended job without a time to live has %s", name)
		}
	}
	if raw["batch_sk"] == nil || !strings.HasPrefix(raw["batch_sk"].(map[string]any)["S"].(string), "succeeded#") {
		t.Errorf("batch_sk is %v", raw["batch_sk"])
	}
}

// A document leaves out what is zero. An item must not: an update would leave the attribute as it was.
func TestAnItemHasWhatIsZeroToo(t *testing.T) {
	it := attributes(job.Job{})
	for field := range reflect.TypeFor[job.Job]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" && it[name] == nil {
			t.Errorf("an item of an empty job has no %s", name)
		}
	}
}

func TestWhatCanBeReadOfADamagedItemIs(t *testing.T) {
	j := plainJob("a")
	it := attributes(j)
	it[pk], it["visible"] = text("a"), text("tomorrow")
	got, err := decode(it)
	if err != nil || !got.Damaged || got.Owner != j.Owner || got.Status != j.Status || got.Sent.Prompt != j.Sent.Prompt {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTimeToLiveIsInSecondsAndAWeekAfterTheExpiry(t *testing.T) {
	j := plainJob("a")
	at := instantOf("2026-11-23T10:00:00Z")
	j.ExpiresAt = &at
	if diff := cmp.Diff(number(1795428000+7*24*3600), indexed(j)[ttl], values); diff != "" {
		t.Error(diff)
	}
}

func TestAPairMayHaveAnyName(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"", "_", "__", "___", "a", "a_", "_a", " "} {
		stored := named(name)
		if stored == "" || seen[stored] || given(stored) != name {
			t.Errorf("%q is stored as %q and read as %q", name, stored, given(stored))
		}
		seen[stored] = true
	}
}

// TestKeysAreUnambiguous has names that look like keys.
func TestKeysAreUnambiguous(t *testing.T) {
	names := []string{"", "a", "#a", "1#a", "a#1", "1", "enqueued#a", strings.Repeat("x", 1024), strings.Repeat("x", 3000), strings.Repeat("x", 3001)}
	seen := map[string]string{}
	note := func(key, of string) {
		if seen[key] != "" || len(key) > 2048 {
			t.Errorf("%.40q is the key of %.40s and of %.40s", key, seen[key], of)
		}
		seen[key] = of
	}
	for _, name := range names {
		for shard := range shards {
			note(shardKey(shard, name), fmt.Sprint(shard, " ", name))
		}
	}
	clear(seen)
	for _, name := range names {
		note(waitingKey(name), "waiting "+name)
		for _, day := range []string{"2026-11-22", "2026-11-23", "2026-11-22 simulated"} {
			note(dayKey(name, day), day+" "+name)
		}
	}
	clear(seen)
	for _, name := range names[:7] {
		note(dueKey(name, true), "enqueued "+name)
		note(dueKey(name, false), "timer "+name)
	}
	clear(seen)
	for _, model := range []string{"core", "core1", "cor"} {
		for n, name := range names {
			if short(name) != name {
				name = fmt.Sprint(n, name)
			}
			note(flowKey(job.FlowKey{Model: model, Owner: name}), model+" of "+name)
			for _, no := range []int64{0, 1, 11} {
				note(flowKey(job.FlowKey{Model: model, BatchID: "b" + name, CancelNo: no}), fmt.Sprint(model, " batch ", name, " ", no))
			}
		}
	}
}

func TestPlacesSortAsMarksDo(t *testing.T) {
	day := instantOf("2026-11-22T10:00:00Z").UnixMicro()
	marks := []job.Mark{
		{Created: -62135596800000000},
		{Created: 0},
		{Created: 999_999},
		{Created: 1_000_000},
		{Created: day - 1, Position: 5, ID: "z"},
		{Created: day, Position: 9, ID: "b"},
		{Created: day, Position: 10, ID: "a"},
		{Created: day, Position: 10, ID: "a#"},
		{Created: day, Position: 1 << 62, ID: "a"},
		{Created: day + 1, Position: 1},
		{Created: 253402300799999999},
	}
	var places []string
	for _, m := range marks {
		places = append(places, place(m))
		back, err := readEntry(byOwner, item{pk: text(m.ID), "owner_sk": text(place(m))}).mark(byOwner)
		if err != nil || *back != m {
			t.Errorf("%+v became %+v, %v", m, back, err)
		}
	}
	if !slices.IsSorted(places) {
		t.Errorf("not in order: %q", places)
	}
	for _, p := range places {
		if p < lowest || p > highest {
			t.Errorf("%q is out of bounds", p)
		}
	}
}

func TestWhatIsNoKeyIsNotFoundAndNotAskedFor(t *testing.T) {
	w, s := wired(nil)
	for _, id := range []string{"", strings.Repeat("x", 3000)} {
		j := plainJob(id)
		_, got := s.Get(t.Context(), id)
		there, updated := s.Update(t.Context(), job.Transaction{Jobs: []job.Job{j}})
		erased := s.Erase(t.Context(), id, 1, j.CreatedAt, nil)
		for call, err := range map[string]error{"get": got, "update": updated, "erase": erased} {
			if !errors.Is(err, job.ErrNotFound) || len(err.Error()) > 1000 {
				t.Errorf("%s of an ID of %d bytes: %.100v", call, len(id), err)
			}
		}
		if !slices.Equal(there.Missing, []string{id}) {
			t.Errorf("missing %.20q", there.Missing)
		}
	}
	w.expect(t)
}

// TestNothingIsReadAsWhatItIsNot has items of every kind, most of them of one name.
func TestNothingIsReadAsWhatItIsNot(t *testing.T) {
	_, s := open(t, nil)
	createBatch(t, s, plainBatch("a"), job.Difference{})
	create(t, s, plainJob("a"))
	_, secret := s.Secret(t.Context())
	_, _, slot := s.Reserve(t.Context(), "a", time.Second, time.Second)
	_, pace := s.SetPace(t.Context(), "a", pace.State{})
	_, request := s.Create(t.Context(), job.Transaction{Append: &job.Append{Name: "a"}})
	_, day := s.Update(t.Context(), job.Transaction{Jobs: []job.Job{get(t, s, "a")}, Day: charge()})
	if err := errors.Join(secret, slot, pace, request, day); err != nil {
		t.Fatal(err)
	}
	keys := []string{secretKey, "slot#a", "pace#a", "append#a", "batch#a", "counters#a", dayKey("ann", "2026-11-22")}
	for _, id := range keys {
		if _, err := s.Get(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("get %s: %v, want ErrNotFound", id, err)
		}
		j := plainJob(id)
		j.Version = 7
		there, err := s.Update(t.Context(), job.Transaction{Jobs: []job.Job{j}})
		if !errors.Is(err, job.ErrNotFound) || !slices.Equal(there.Missing, []string{id}) {
			t.Errorf("update %s: %v, want ErrNotFound", id, err)
		}
		if _, _, err := s.GetBatch(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("get batch %s: %v, want ErrNotFound", id, err)
		}
	}
	found, err := s.Find(t.Context(), append(keys, "a"))
	if err != nil || !slices.Equal(ids(found), []string{"a"}) {
		t.Errorf("found %v, %v; want a alone", ids(found), err)
	}
	listed, _, err := s.List(t.Context(), job.Query{Owner: "ann", Limit: 10})
	if err != nil || !slices.Equal(ids(listed), []string{"a"}) || listed[0].Input.Prompt != secretPrompt {
		t.Errorf("listed %v, %v; want the job a alone", ids(listed), err)
	}
}
