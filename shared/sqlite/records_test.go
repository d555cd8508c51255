package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

func TestAnUpdateLeavesUnknownAttributesAlone(t *testing.T) {
	db := scratch(t)
	j := order("a")
	j.Metadata = map[string]string{"kept": "no"}
	store(t, db, j)
	future := map[string]any{"text": "a \"quoted\" word", "none": nil, "list": []any{1.0, nil}}
	annotate(t, db, "jobs", "a", "mood", future)

	j.Version, j.Metadata, j.Due = 1, nil, nil
	for range 3 {
		if _, err := db.Update(t.Context(), written(j)); err != nil {
			t.Fatal(err)
		}
		j.Version++
	}
	doc := stored(t, db, "jobs", "a")
	if diff := cmp.Diff(any(future), doc["mood"]); diff != "" {
		t.Errorf("the attribute of another version (-want +got):\n%s", diff)
	}
	if doc["version"] != 4.0 || doc["metadata"] != nil || doc["due"] != nil {
		t.Errorf("version %v, metadata %v, due %v; want 4 and nothing", doc["version"], doc["metadata"], doc["due"])
	}
}

// annotate writes an attribute as a later version of the program would.
func annotate(t *testing.T, db *DB, table, id, name string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	_, err = write(t.Context(), db.writer, func(x *tx) (int64, error) {
		return x.exec("UPDATE "+table+" SET shape = 1, doc = json_set(doc, '$."+name+"', json(?)) WHERE id = ?", string(text), id)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatCanBeReadOfADamagedRecordIs(t *testing.T) {
	db := scratch(t)
	store(t, db, order("a"), order("b"))
	annotate(t, db, "jobs", "a", "metadata", 5)
	jobs, _, err := db.List(t.Context(), job.Query{Owner: order("a").Owner, Limit: 10})
	if err != nil || len(jobs) != 2 {
		t.Fatalf("a list with a damaged record: %+v, %v", jobs, err)
	}
	j, err := db.Get(t.Context(), "a")
	if err != nil || !j.Damaged || j.Owner != order("a").Owner || j.Status != job.Queued || j.Version != 1 {
		t.Fatalf("got %+v, %v", j, err)
	}
	if _, err := db.Update(t.Context(), written(j)); err != nil {
		t.Fatal(err)
	}
	if j, err = db.Get(t.Context(), "a"); err != nil || j.Damaged {
		t.Errorf("written anew it is %+v, %v", j, err)
	}
}

func stored(t *testing.T, db *DB, table, id string) (doc map[string]any) {
	t.Helper()
	var text string
	if err := db.read.QueryRowContext(t.Context(), "SELECT doc FROM "+table+" WHERE id = ?", id).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSearchesUseAnIndex asks SQLite for its plans: what it looks for must not be read or sorted as a whole.
func TestSearchesUseAnIndex(t *testing.T) {
	db := scratch(t)
	for query, index := range map[string]string{
		selectFired:      "COVERING INDEX jobs_due (model=? AND due>? AND due<?)",
		selectDispatched: "COVERING INDEX jobs_dispatched (model=? AND due>?)",
		selectWaiters:    "COVERING INDEX jobs_flow (model=? AND flow=? AND (queued,position,id)>(?,?,?))",
		selectFlows:      "PRIMARY KEY (model=?)",
		selectFlow:       "PRIMARY KEY (model=? AND name=?)",
		advanceFlow:      "PRIMARY KEY (model=? AND name=?)",
		leaveFlow:        "PRIMARY KEY (model=? AND name=?)",
		countFlow:        "PRIMARY KEY (model=? AND name=?)",
		selectStanding:   "sqlite_autoindex_standings_1 (model=?)",
		readCounters:     "sqlite_autoindex_counters_1 (batch=?)",
		sumWaiting:       "COVERING INDEX jobs_waiting (owner=?)",
		selectJobs:       "sqlite_autoindex_jobs_1 (id=?)",
		listBatches:      "batches_owner (owner=? AND (created,id)<(?,?))",
		dueBatches:       "COVERING INDEX counters_due",
		deleteRequests:   "requests_batch",
		nextVisible:      "messages_visible",
		claimMessages:    "messages_visible (visible<?)",
		endLeases:        "jobs_due",
		reviveJobs:       "jobs_due",
		forgetJobs:       "jobs_remembered",
		forgetBatches:    "batches_remembered",
	} {
		plan := explain(t, db, query)
		if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\nis planned as\n%s\nwant the index %s and no sorting", query, plan, index)
		}
	}
}

func explain(t *testing.T, db *DB, query string) string {
	t.Helper()
	args := make([]any, strings.Count(query, "?"))
	if strings.Contains(query, "?1") {
		args = nil
		for strings.Contains(query, fmt.Sprint("?", len(args)+1)) {
			args = append(args, nil)
		}
	}
	lines, err := collect(t.Context(), db.read, func(row scanner) (line string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &line)
		return line, err
	}, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestAnInstantOfAnotherZoneIsFoundAndSorted(t *testing.T) {
	db := scratch(t)
	j := order("a")
	due := instant().In(time.FixedZone("east", 7*3600))
	j.Due = &due
	store(t, db, j)
	refs, err := db.Fired(t.Context(), j.Model, instant(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]job.Ref{{ID: "a", Due: instant()}}, refs); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}
