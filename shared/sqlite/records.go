package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"time"

	"easel/shared/job"
)

const (
	insertJob = `INSERT INTO jobs (owner, status, model, batch, created, position, price, flow, queued, due, enqueued, visible, deadline,
			lease, starred, version, doc, shape, wording, id, number)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	selectJob = `SELECT version, doc FROM jobs WHERE id = ?`
	deleteJob = `DELETE FROM jobs WHERE id = ? AND version = ?`
	// What is remembered of a deleted job holds nothing that an index shows.
	forgetJob = `UPDATE jobs SET owner = NULL, status = '', model = '', batch = '', created = 0, position = 0, price = 0,
		flow = NULL, queued = 0, due = NULL, enqueued = 0, visible = 0, deadline = NULL, lease = NULL, starred = 0, wording = 0, version = ?, remembered = ?, doc = ? WHERE id = ? AND version = ?`
	// One statement for any number of IDs.
	selectJobs = `SELECT version, doc FROM jobs WHERE id IN (SELECT value FROM json_each(?))`
)

// updateJob replaces the document where only programs with the same attributes have written it: merging takes longer than
// all the rest.
var updateJob = `UPDATE jobs SET owner = ?1, status = ?2, model = ?3, batch = ?4, created = ?5, position = ?6, price = ?7,
	flow = ?8, queued = ?9, due = ?10, enqueued = ?11, visible = ?12, deadline = ?13, lease = ?14, starred = ?15, version = ?16,
	doc = iif(shape = ?18, ?17, ` + merged[job.Job]("?17") + `), shape = iif(shape = ?18, ?18, 0), wording = ?19 WHERE id = ?20 AND version = ?21`

// merged takes the attributes of a T that this program knows out of the stored document and puts the new ones in. The
// attributes it does not know stay. Merging alone would not do: it would leave behind the members that a smaller
// object no longer has.
func merged[T any](with string) string {
	return `json_patch(json_remove(doc, '$.` + strings.Join(attributes[T](), `', '$.`) + `'), ` + with + `)`
}

// shape stands for the attributes that this program gives to a job. It is never 0.
var shape = shapeOf(attributes[job.Job]())

func shapeOf(names []string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(slices.Sorted(slices.Values(names)), ","))) // it never fails
	return 1 + int64(h.Sum32())
}

// attributes are the names under which the members of a T are stored.
func attributes[T any]() []string {
	var names []string
	for field := range reflect.TypeFor[T]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// Get implements job.Records.
func (db *DB) Get(ctx context.Context, id string) (job.Job, error) {
	j, err := decode(db.row(ctx, selectJob, id))
	if err != nil {
		return job.Job{}, fmt.Errorf("get job %s: %w", id, err)
	}
	return j, nil
}

// Find implements job.Finder.
func (db *DB) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("find %d jobs: %w", len(ids), err)
	}
	jobs, err := collect(ctx, db.read, decode, selectJobs, string(list))
	if err != nil {
		return nil, fmt.Errorf("find %d jobs: %w", len(ids), err)
	}
	return jobs, nil
}

// Erase implements job.Eraser. Messages for the job stay in the queue; a worker finds no job and acknowledges them.
func (db *DB) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error {
	statement, args := deleteJob, []any{}
	if until != nil {
		doc, err := json.Marshal(job.Job{ID: id, Version: version + 1, DeletedAt: &at, ExpiresAt: until})
		if err != nil {
			return fmt.Errorf("erase job %s: %w", id, err)
		}
		statement, args = forgetJob, []any{version + 1, until.UnixMicro(), string(doc)}
	}
	_, err := write(ctx, db.writer, func(x *tx) (job.Job, error) {
		db.erasures.Add(1)
		n, err := x.exec(statement, append(args, id, version)...)
		if err != nil || n == 1 {
			return job.Job{}, err
		}
		return other(x, id)
	})
	if err != nil {
		return fmt.Errorf("erase job %s at version %d: %w", id, version, err)
	}
	return nil
}

// other explains why no record had the expected version.
func other(x *tx, id string) (job.Job, error) {
	j, err := load(x, id)
	if err != nil {
		return job.Job{}, err
	}
	return j, job.ErrConflict
}

func load(x *tx, id string) (job.Job, error) {
	stmt, err := x.prepare(selectJob)
	if err != nil {
		return job.Job{}, err
	}
	return decode(stmt.QueryRow(id))
}

// encode returns the columns of a record in the order of the statements, the ID last.
func encode(j job.Job) ([]any, error) {
	doc, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	var lease any
	if j.Lease != nil {
		lease = j.Lease.Until.UnixMicro()
	}
	var flow any
	if key, waits := j.Flow(); waits {
		flow = key.Name()
	}
	return []any{
		j.Owner, string(j.Status), j.Model, j.BatchID, j.CreatedAt.UnixMicro(), j.Position, j.Price,
		flow, j.QueuedAt.UnixMicro(), micros(j.Due), j.Enqueued, j.Visible.UnixMicro(), micros(j.Deadline),
		lease, j.Starred, j.Version, string(doc), shape, wordingOf(j.Input.Prompt), j.ID,
	}, nil
}

// decode reads a record from its version and its document.
func decode(row scanner) (job.Job, error) {
	var version int64
	var doc []byte
	if err := found(row.Scan(&version, &doc)); err != nil {
		return job.Job{}, err
	}
	return decodeDocument(version, doc)
}

// decodeDocument reads a record. One with members of another type is damaged; the others are read.
func decodeDocument(version int64, doc []byte) (job.Job, error) {
	var j job.Job
	err := json.Unmarshal(doc, &j)
	if _, is := errors.AsType[*json.UnmarshalTypeError](err); is && j.ID != "" {
		j.Damaged, err = true, nil
	}
	if err != nil {
		return job.Job{}, fmt.Errorf("stored record: %w", err)
	}
	j.Version = version
	return j, nil
}

// unpack reads a document into what it holds and returns the version of its column. It returns job.ErrNotFound where
// there is no row.
func unpack(row scanner, into any) (version int64, err error) {
	var doc []byte
	if err := found(row.Scan(&version, &doc)); err != nil {
		return 0, err
	}
	if err := json.Unmarshal(doc, into); err != nil {
		return 0, fmt.Errorf("stored record: %w", err)
	}
	return version, nil
}

// found says job.ErrNotFound where a scan found no row.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return job.ErrNotFound
	}
	return err
}

// micros is an optional instant as a column holds it.
func micros(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMicro()
}
