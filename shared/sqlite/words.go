package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
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
	// A document is long: its prompt is taken out of it only where nothing else has it.
	lastNumber   = `SELECT ifnull(max(number), 0) FROM (SELECT max(number) AS number FROM jobs UNION ALL SELECT max(number) FROM changed)`
	addNew       = `INSERT INTO words (rowid, prompt) SELECT CAST(key AS INTEGER), value FROM json_each(?) ORDER BY 1`
	countChanged = `SELECT count(*) FROM changed`
	// Words that are in the index are taken out as they were put in.
	removeWords = `INSERT INTO words (words, rowid, prompt) SELECT 'delete', number, was FROM changed ORDER BY number`
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
	if err := writeNewWords(x); err != nil {
		return err
	}
	var changed int64
	if err := x.row(countChanged, nil, &changed); err != nil || changed == 0 {
		return err
	}
	if err := chooseRemoval(x, changed); err != nil {
		return err
	}
	for _, statement := range []string{removeWords, addWords, forgetChanged} {
		if _, err := x.exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// added is a new job and its prompt.
type added struct {
	number int64
	prompt string
}

// nextNumber is one that no other job of the transaction has had: what is noted of a job that goes must not be taken for one
// that comes. The newest may have gone in the first transaction that asks.
func (x *tx) nextNumber() (int64, error) {
	if x.last == 0 {
		if err := x.row(lastNumber, nil, &x.last); err != nil {
			return 0, err
		}
	}
	return x.last + 1, nil
}

// writeNewWords writes the words of the jobs that the transaction has added. One that has changed since gets others afterwards.
func writeNewWords(x *tx) error {
	if len(x.added) == 0 {
		return nil
	}
	prompts := make(map[int64]string, len(x.added))
	for _, j := range x.added {
		prompts[j.number] = j.prompt
	}
	list, err := json.Marshal(prompts)
	if err != nil {
		return err
	}
	x.added = nil
	_, err = x.exec(addNew, string(list))
	return err
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
