package sqlite

import (
	"testing"

	"easel/shared/job"
)

// TestWordsFollowWhateverOneCommitDoes changes the same rows several times between two commits. FTS5 compares its index with
// the prompts that are there.
func TestWordsFollowWhateverOneCommitDoes(t *testing.T) {
	db := scratch(t)
	first, second, third := order("first"), order("second"), order("third")
	first.Input.Prompt, second.Input.Prompt, third.Input.Prompt = "red fox", "green owl", "blue cat"
	store(t, db, first, second)
	inOneCommit(t, db, func(x *tx) {
		erase(t, x, second) // whose number the next one gets
		put(t, x, third)
		first.Input.Prompt = "white fox"
		change(t, x, first, first.Version)
		first.Version++
		first.Input.Prompt = "black fox"
		change(t, x, first, first.Version)
		second.Input.Prompt = "brown owl"
		put(t, x, second)
		erase(t, x, second)
	})
	for words, want := range map[string]string{"black fox": "first", "cat": "third", "red": "", "white": "", "green": "", "brown": "", "owl": ""} {
		found, _, err := db.List(t.Context(), job.Query{Owner: first.Owner, Words: words, Limit: 10})
		if err != nil || len(found) > 1 || want == "" && len(found) > 0 || want != "" && (len(found) == 0 || found[0].ID != want) {
			t.Errorf("%s: found %v, %v; want %q", words, found, err, want)
		}
	}
	inOneCommit(t, db, func(x *tx) {
		if _, err := x.exec(`INSERT INTO words (words, rank) VALUES ('integrity-check', 1)`); err != nil {
			t.Error(err)
		}
	})
}

func inOneCommit(t *testing.T, db *DB, do func(*tx)) {
	t.Helper()
	_, err := write(t.Context(), db.writer, func(x *tx) (struct{}, error) {
		do(x)
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, x *tx, j job.Job) {
	t.Helper()
	row, err := encode(j)
	if err == nil {
		err = insert(x, j.ID, row, &job.Obstacle{})
	}
	if err != nil {
		t.Error(err)
	}
}

func change(t *testing.T, x *tx, j job.Job, version int64) {
	t.Helper()
	j.Version++
	row, err := encode(j)
	if err == nil {
		err = replace(x, j.ID, append(row, version), &job.Obstacle{})
	}
	if err != nil {
		t.Error(err)
	}
}

func erase(t *testing.T, x *tx, j job.Job) {
	t.Helper()
	if n, err := x.exec(deleteJob, j.ID, j.Version); err != nil || n != 1 {
		t.Errorf("erased %d: %v", n, err)
	}
}
