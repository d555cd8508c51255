package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

// single keeps small records of one kind, one for each name, which are replaced under their version. What was never
// written is the zero record.
type single[T any] struct {
	what    string // for errors
	insert  string
	update  string
	find    string
	version func(*T) *int64
}

// singles returns what keeps records in a table that names them by a column.
func singles[T any](what, table, name string, version func(*T) *int64) single[T] {
	return single[T]{
		what:    what,
		insert:  "INSERT INTO " + table + " (version, doc, " + name + ") VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		update:  "UPDATE " + table + " SET version = ?, doc = ? WHERE " + name + " = ? AND version = ?",
		find:    "SELECT version, doc FROM " + table + " WHERE " + name + " = ?",
		version: version,
	}
}

func (s single[T]) get(ctx context.Context, db *DB, name string) (T, error) {
	record, err := s.decode(db.read.QueryRowContext(ctx, s.find, name))
	if err != nil {
		return record, fmt.Errorf("get %s of %s: %w", s.what, name, err)
	}
	return record, nil
}

// set replaces the record if its stored version is the one it carries. If it is not, the stored one comes back with
// job.ErrConflict.
func (s single[T]) set(ctx context.Context, db *DB, name string, record T) (T, error) {
	version := *s.version(&record)
	*s.version(&record)++
	doc, err := json.Marshal(record)
	if err != nil {
		return *new(T), fmt.Errorf("set %s of %s: %w", s.what, name, err)
	}
	query, args := s.insert, []any{version + 1, string(doc), name}
	if version != 0 {
		query, args = s.update, append(args, version)
	}
	stored, err := write(ctx, db.writer, func(x *tx) (T, error) {
		n, err := x.exec(query, args...)
		if err != nil || n == 1 {
			return record, err
		}
		return s.other(x, name)
	})
	if err != nil {
		err = fmt.Errorf("set %s of %s from version %d: %w", s.what, name, version, err)
	}
	return stored, err
}

// other is the record that stands where another version was expected.
func (s single[T]) other(x *tx, name string) (T, error) {
	stmt, err := x.prepare(s.find)
	if err != nil {
		return *new(T), err
	}
	record, err := s.decode(stmt.QueryRow(name))
	if err != nil {
		return record, err
	}
	return record, job.ErrConflict
}

func (s single[T]) decode(row scanner) (record T, err error) {
	version, err := unpack(row, &record)
	if errors.Is(err, job.ErrNotFound) {
		return record, nil
	}
	*s.version(&record) = version
	return record, err
}
