package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"hash/fnv"
)

//go:embed words.sql
var noteWords string

const (
	anyChanged = `SELECT EXISTS (SELECT 1 FROM changed)`
	// Words that are in the index are taken out as they were put in.
	removeWords = `INSERT INTO words (words, rowid, prompt) SELECT 'delete', number, was FROM changed WHERE was IS NOT NULL ORDER BY number`
	addWords    = `INSERT INTO words (rowid, prompt) SELECT number, doc ->> '$.input.prompt' FROM changed CROSS JOIN jobs USING (number)
		WHERE remembered IS NULL ORDER BY number`
	forgetChanged = `DELETE FROM changed`
)

// watchWords lets the connection that writes note which jobs' words change. The notes never leave the memory.
func watchWords(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, noteWords); err != nil {
		return fmt.Errorf("prepare to note words: %w", err)
	}
	return nil
}

// writeWords brings the index of words up to what the transaction has made of the jobs. It is the last step before the
// commit, so that a search finds a job as soon as a list does.
func writeWords(x *tx) error {
	var any bool
	if err := x.row(anyChanged, nil, &any); err != nil || !any {
		return err
	}
	for _, statement := range []string{removeWords, addWords, forgetChanged} {
		if _, err := x.exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// wordingOf stands for a prompt in a column that is compared where the prompts would have to be taken out of documents.
func wordingOf(prompt string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(prompt)) // it never fails
	return int64(h.Sum64())
}
