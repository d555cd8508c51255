package sqlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
)

// scrubbing is a file of jobs whose prompts are made of words that no other job has.
type scrubbing struct {
	*DB
	dir   string
	rng   *rand.Rand
	sizes []int // of prompts
	jobs  []job.Job
	there []bool
}

func startScrubbing(t *testing.T, seed uint64, sizes ...int) *scrubbing {
	t.Helper()
	dir := t.TempDir()
	db := reopen(t, filepath.Join(dir, "easel.db"), Options{Unsafe: true})
	return &scrubbing{DB: db, dir: dir, rng: rand.New(rand.NewPCG(seed, 3)), sizes: sizes}
}

// anyWord finds the words of all jobs. The first digits are the number of the job.
var anyWord = regexp.MustCompile(`(?i)w([0-9]{4})[0-9a-f]{11}`)

// add stores a job. Its prompt has a word in small letters, and as it is sent in capital ones, every 17 characters.
func (s *scrubbing) add(t *testing.T) {
	t.Helper()
	var words []string
	for size := s.sizes[s.rng.IntN(len(s.sizes))]; size > 0; size -= 17 {
		words = append(words, fmt.Sprintf("w%04d%011x", len(s.jobs), s.rng.Uint64()>>20))
	}
	j := order(fmt.Sprintf("%08x", s.rng.Uint32()))
	j.Input.Prompt = strings.Join(words, " ")
	j.Sent.Prompt = strings.ToUpper(j.Input.Prompt)
	store(t, s.DB, j)
	s.jobs, s.there = append(s.jobs, j), append(s.there, true)
}

// change lets a job grow or shrink.
func (s *scrubbing) change(t *testing.T, n int) {
	t.Helper()
	j := &s.jobs[n]
	switch s.rng.IntN(3) {
	case 0:
		j.Lease = &job.Lease{Token: "token", Until: instant()}
	case 1:
		j.Images = append(j.Images, job.Image{Key: strings.Repeat("k", s.rng.IntN(900))})
	case 2:
		j.Lease, j.Images = nil, nil
	}
	if _, err := s.Update(t.Context(), written(*j)); err != nil {
		t.Fatal(err)
	}
	j.Version++
}

// erase removes a job, and remembers every third.
func (s *scrubbing) erase(t *testing.T, n int) {
	t.Helper()
	var until *time.Time
	if n%3 == 0 {
		until = minutes(60)
	}
	if err := s.Erase(t.Context(), s.jobs[n].ID, s.jobs[n].Version, instant(), until); err != nil {
		t.Fatal(err)
	}
	s.there[n] = false
}

