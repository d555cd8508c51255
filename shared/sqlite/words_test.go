package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/gate"
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
		erase(t, x, second) // whose number no other gets in this commit
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

// TestManyErasedJobsLeaveNoWord erases so many that their words are only marked, stops in between, and erases while the index
// is rewritten.
func TestManyErasedJobsLeaveNoWord(t *testing.T) {
	s := startScrubbing(t, 1, 17, 34, 51)
	const all, few = 500, 100
	for range all {
		s.add(t)
	}
	wantWordsMarked(t, s, false)
	for n := range all - few {
		s.erase(t, n)
	}
	wantWordsMarked(t, s, true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.DB = reopen(t, filepath.Join(s.dir, "easel.db"), Options{Unsafe: true})
	s.finds(t, 0, all-few)
	inOneCommit(t, s.DB, func(x *tx) {
		x.wordless.rewritten = x.wordless.marks
	})
	s.erase(t, all-few)
	inOneCommit(t, s.DB, func(x *tx) {
		if left, err := endRewriting(x); !left || err != nil {
			t.Errorf("the rewriting ends beside an erasure: %v, %v", left, err)
		}
	})
	wantWordsMarked(t, s, true)
	s.scrubs(t)
	wantWordsMarked(t, s, false)
	s.finds(t, 0, all-few, all-few+1)
	s.erase(t, all-1)
	wantWordsMarked(t, s, false)
	s.scrubs(t)
}

// TestAnIndexIsMadeAnewBesideOtherWrites shares a commit with the last jobs that go and the next that comes.
func TestAnIndexIsMadeAnewBesideOtherWrites(t *testing.T) {
	db := scratch(t)
	first, second, third := order("first"), order("second"), order("third")
	first.Input.Prompt, second.Input.Prompt, third.Input.Prompt = "red fox", "green owl", "blue cat"
	store(t, db, first, second)
	inOneCommit(t, db, func(x *tx) {
		if _, err := x.exec(takeOut, 0); err != nil {
			t.Error(err)
		}
	})
	inOneCommit(t, db, func(x *tx) {
		erase(t, x, first)
		erase(t, x, second)
		if left, err := beginRewriting(x); left || err != nil {
			t.Errorf("left %v, %v", left, err)
		}
		put(t, x, third)
	})
	seesWhole(t, db)
	for words, want := range map[string]int{"fox": 0, "owl": 0, "cat": 1} {
		if found, _, err := db.List(t.Context(), job.Query{Owner: first.Owner, Words: words, Limit: 10}); err != nil || len(found) != want {
			t.Errorf("%s: found %d, %v; want %d", words, len(found), err, want)
		}
	}
}

// TestAJobTakesNoNumberOfOneThatGoes has the first commit after a start erase the newest job and store another.
func TestAJobTakesNoNumberOfOneThatGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "easel.db")
	first, second := order("first"), order("second")
	first.Input.Prompt, second.Input.Prompt = "red fox", "green owl"
	db := reopen(t, path, Options{Unsafe: true})
	store(t, db, first)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, path, Options{Unsafe: true})
	inOneCommit(t, db, func(x *tx) {
		erase(t, x, first)
		put(t, x, second)
	})
	seesWhole(t, db)
	inOneCommit(t, db, func(x *tx) { erase(t, x, second) })
	seesWhole(t, db)
}

// weigh are the bytes of the index as it is, and of one that is made anew. Terms are compressed in it, so that a search of the
// file does not find them all.
func (s *scrubbing) weigh(t *testing.T) (is, anew int64) {
	t.Helper()
	const size = `SELECT sum(length(block)) FROM words_data`
	inOneCommit(t, s.DB, func(x *tx) {
		err := x.row(size, nil, &is)
		if err == nil {
			_, err = x.exec(`SAVEPOINT anew`)
		}
		if err == nil {
			_, err = x.exec(rebuild)
		}
		if err == nil {
			_, err = x.exec(`INSERT INTO words (words) VALUES ('flush')`)
		}
		if err == nil {
			err = x.row(size, nil, &anew)
		}
		if err == nil {
			_, err = x.exec(`ROLLBACK TO anew`)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return is, anew
}

// TestMergedIndexHoldsNoErasedWord merges indexes of several pages of which some words are marked in many commits, and some in
// one. A few of them kept words where they were merged once alone.
func TestMergedIndexHoldsNoErasedWord(t *testing.T) {
	for seed := range uint64(gate.Size(6, 60)) {
		s := startScrubbing(t, seed, 34, 51)
		inOneCommit(t, s.DB, func(x *tx) {
			if _, err := x.exec(takeOut, 0); err != nil {
				t.Error(err)
			}
		})
		for range 4 {
			s.replaceSome(t)
			if err := s.mergeMarked(t.Context()); err != nil {
				t.Fatal(err)
			}
			seesWhole(t, s.DB)
			if merged, anew := s.weigh(t); merged > anew+anew/50+200 {
				t.Errorf("seed %d: the index has %d bytes, and made anew %d", seed, merged, anew)
			}
		}
	}
}

// replaceSome adds jobs and erases others, in one commit or in many.
func (s *scrubbing) replaceSome(t *testing.T) {
	t.Helper()
	var gone []int
	part := s.rng.IntN(8)
	for n := range s.jobs {
		if s.there[n] && s.rng.IntN(10) < part {
			gone = append(gone, n)
		}
	}
	for range 250 {
		s.add(t)
	}
	if s.rng.IntN(2) == 0 {
		for _, n := range gone {
			s.erase(t, n)
		}
		return
	}
	inOneCommit(t, s.DB, func(x *tx) {
		for _, n := range gone {
			erase(t, x, s.jobs[n])
			s.there[n] = false
		}
	})
}

func wantWordsMarked(t *testing.T, s *scrubbing, want bool) {
	t.Helper()
	inOneCommit(t, s.DB, func(x *tx) {
		var atOnce bool
		if err := x.row(takesOut, nil, &atOnce); err != nil || atOnce == want {
			t.Errorf("words are taken out at once: %v, %v", atOnce, err)
		}
	})
	seesWhole(t, s.DB)
}

// finds searches for a word of each of some jobs: it finds those that are there.
func (s *scrubbing) finds(t *testing.T, jobs ...int) {
	t.Helper()
	for _, n := range jobs {
		word, _, _ := strings.Cut(s.jobs[n].Input.Prompt, " ")
		found, _, err := s.List(t.Context(), job.Query{Owner: s.jobs[n].Owner, Words: word, Limit: 10})
		if err != nil || len(found) == 1 != s.there[n] {
			t.Errorf("job %d: found %d, %v", n, len(found), err)
		}
	}
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
		err = insert(x, j, row, &job.Obstacle{})
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
