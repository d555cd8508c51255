package sqlite

import "context"

const (
	fewJobs    = 5000 // of which the index is made anew in one commit
	mergePages = 128  // of the index that are rewritten in one commit

	isSmall   = `SELECT NOT EXISTS (SELECT 1 FROM jobs LIMIT 1 OFFSET ?)`
	rebuild   = `INSERT INTO words (words) VALUES ('rebuild')`
	merge     = `INSERT INTO words (words, rank) VALUES ('merge', ?)`
	countRows = `SELECT total_changes()`

	addSpacer    = `INSERT INTO words (rowid, prompt) VALUES (-1, 'spacer')`
	removeSpacer = `INSERT INTO words (words, rowid, prompt) VALUES ('delete', -1, 'spacer')`
)

// dropMarked rewrites the index of words where some are only marked as removed. What is marked meanwhile is left to the next
// call.
func (db *scrubber) dropMarked(ctx context.Context) error {
	left, err := write(ctx, db.writer, beginRewriting)
	if err != nil || !left {
		return err
	}
	if err := db.mergeMarked(ctx); err != nil {
		return err
	}
	_, err = write(ctx, db.writer, endRewriting)
	return err
}

// beginRewriting reports whether there is an index to rewrite. A small one it makes anew. What the commit has changed so far is
// written first: an index that is made anew has it, and to remove from it what is not there is taken for damage.
func beginRewriting(x *tx) (left bool, err error) {
	if err := writeWords(x); err != nil {
		return false, err
	}
	x.wordless.jobs, x.wordless.rewritten = 0, x.wordless.marks
	var atOnce, small bool
	if err := x.row(takesOut, nil, &atOnce); err != nil || atOnce {
		return false, err
	}
	if err := x.row(isSmall, []any{fewJobs}, &small); err != nil || !small {
		return true, err
	}
	if _, err := x.exec(rebuild); err != nil {
		return false, err
	}
	return endRewriting(x)
}

// endRewriting lets words be taken out at once again, unless some were marked meanwhile.
func endRewriting(x *tx) (left bool, err error) {
	if x.wordless.rewritten != x.wordless.marks {
		return true, nil
	}
	_, err = x.exec(takeOut, 1)
	return false, err
}

// mergeMarked makes one segment of those of the index, a piece at a time beside other writes. FTS5 leaves marked words out of
// what it writes to the lowest level. That it does surely only if the segments are of two levels, which the second turn brings
// about: it finds one large segment, and a new one above it.
func (db *scrubber) mergeMarked(ctx context.Context) error {
	for range 2 {
		if _, err := write(ctx, db.writer, addSegment); err != nil {
			return err
		}
		for pages, done := -mergePages, false; !done; pages = mergePages { // the negative number makes one merge of all segments
			var err error
			if done, err = write(ctx, db.writer, func(x *tx) (bool, error) { return mergeSome(x, pages) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// addSegment puts a small segment on the highest level, with a word of no job that is removed again.
func addSegment(x *tx) (struct{}, error) {
	_, err := x.exec(addSpacer)
	if err == nil {
		_, err = x.exec(removeSpacer)
	}
	return struct{}{}, err
}

// mergeSome rewrites some pages and reports whether none was left, which shows by FTS5's documentation in the number of rows
// that it has changed.
func mergeSome(x *tx, pages int) (done bool, err error) {
	var before, after int64
	if err := x.row(countRows, nil, &before); err != nil {
		return false, err
	}
	if _, err := x.exec(merge, pages); err != nil {
		return false, err
	}
	err = x.row(countRows, nil, &after)
	return after-before < 2, err
}
