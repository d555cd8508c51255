package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"easel/shared/job"
)

// tx is the writer's connection within a transaction, with its prepared statements. Its calls take no context: an
// interrupted statement would take the neighbours' work with it.
type tx struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	changed bool // whether the present piece may have changed something
	failed  bool // whether a statement of it has failed

	added    []added // jobs of this transaction whose words are not in the index yet
	last     int64   // number of the job that was added last; 0: not known yet
	wordless wordless

	touches          map[job.FlowKey]touchSum // of this transaction, not written yet
	standings, flows remembered               // by model, and by job.FlowKey
}

// renew follows each commit, before its callers are answered: what it changed is read again.
func (x *tx) renew() {
	x.standings.renew()
	x.flows.renew()
}

// undo drops what is noted of work that is undone. These jobs were added before it.
func (x *tx) undo(before []added) {
	x.added, x.touches = before, nil
	x.standings.forget()
	x.flows.forget()
}

// exec runs a statement and returns how many rows it changed.
func (x *tx) exec(query string, args ...any) (n int64, err error) {
	stmt, err := x.prepare(query)
	if err == nil {
		var result sql.Result
		if result, err = stmt.Exec(args...); err == nil {
			n, err = result.RowsAffected()
		}
	}
	x.changed, x.failed = x.changed || n != 0, x.failed || err != nil
	return n, err
}

// row runs a statement that returns at most one row and scans it into dest. It returns sql.ErrNoRows for none.
func (x *tx) row(query string, args []any, dest ...any) error {
	stmt, err := x.prepare(query)
	if err == nil {
		err = stmt.QueryRow(args...).Scan(dest...)
	}
	x.changed = x.changed || err == nil && !strings.HasPrefix(query, "SELECT")
	x.failed = x.failed || err != nil && !errors.Is(err, sql.ErrNoRows)
	return err
}

// query runs a statement and hands each of its rows to read.
func (x *tx) query(query string, args []any, read func(scanner) error) error {
	stmt, err := x.prepare(query)
	if err == nil {
		err = x.each(stmt, args, read)
	}
	x.failed = x.failed || err != nil
	return err
}

func (x *tx) each(stmt *sql.Stmt, args []any, read func(scanner) error) error {
	rows, err := stmt.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		x.changed = true
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (x *tx) prepare(query string) (*sql.Stmt, error) {
	if stmt, ok := x.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := x.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	x.stmts[query] = stmt
	return stmt, nil
}

func (x *tx) close() error {
	var errs []error
	for _, stmt := range x.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, x.conn.Close())...)
}
