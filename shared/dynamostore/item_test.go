package dynamostore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// record is the record that version 1 of the core has frozen, with what DynamoDB does not take as it is.
func record(t *testing.T) job.Job {
	t.Helper()
	b, err := os.ReadFile("../job/testdata/record.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var j job.Job
	if err := json.Unmarshal(b, &j); err != nil {
		t.Fatal(err)
	}
	j.Metadata[""] = "no name"
	j.Input.Parameters, j.Sent.Parameters = json.RawMessage(`{"steps":30}`), json.RawMessage(`{"":1e999}`)
	return j
}

// ask makes a request as it is, without the SDK.
func ask(t *testing.T, url, op, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+op)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", op, res.Status, answer, err)
	}
	var v map[string]any
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUnknownAttributesAreLeftAlone(t *testing.T) {
	_, cfg := emulate(t)
	s := table(t, cfg)
	const unknown = `"from_the_future":{"M":{"a":{"L":[{"N":"1"},{"S":"x"}]}}}`
	ask(t, *cfg.BaseEndpoint, "PutItem", fmt.Sprintf(`{"TableName":%q,"Item":{%s,%s}`, s.table, unknown, strings.TrimPrefix(frozen(t), "{")))
	want := record(t)
	j, err := s.Get(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("the frozen item (-want +got):\n%s", diff)
	}
	j.Status, j.Due, j.Out, j.ExpiresAt, j.Metadata = job.Succeeded, nil, false, nil, nil
	now, err := s.Update(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(now, get(t, s, j.ID)); diff != "" {
		t.Errorf("after the update (-returned +read):\n%s", diff)
	}
	raw := ask(t, *cfg.BaseEndpoint, "GetItem", fmt.Sprintf(`{"TableName":%q,"Key":{"pk":{"S":%q}}}`, s.table, j.ID))["Item"].(map[string]any)
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

func get(t *testing.T, s *Store, id string) job.Job {
	t.Helper()
	j, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTimeToLiveIsInSeconds(t *testing.T) {
	j := plainJob("a")
	at := instantOf("2026-11-23T10:00:00Z")
	j.ExpiresAt = &at
	if diff := cmp.Diff(number(1795428000), indexed(j)[ttl], values); diff != "" {
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
	names := []string{"", "a", "#a", "1#a", "a#1", "1", "out#a", strings.Repeat("x", 1024), strings.Repeat("x", 3000), strings.Repeat("x", 3001)}
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
	for _, name := range names[:7] {
		for shard := range dueShards {
			note(dueKey(shard, name, true), fmt.Sprint(shard, " out ", name))
			note(dueKey(shard, name, false), fmt.Sprint(shard, " held ", name))
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
		_, updated := s.Update(t.Context(), j)
		for call, err := range map[string]error{"get": got, "update": updated, "erase": s.Erase(t.Context(), id, 1)} {
			if !errors.Is(err, job.ErrNotFound) || len(err.Error()) > 1000 {
				t.Errorf("%s of an ID of %d bytes: %.100v", call, len(id), err)
			}
		}
	}
	w.expect(t)
}

func TestOtherItemsAreNoJobs(t *testing.T) {
	_, s := open(t, nil)
	if _, err := s.Secret(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Reserve(t.Context(), "core", time.Second, time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetPace(t.Context(), "core", job.Pace{}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{secretKey, "slot#core", "pace#core"} {
		if _, err := s.Get(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", id, err)
		}
	}
}