// raw reads all files of the folder.
func (s *scrubbing) raw(t *testing.T) (all []byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, "*"))
	if err != nil || len(names) != 3 {
		t.Fatalf("%d files, want those of the database, its log and its index: %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

// traces counts the words of erased jobs that are in the files, and the other jobs that are not. Of those a few words may
// lie across the end of a page.
func (s *scrubbing) traces(t *testing.T) (left, lost int) {
	t.Helper()
	words := map[string]bool{}
	for _, word := range anyWord.FindAll(s.raw(t), -1) {
		words[string(word)] = true
	}
	for n, j := range s.jobs {
		all := strings.Fields(j.Input.Prompt + " " + j.Sent.Prompt)
		seen := 0
		for _, word := range all {
			if words[word] {
				seen++
			}
		}
		if !s.there[n] {
			left += seen
		} else if seen < len(all)*9/10 {
			lost++
		}
	}
	return left, lost
}

// scrubs calls Scrub and looks for traces, and for damage.
func (s *scrubbing) scrubs(t *testing.T) {
	t.Helper()
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, lost := s.traces(t); left > 0 || lost > 0 {
		t.Errorf("%d words of erased jobs are left, %d other jobs are lost", left, lost)
	}
	seesWhole(t, s.DB)
}

// seesWhole asks the connection that writes: FTS5 checks the index by what a connection has read of it before.
func seesWhole(t *testing.T, db *DB) {
	t.Helper()
	inOneCommit(t, db, func(x *tx) {
		var says string
		if err := x.row("PRAGMA integrity_check", nil, &says); err != nil || says != "ok" {
			t.Errorf("integrity check: %s, %v", says, err)
		}
		if _, err := x.exec(`INSERT INTO words (words, rank) VALUES ('integrity-check', 1)`); err != nil {
			t.Error(err)
		}
	})
}

func TestScrubLeavesNoWordOfAnErasedJob(t *testing.T) {
	s := startScrubbing(t, 1, 17, 100, 200, 200, 600, 1500, 2500, 4000, 10_000)
	for range 300 {
		s.add(t)
	}
	for range 3 {
		for _, n := range s.rng.Perm(len(s.jobs)) {
			s.change(t, n)
		}
	}
	for _, n := range s.rng.Perm(len(s.jobs))[:len(s.jobs)/2] {
		s.erase(t, n)
	}
	if left, _ := s.traces(t); left == 0 {
		t.Error("nothing was left of the erased jobs before")
	}
	s.scrubs(t)
	for n := range s.jobs {
		if s.there[n] {
			s.change(t, n)
			s.erase(t, n)
			break
		}
	}
	s.scrubs(t)
}

// TestScrubFollowsALongLife creates, changes and erases in turn. With gaps as SQLite 3.54 leaves them the first seed showed
// 12 words of erased jobs, and the others 6.
func TestScrubFollowsALongLife(t *testing.T) {
	for _, seed := range []uint64{119, 40, 68, 136}[:gate.Size(1, 4)] {
		s := startScrubbing(t, seed, 17, 40, 100, 200, 300)
		var live []int
		for range 4000 {
			switch k := s.rng.IntN(10); {
			case k < 3 || len(live) < 50:
				live = append(live, len(s.jobs))
				s.add(t)
			case k < 8:
				s.change(t, live[s.rng.IntN(len(live))])
			default:
				n := s.rng.IntN(len(live))
				s.erase(t, live[n])
				live = slices.Delete(live, n, n+1)
			}
		}
		s.scrubs(t)
	}
}

// TestScrubOverwritesGaps writes into the gap of every leaf page what SQLite leaves there now and then.
func TestScrubOverwritesGaps(t *testing.T) {
	s := startScrubbing(t, 1, 200)
	for range 40 {
		s.add(t)
	}
	planted := []byte("left in a gap")
	if n := plant(t, s.DB, planted); n < 10 {
		t.Fatalf("%d pages have a gap", n)
	}
	s.erase(t, 0)
	s.scrubs(t)
	if bytes.Contains(s.raw(t), planted) {
		t.Error("a gap still holds what was left there")
	}
}

// plant puts text into the gaps of leaf pages and returns in how many.
func plant(t *testing.T, db *DB, text []byte) int {
	t.Helper()
	pages, err := collect(t.Context(), db.read, readNumbered, readPages, 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n, err := write(t.Context(), db.writer, func(x *tx) (n int, err error) {
		for _, p := range pages {
			if gap := p.gap(); len(gap) >= len(text) {
				copy(gap, text)
				n++
				if _, err := x.exec(writePage, p.page, p.number); err != nil {
					return n, err
				}
			}
		}
		return n, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestScrubGivesUpWhileARecordIsRead(t *testing.T) {
	s := startScrubbing(t, 1, 200)
	s.add(t)
	s.add(t)
	rows, err := s.read.QueryContext(t.Context(), "SELECT doc FROM jobs")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	s.erase(t, 0)
	if err := s.Scrub(t.Context()); err != nil {
		t.Errorf("scrub beside a reader: %v", err)
	}
	s.change(t, 1) // writers go on
	if left, _ := s.traces(t); left == 0 {
		t.Error("the log was truncated under a reader")
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	s.scrubs(t)
	var timeout int
	for range 2 * readers {
		if err := s.read.QueryRowContext(t.Context(), "PRAGMA busy_timeout").Scan(&timeout); err != nil || timeout != busyTimeout {
			t.Errorf("a reader waits %d ms, want %d: %v", timeout, busyTimeout, err)
		}
	}
}

// TestScrubDoesNothingTwice looks at the size of the log, which the second call leaves alone.
func TestScrubDoesNothingTwice(t *testing.T) {
	s := startScrubbing(t, 1, 200)
	s.add(t)
	s.add(t)
	s.erase(t, 0)
	for _, want := range []bool{true, false} {
		if err := s.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(s.dir, "easel.db-wal"))
		if err != nil || info.Size() == 0 != want {
			t.Errorf("the log has %d bytes, empty must be %v: %v", info.Size(), want, err)
		}
		s.change(t, 1)
	}
}

func TestScrubCleansWhatAnEarlierRunErased(t *testing.T) {
	s := startScrubbing(t, 1, 200)
	for range 20 {
		s.add(t)
	}
	planted := []byte("left in a gap")
	plant(t, s.DB, planted)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.DB = reopen(t, filepath.Join(s.dir, "easel.db"), Options{Unsafe: true})
	s.scrubs(t)
	if bytes.Contains(s.raw(t), planted) {
		t.Error("a gap still holds what was left there")
	}
}

func TestScrubErasesWordsOfABatch(t *testing.T) {
	s := startScrubbing(t, 1, 200)
	for _, id := range []string{"a", "b"} {
		b := job.Batch{ID: id, Owner: "local", Name: "rare words of " + id, Metadata: map[string]string{"about": "rarer words of " + id}}
		if _, err := s.Create(t.Context(), job.Transaction{WriteID: "w", Batch: &b}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EraseBatch(t.Context(), "a", job.Condition{}, instant(), minutes(5)); err != nil {
		t.Fatal(err)
	}
	s.scrubs(t)
	for word, want := range map[string]bool{"rare words of a": false, "rarer words of a": false, "rare words of b": true, "rarer words of b": true} {
		if got := bytes.Contains(s.raw(t), []byte(word)); got != want {
			t.Errorf("%s: in the files %v, want %v", word, got, want)
		}
	}
}
