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

// Taking the words of a job out of their pages takes a millisecond or three, and rewriting the index 16 µs for each job that is
// there. So where many are erased their words are only marked, and [DB.Scrub] rewrites the index without
// them.
const (
	fewErased = 256 // jobs between two calls of Scrub whose words go at once
	ofJobs    = 200 // the part of all jobs, which may be more than a few

	// The option is kept with the index, so it says after a crash too that words are only marked.
	takesOut = `SELECT v FROM words_config WHERE k = 'secure-delete'`
	takeOut  = `INSERT INTO words (words, rank) VALUES ('secure-delete', ?)`
	allJobs  = `SELECT ifnull((SELECT max(number) FROM jobs) - (SELECT min(number) FROM jobs), 0)`
)

const (
	countChanged = `SELECT count(*), count(was) FROM changed`
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

// wordless counts the jobs whose words the writer has removed from the index.
type wordless struct {
	jobs      int64 // since Scrub was called last
	marks     int64 // commits that only marked words
	rewritten int64 // the last of them that the rewriting of the index takes in
}

// writeWords brings the index of words up to what the transaction has made of the jobs. It is the last step before the
// commit, so that a search finds a job as soon as a list does.
func writeWords(x *tx) error {
	var all, removed int64
	if err := x.row(countChanged, nil, &all, &removed); err != nil || all == 0 {
		return err
	}
	if removed > 0 {
		if err := chooseRemoval(x, removed); err != nil {
			return err
		}
		if _, err := x.exec(removeWords); err != nil {
			return err
		}
	}
	for _, statement := range []string{addWords, forgetChanged} {
		if _, err := x.exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// chooseRemoval decides whether the words of so many jobs are taken out at once or only marked.
func chooseRemoval(x *tx, jobs int64) error {
	var atOnce bool
	if err := x.row(takesOut, nil, &atOnce); err != nil {
		return err
	}
	x.wordless.jobs += jobs
	if atOnce && x.wordless.jobs > fewErased {
		var all int64
		if err := x.row(allJobs, nil, &all); err != nil {
			return err
		}
		if atOnce = x.wordless.jobs <= fewErased+all/ofJobs; !atOnce {
			if _, err := x.exec(takeOut, 0); err != nil {
				return err
			}
		}
	}
	if !atOnce {
		x.wordless.marks++
	}
	return nil
}

// wordingOf stands for a prompt in a column that is compared where the prompts would have to be taken out of documents.
func wordingOf(prompt string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(prompt)) // it never fails
	return int64(h.Sum64())
}
