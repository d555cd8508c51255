package bulk

import (
	"context"

	"easel/shared/api"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// survey is what the batch has of the rows already, and of others.
type survey struct {
	*Run

	seen     map[folder.Digest]bool // jobs, by their IDs; like strange, only while they are listed
	strange  []strangeJob
	removed  []strangeJob // whose rows the file has no more, and that have not ended
	replaced []replacedJob
	rescues  []rescue
}

// look looks at what of the batch waits, and at what of it is made and was never fetched, as a run leaves it that was
// stopped. Such jobs stand for the rows that ask for the same, whatever key they were ordered under: ids, templates and runs
// may have changed since. What waits for rows that the file has no more is told.
//
// Jobs end while they are listed. So the pictures are looked at wherever the batch has more jobs than those that were seen to
// wait, that failed or were canceled, and whose pictures came into the folder.
func (s *survey) look(ctx context.Context, matches []folder.Match) error {
	s.seen = map[folder.Digest]bool{}
	c := s.batch.Counts
	if c.Queued+c.Running > 0 {
		if err := s.list(ctx, string(job.Queued), string(job.Running)); err != nil {
			return err
		}
	}
	if int(c.Total-c.Failed-c.Canceled) > s.Folder.Fetched(s.batch.ID)+len(s.seen) {
		if err := s.list(ctx, string(job.Succeeded)); err != nil {
			return err
		}
	}
	s.adoptJobs(matches)
	s.seen, s.strange = nil, nil
	return nil
}

// list holds the jobs in some states against the rows, each once.
func (s *survey) list(ctx context.Context, statuses ...string) error {
	for j, err := range s.batch.jobs(ctx, statuses...) {
		if err != nil {
			return err
		}
		if s.seen[folder.DigestOf(j.ID)] {
			continue
		}
		s.seen[folder.DigestOf(j.ID)] = true
		price := s.catalogue.price(j.Input.Parameters, s.catalogue.find(j.Model))
		if print := printOfJob(j); !s.place(j, print, price) && !s.Folder.Had(j.CustomID, print) {
			s.strange = append(s.strange, strangeJob{id: j.ID, key: j.CustomID, print: print, price: price, made: j.Ended()})
		}
	}
	return nil
}

// strangeJob is what memory holds of a job that no row of the file has ordered under its key.
type strangeJob struct {
	id, key string
	print   uint64
	price   int64
	made    bool
}

// place notes that a row was ordered before. It reports whether the job is the row's, or was until the row changed. One that
// has not ended by then is replaced by that of what the row asks for now.
func (s *survey) place(j api.Job, print uint64, price int64) bool {
	key := folder.DigestOf(j.CustomID)
	row, there := s.rows.get(key)
	switch {
	case !there || print != row.Print && j.Ended():
		return false
	case print != row.Print:
		s.replaced = append(s.replaced, replacedJob{id: j.ID, key: key, price: price, waits: j.Status == string(job.Queued)})
	case row.again && key == row.Key: // another picture is asked for
	default:
		row.ordered, row.placed = !j.Ended(), true
		s.rows.put(row)
	}
	return true
}

// adoptJobs lets jobs stand for rows that ask for the same under another key. What is made is fetched; what waits is known by
// its own key from now on.
func (s *survey) adoptJobs(matches []folder.Match) {
	open := map[uint64][]int32{}
	for n, row := range s.rows.rows {
		if matches[n].Found == folder.Nothing && !row.placed {
			open[row.Print] = append(open[row.Print], int32(n))
		}
	}
	for _, j := range s.strange {
		rows := open[j.print]
		switch {
		case len(rows) > 0:
			open[j.print] = rows[1:]
			s.adoptJob(rows[0], j)
		case !j.made:
			s.removed = append(s.removed, j)
		}
	}
}

func (s *survey) adoptJob(n int32, j strangeJob) {
	row := s.rows.rows[n]
	if j.made {
		row.rescued = true
		s.rescues = append(s.rescues, rescue{key: row.Key, job: j.id})
	} else {
		row.ordered = true
		s.rows.rename(n, j.key)
	}
	s.rows.put(row)
}

// searchCanceled finds the pictures that canceled jobs have all the same, since their calls were under way. The jobs of
// these rows do not begin again: they would be paid a second time.
func (s *survey) searchCanceled(ctx context.Context) (some bool, err error) {
	for j, err := range s.batch.jobs(ctx, string(job.Canceled)) {
		if err != nil {
			return some, err
		}
		key := folder.DigestOf(j.CustomID)
		row, there := s.rows.get(key)
		theirs := there && row.Print == printOfJob(j) && (!row.again || key != row.Key)
		if len(j.Images) == 0 || !theirs || !row.open() {
			continue
		}
		some, row.rescued = true, true
		s.rescues = append(s.rescues, rescue{key: row.Key, job: j.ID})
		s.rows.put(row)
	}
	return some, nil
}

// rescue is a picture that is made already, for a row under another key, or by a job that was canceled.
type rescue struct {
	key folder.Digest
	job string
}
