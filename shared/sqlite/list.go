package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"easel/shared/job"
)

// lookLimit is how many jobs one call of List looks at, at the most: about 5 ms of work.
const lookLimit = 2000

// listers is how many lists are read at a time. They leave half of the connections and of the processors to other reads.
func listers() int { return max(1, min(readers, runtime.GOMAXPROCS(0))/2) }

// List implements job.Index. It never lags. An index knows owners, batches and states, and an owner's starred jobs. What it does
// not know, a job's model and in a batch its owner and its star, is looked up for at most 2,000 jobs in one call, so that a page may be short. An empty owner is
// an owner like any other, but for a batch, of which it lists every job.
func (db *DB) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	jobs, more, err := db.list(ctx, q)
	if err != nil {
		return nil, nil, fmt.Errorf("list jobs: %w", err)
	}
	return jobs, more, nil
}

func (db *DB) list(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	end, err := db.beginList(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	query, args := listing(q, db.look)
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	return readList(rows, q.Limit)
}

// beginList waits for its turn among the lists, first come first served. Its caller ends the turn.
func (db *DB) beginList(ctx context.Context) (end func(), err error) {
	select {
	case db.lists <- struct{}{}:
		return func() { <-db.lists }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readList reads the rows of a listing until the page is full. SQLite works only while rows are read, so it looks no
// further than that.
func readList(rows *sql.Rows, limit int) (jobs []job.Job, more *job.Mark, err error) {
	for rows.Next() {
		row, err := decodeListed(rows)
		switch {
		case err != nil:
			return nil, nil, err
		case len(jobs) == limit:
			return jobs, more, nil
		case row.job == nil:
			return jobs, &row.at, nil
		}
		jobs, more = append(jobs, *row.job), &row.at
	}
	return jobs, nil, rows.Err()
}

// listed is a row of a listing: a job at its place, or the place at which the look ended.
type listed struct {
	at  job.Mark
	job *job.Job
}

func decodeListed(row scanner) (l listed, err error) {
	var version sql.NullInt64
	var doc []byte
	if err := row.Scan(&l.at.Created, &l.at.Position, &l.at.ID, &version, &doc); err != nil || doc == nil {
		return l, err
	}
	if err := json.Unmarshal(doc, &l.job); err != nil {
		return listed{}, fmt.Errorf("stored record: %w", err)
	}
	l.job.Version = version.Int64
	return l, nil
}

// listing writes the statement for a query. Its rows are the jobs of the list among the first that an index has, as many
// as may be looked at, and last the place of the last of these, if there are so many. SQLite makes rows as they are read and
// keeps this order, so that it does not look for that place where the page is full before.
func listing(q job.Query, look int) (string, []any) {
	var args arguments
	indexed, bound := places(q, &args), args.add(look)
	filter := ""
	if q.BatchID != "" && q.Owner != "" {
		filter += " AND jobs.owner = " + args.add(q.Owner)
	}
	if q.Model != "" {
		filter += " AND jobs.model = " + args.add(q.Model)
	}
	if q.BatchID != "" && q.Starred {
		filter += " AND jobs.starred = 1"
	}
	return `SELECT indexed.created, indexed.position, indexed.id, jobs.version, jobs.doc
			FROM (` + indexed + ` LIMIT ` + bound + `) AS indexed CROSS JOIN jobs ON jobs.rowid = indexed.place` + filter + `
		UNION ALL
		SELECT created, position, id, NULL, NULL FROM (` + indexed + ` LIMIT 1 OFFSET ` + bound + ` - 1)`, args
}

// places writes a statement for the places of all jobs that an index has of an owner or a batch in some states, in the
// order of the list. The index has each state apart, and SQLite merges them as it reads. So the jobs of a rare state are
// found at once among a million others.
func places(q job.Query, args *arguments) string {
	one, order := ofOwner, " ORDER BY created DESC, position DESC, id DESC"
	if q.BatchID != "" {
		one, order = ofBatch, " ORDER BY position, id"
	}
	jobs := one(q, args)
	statuses := slices.Compact(slices.Sorted(slices.Values(q.Statuses))) // a state may be named twice
	if len(statuses) == 0 {
		statuses = job.Statuses
	}
	var all []string
	for _, s := range statuses {
		all = append(all, jobs+" AND status = "+args.add(string(s)))
	}
	return strings.Join(all, " UNION ALL ") + order
}

func ofOwner(q job.Query, args *arguments) string {
	one := "SELECT rowid AS place, created, position, id FROM jobs WHERE owner = " + args.add(q.Owner)
	if q.Starred {
		one += " AND starred = 1"
	}
	if m := q.After; m != nil {
		one += " AND (created, position, id) < (" + args.add(m.Created) + ", " + args.add(m.Position) + ", " + args.add(m.ID) + ")"
	}
	return one
}

// ofBatch names the condition of the index besides, since SQLite does not know that the batch has a name.
func ofBatch(q job.Query, args *arguments) string {
	one := "SELECT rowid AS place, 0 AS created, position, id FROM jobs WHERE batch <> '' AND batch = " + args.add(q.BatchID)
	if m := q.After; m != nil {
		one += " AND (position, id) > (" + args.add(m.Position) + ", " + args.add(m.ID) + ")"
	}
	return one
}

// arguments are those of a statement that names each by its number.
type arguments []any

func (a *arguments) add(value any) string {
	*a = append(*a, value)
	return "?" + strconv.Itoa(len(*a))
}
