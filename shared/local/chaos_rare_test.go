package local

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"easel/shared/job"
)

// The states that are seen in what a killed server has left.
const (
	storedOnly = "restart between store and record"
	overtaken  = "message overtaken"
)

// rareStates must each be reached by a whole siege: what the promises say of them is not tried otherwise.
var rareStates = []string{
	leaseTaken, foundBefore, storeHas, halfOpen, storedOnly, overtaken, claimUnheard, claimRefused, canceledAmid, erasedLater, flowByTimer, endedByTimer,
}

// A siege is whole from so many jobs and kills on: a shorter one only tells what it has reached.
const (
	wholeJobs  = 10_000
	wholeKills = 50
)

// rare counts the states of a siege that has a witness.
func (s *siege) rare() map[string]int {
	counts := map[string]int{storedOnly: len(s.unrecorded), overtaken: len(s.overtaken)}
	f, err := os.Open(s.witness)
	if err != nil {
		s.t.Error(err)
		return counts
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		counts[lines.Text()]++
	}
	if err := lines.Err(); err != nil {
		s.t.Error(err)
	}
	return counts
}

// weigh prints the states, and misses those that a whole siege did not reach.
func (s *siege) weigh() {
	if s.witness == "" {
		return
	}
	counts, b := s.rare(), &strings.Builder{}
	for _, state := range rareStates {
		fmt.Fprintf(b, "%-40s %8d\n", state, counts[state])
		if counts[state] == 0 && *chaosJobs >= wholeJobs && *chaosKills >= wholeKills {
			s.t.Errorf("%q was not reached once: change the load or the faults until it is", state)
		}
	}
	s.t.Logf("rare states\n%s", b)
	for state := range counts {
		if !slices.Contains(rareStates, state) {
			s.t.Errorf("a server tells of %q, which is no rare state that is known", state)
		}
	}
}

// photograph looks at what a kill has left in a copy, so that the next server finds the files as they were.
func (s *siege) photograph() {
	if s.witness == "" {
		return
	}
	dir, err := os.MkdirTemp(s.t.TempDir(), "")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = s.examine(dir)
	}
	if err != nil {
		s.t.Errorf("look at what a kill has left: %v", err)
	}
}

func (s *siege) examine(dir string) error {
	path := filepath.Join(dir, "easel.db")
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(s.data, "easel.db"+end))
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.WriteFile(path+end, data, 0o600)
		}
		if err != nil {
			return err
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	const older = `SELECT CAST(m.id AS TEXT) FROM messages m JOIN jobs j ON j.id = m.job WHERE m.message_no < j.doc ->> '$.message_no'`
	if err := each(db, older, func(id string) error { s.overtaken[id] = true; return nil }); err != nil {
		return err
	}
	files := map[string][]string{}
	for key, f := range s.pictures() {
		files[f.job] = append(files[f.job], key)
	}
	return each(db, `SELECT doc FROM jobs WHERE remembered IS NULL AND status <> 'succeeded'`, func(doc string) error {
		var j job.Job
		if err := json.Unmarshal([]byte(doc), &j); err != nil {
			return err
		}
		for _, key := range files[j.ID] {
			if !j.Deleting && !slices.ContainsFunc(j.Images, func(i job.Image) bool { return i.Key == key }) {
				s.unrecorded[key] = true
			}
		}
		return nil
	})
}

// each hands on the rows of a query of one column.
func each(db *sql.DB, query string, do func(string) error) error {
	rows, err := db.Query(query)
	if err != nil {
		if strings.Contains(err.Error(), "no such table") { // killed while it made them
			return nil
		}
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := do(text); err != nil {
			return err
		}
	}
	return rows.Err()
}
