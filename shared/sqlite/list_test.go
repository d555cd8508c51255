package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// TestIndexLooksAtFewJobs runs the contract with so narrow a bound that most pages are short.
func TestIndexLooksAtFewJobs(t *testing.T) {
	for _, look := range []int{1, 7} {
		t.Run(fmt.Sprint(look), func(t *testing.T) {
			jobtest.Index.Run(t, func(t *testing.T) jobtest.Harness {
				db := scratch(t)
				db.look = look
				return jobtest.Harness{Store: db}
			})
		})
	}
}

// TestAListLooksAtSoManyJobs has an owner with 35 jobs, the oldest of which is of another model, in a batch.
func TestAListLooksAtSoManyJobs(t *testing.T) {
	db := scratch(t)
	db.look = 10
	for n := range int64(35) {
		j := row("batch", n)
		if n == 0 {
			j.Model = "rare"
		}
		store(t, db, j)
	}
	for name, c := range map[string]struct {
		job.Query
		pages []int
	}{
		"one at the end":       {job.Query{Owner: "local", Model: "rare"}, []int{0, 0, 0, 1}},
		"none":                 {job.Query{Owner: "local", Model: "none"}, []int{0, 0, 0, 0}},
		"one of a batch":       {job.Query{Owner: "local", BatchID: "batch", Model: "rare"}, []int{1, 0, 0, 0}},
		"a batch of another":   {job.Query{Owner: "other", BatchID: "batch"}, []int{0, 0, 0, 0}},
		"a state that is none": {job.Query{Owner: "local", Statuses: []job.Status{job.Failed}}, []int{0}},
		"all":                  {job.Query{Owner: "local"}, []int{5, 5, 5, 5, 5, 5, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Limit = 5
			for _, want := range c.pages {
				found, more, err := db.List(t.Context(), c.Query)
				if err != nil || len(found) != want {
					t.Fatalf("behind %v a page has %d jobs, %v; want pages of %d", c.After, len(found), err, c.pages)
				}
				c.After = more
			}
			if c.After != nil {
				t.Errorf("more follows behind %v, want an end after pages of %d", c.After, c.pages)
			}
		})
	}
}

// TestListsUseAnIndex asks SQLite for its plans: it finds the jobs of a list in an index alone, one state after the other
// and in order, whatever is asked for.
func TestListsUseAnIndex(t *testing.T) {
	db := scratch(t)
	mark := &job.Mark{Created: 1, Position: 2, ID: "a"}
	some := []job.Status{job.Running, job.Queued, job.Running}
	for index, queries := range map[string][]job.Query{
		"jobs_owner (owner=? AND status=?)": {
			{Owner: "o"}, {Owner: "o", Model: "m"}, {Owner: "o", Statuses: some}, {Owner: "o", Statuses: some, Model: "m"},
		},
		"jobs_owner (owner=? AND status=? AND (created,position,id)<(?,?,?))": {
			{Owner: "o", After: mark}, {Owner: "o", After: mark, Statuses: some, Model: "m"},
		},
		"jobs_starred (owner=? AND status=?)": {
			{Owner: "o", Starred: true}, {Owner: "o", Starred: true, Statuses: some, Model: "m"},
		},
		"jobs_starred (owner=? AND status=? AND (created,position,id)<(?,?,?))": {
			{Owner: "o", Starred: true, After: mark, Statuses: some},
		},
		"jobs_batch (batch=? AND status=?)": {
			{BatchID: "b", Starred: true},
			{BatchID: "b"},
			{BatchID: "b", Owner: "o"},
			{BatchID: "b", Owner: "o", Statuses: some, Model: "m"},
		},
		"jobs_batch (batch=? AND status=? AND (position,id)>(?,?))": {
			{BatchID: "b", After: mark}, {BatchID: "b", After: mark, Owner: "o", Statuses: some, Model: "m"},
		},
	} {
		for _, q := range queries {
			query, args := listing(q, 1000)
			plan, err := collect(t.Context(), db.read, readPlan, "EXPLAIN QUERY PLAN "+query, args...)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range plan {
				search := strings.HasPrefix(line, "SEARCH jobs USING COVERING INDEX "+index) ||
					strings.HasPrefix(line, "SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)") // the jobs that were found
				if strings.Contains(line, "SEARCH") && !search || strings.Contains(line, "SCAN jobs") || strings.Contains(line, "B-TREE") {
					t.Errorf("%+v is planned with %q, want the index %s", q, line, index)
				}
			}
		}
	}
}

func readPlan(row scanner) (line string, err error) {
	var id, parent, unused int
	err = row.Scan(&id, &parent, &unused, &line)
	return line, err
}

// TestListsLeaveConnectionsToOtherReads has as many lists under way as there may be.
func TestListsLeaveConnectionsToOtherReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := scratch(t)
		store(t, db, order("a"))
		end := holdLists(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		left, stayed := make(chan error, 2), make(chan error, 2)
		for _, list := range []func(context.Context) error{
			func(ctx context.Context) error {
				_, _, err := db.List(ctx, job.Query{Owner: "local", Limit: 1})
				return err
			},
			func(ctx context.Context) error {
				_, _, _, err := db.ListBatches(ctx, "local", nil, 1)
				return err
			},
		} {
			go func() { left <- list(ctx) }()
			go func() { stayed <- list(t.Context()) }()
		}
		synctest.Wait()
		if n := len(left) + len(stayed); n > 0 {
			t.Errorf("%d lists did not wait for their turn", n)
		}
		if _, err := db.Get(t.Context(), "a"); err != nil {
			t.Errorf("a job beside the lists: %v", err)
		}
		cancel()
		for range cap(left) {
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Errorf("a list whose client has left: %v", err)
			}
		}
		end()
		for range cap(stayed) {
			if err := <-stayed; err != nil {
				t.Errorf("a list behind the others: %v", err)
			}
		}
	})
}

// holdLists lists until end is called, with as many connections as lists may have.
func holdLists(t *testing.T, db *DB) (end func()) {
	t.Helper()
	var ends []func()
	for range cap(db.lists) {
		leave, err := db.beginList(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := db.read.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, func() { conn.Close(); leave() })
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}
