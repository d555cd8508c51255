package sqlite

import (
	"context"
	"database/sql"
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

// jobIndex finds jobs by what indexes know of them.
type jobIndex struct {
	*file
	look int // how many jobs one call of List looks at, at the most
}

// List implements job.Index. It never lags. An index knows owners, batches and states, and an owner's starred jobs. What it does
// not know, a job's model and in a batch its owner and its star, is looked up for at most 2,000 jobs in one call, so that a page may be short. An empty owner is
// an owner like any other, but for a batch, of which it lists every job.
func (db jobIndex) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	jobs, more, err := db.list(ctx, q)
	if err != nil {
		return nil, nil, fmt.Errorf("list jobs: %w", err)
	}
	return jobs, more, nil
}

func (db jobIndex) list(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	end, err := db.beginList(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	query, args, err := db.statement(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	return readList(rows, q.Limit)
}

// beginList waits for its turn among the lists, first come first served. Its caller ends the turn.
func (db *file) beginList(ctx context.Context) (end func(), err error) {
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

// listedJob is a row of a listing: a job at its place, or the place at which the look ended.
type listedJob struct {
	at  job.Mark
	job *job.Job
}

func decodeListed(row scanner) (l listedJob, err error) {
	var version sql.NullInt64
	var doc []byte
	if err := row.Scan(&l.at.Created, &l.at.Position, &l.at.ID, &version, &doc); err != nil || doc == nil {
		return l, err
	}
	j, err := decodeDocument(version.Int64, doc)
	if err != nil {
		return listedJob{}, err
	}
	l.job = &j
	return l, nil
}

// listing writes the statement for a query. An index finds the places.
func listing(q job.Query, limit int) (string, []any) {
	var args arguments
	indexed := places(q, &args)
	return bounded(q, indexed, limit, &args), args
}

// bounded writes a statement whose rows are the jobs of the list among those at the first places, as many as may be looked
// at, and last the place of the last of these, if there are so many. SQLite makes rows as they are read and keeps this order,
// so that it does not look for that place where the page is full before.
func bounded(q job.Query, from string, limit int, args *arguments) string {
	bound := args.add(limit)
	return documents("("+from+" LIMIT "+bound+")", unindexed(q, args)) + `
		UNION ALL
		SELECT created, position, id, NULL, NULL FROM (` + from + ` LIMIT 1 OFFSET ` + bound + ` - 1)`
}

// documents writes a statement for the jobs at places, which keeps their order.
func documents(from, filter string) string {
	return `SELECT indexed.created, indexed.position, indexed.id, jobs.version, jobs.doc
		FROM ` + from + ` AS indexed CROSS JOIN jobs ON jobs.number = indexed.place` + filter
}

// unindexed are the conditions of a query that the index of its list does not know.
func unindexed(q job.Query, args *arguments) (filter string) {
	if q.BatchID != "" && q.Owner != "" {
		filter += " AND jobs.owner = " + args.add(q.Owner)
	}
	if q.Model != "" {
		filter += " AND jobs.model = " + args.add(q.Model)
	}
	if q.BatchID != "" && q.Starred {
		filter += " AND jobs.starred = 1"
	}
	return filter
}

// places writes a statement for the places of all jobs that an index has of an owner or a batch in some states, in the
// order of the list. The index has each state apart, and SQLite merges them as it reads. So the jobs of a rare state are
// found at once among a million others.
func places(q job.Query, args *arguments) string {
	jobs, order := listed(q, "jobs WHERE", args)
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

// listed writes a statement for the places in the list of jobs from a source, and the order of the list.
func listed(q job.Query, source string, args *arguments) (jobs, order string) {
	if q.BatchID != "" {
		return ofBatch(q, source, args), " ORDER BY position, id"
	}
	return ofOwner(q, source, args), " ORDER BY created DESC, position DESC, id DESC"
}

func ofOwner(q job.Query, source string, args *arguments) string {
	one := "SELECT number AS place, created, position, id FROM " + source + " owner = " + args.add(q.Owner)
	if q.Starred {
		one += " AND starred = 1"
	}
	if m := q.After; m != nil {
		one += " AND (created, position, id) < (" + args.add(m.Created) + ", " + args.add(m.Position) + ", " + args.add(m.ID) + ")"
	}
	return one
}

// ofBatch names the condition of the index besides, since SQLite does not know that the batch has a name.
func ofBatch(q job.Query, source string, args *arguments) string {
	one := "SELECT number AS place, 0 AS created, position, id FROM " + source + " batch <> '' AND batch = " + args.add(q.BatchID)
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
