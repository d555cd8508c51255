package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// Where the bytes of an erased job remain, and what takes them away:
//   - In the cells and pages that become free: secure_delete overwrites them in the write that frees them.
//   - In the gap of a page. SQLite moves cells within and between pages and leaves old copies in the part of a page that
//     holds nothing; secure_delete does not look there. 11 of 150 files from which 790 jobs each were erased between other
//     writes held words of erased jobs. Scrub overwrites the gaps.
//   - In the index of words, whose option secure-delete takes a word out of its pages in the write that erases the job. Where
//     many are erased their words are only marked, and Scrub rewrites the index. Where a page of the index begins with it, the beginning of the word may stay as the mark between two pages: as far as the
//     first letter in which it differs from the word before it in the alphabet.
//   - In the write-ahead log, which holds former versions of pages. Scrub folds it into the file and truncates it.
const (
	// pagesAtOnce bounds how many pages one statement reads, since a statement keeps the log from being truncated.
	pagesAtOnce = 512
	// patience is for how many milliseconds Scrub lets writers wait for the readers that stand in its way.
	patience = 100
	// maxPages is where a page number gets so large that it begins with the byte of a leaf page.
	maxPages = leafOfIndex << 24

	leafOfIndex = 0x0a
	leafOfTable = 0x0d

	countPages = `PRAGMA page_count`
	readPages  = `WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
		SELECT p.pgno, p.data FROM n CROSS JOIN sqlite_dbpage p ON p.pgno = n.i`
	readPage  = `SELECT data FROM sqlite_dbpage WHERE pgno = ?`
	writePage = `UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?`
)

// scrubber knows what has been erased and what of it Scrub has done.
type scrubber struct {
	*file
	mu      sync.Mutex
	cleaned int64 // erasures whose copies in gaps are gone
	folded  int64 // erasures that the log no longer shows
}

// Scrub takes the last traces of erased jobs and batches out of the files, if anything was erased since it last did. It
// reads the whole file, a piece at a time beside other reads and writes. Writers wait for a tenth of a second at most
// while it truncates the write-ahead log; if reads last longer it leaves the log for the next call and returns no error.
func (db *scrubber) Scrub(ctx context.Context) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	erasures := db.erasures.Load()
	if db.cleaned != erasures {
		if err := db.dropMarked(ctx); err != nil {
			return fmt.Errorf("rewrite the index of words: %w", err)
		}
		if err := db.cleanPages(ctx); err != nil {
			return fmt.Errorf("overwrite what was erased: %w", err)
		}
		db.cleaned = erasures
	}
	if db.folded == erasures {
		return nil
	}
	done, err := db.fold(ctx)
	if err != nil {
		return fmt.Errorf("fold the write-ahead log: %w", err)
	}
	if done {
		db.folded = erasures
	}
	return nil
}

// cleanPages overwrites the gaps of all pages.
func (db *scrubber) cleanPages(ctx context.Context) error {
	// An erasure is counted in its piece of work. What was counted is committed once an empty piece behind it is.
	if _, err := write(ctx, db.writer, func(*tx) (int, error) { return 0, nil }); err != nil {
		return err
	}
	var pages int64
	if err := db.read.QueryRowContext(ctx, countPages).Scan(&pages); err != nil {
		return err
	}
	if pages >= maxPages {
		return fmt.Errorf("the file has %d pages, more than can be told apart", pages)
	}
	for first := int64(1); first <= pages; first += pagesAtOnce {
		some, err := collect(ctx, db.read, readNumbered, readPages, first, min(first+pagesAtOnce-1, pages))
		if err != nil {
			return err
		}
		if err := db.clean(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// clean overwrites the gaps of those pages that were seen with something in them.
func (db *scrubber) clean(ctx context.Context, pages []numbered) error {
	var dirty []int64
	for _, p := range pages {
		if p.overwriteGap() {
			dirty = append(dirty, p.number)
		}
	}
	if len(dirty) == 0 {
		return nil
	}
	_, err := write(ctx, db.writer, func(x *tx) (int64, error) {
		for _, number := range dirty {
			if err := cleanPage(x, number); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	return err
}

// cleanPage reads a page again, since it may have changed, and writes it back without what was in its gap.
func cleanPage(x *tx, number int64) error {
	p := numbered{number: number}
	if err := x.row(readPage, []any{number}, &p.page); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	}
	if !p.overwriteGap() {
		return nil
	}
	_, err := x.exec(writePage, p.page, number)
	return err
}

// numbered is a page of the file. The first one has the number 1.
type numbered struct {
	number int64
	page   []byte
}

func readNumbered(row scanner) (p numbered, err error) {
	err = row.Scan(&p.number, &p.page)
	return p, err
}

// overwriteGap puts zeros into the gap and reports whether anything else was there.
func (p numbered) overwriteGap() bool {
	gap := p.gap()
	if len(bytes.TrimLeft(gap, "\x00")) == 0 {
		return false
	}
	clear(gap)
	return true
}

// gap is what lies between the pointers of a leaf page and its cells, by https://www.sqlite.org/fileformat.html. Pages that
// are no leaves begin with another byte, since they are interior pages or begin with the number of a page. Their gaps hold
// no text of a job.
func (p numbered) gap() []byte {
	header := p.page
	if p.number == 1 {
		header = p.page[100:]
	}
	if header[0] != leafOfTable && header[0] != leafOfIndex {
		return nil
	}
	pointers := len(p.page) - len(header) + 8 + 2*int(binary.BigEndian.Uint16(header[3:]))
	cells := int(binary.BigEndian.Uint16(header[5:]))
	if pointers >= cells || cells > len(p.page) {
		return nil
	}
	return p.page[pointers:cells]
}

// fold brings the write-ahead log into the file and truncates it. It reports false if reads stood in the way.
func (db *scrubber) fold(ctx context.Context) (done bool, err error) {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	// The most is brought over while writers go on.
	if _, err := conn.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return false, err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprint("PRAGMA busy_timeout = ", patience)); err != nil {
		return false, err
	}
	var busy, frames, folded int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &folded)
	_, reset := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprint("PRAGMA busy_timeout = ", busyTimeout))
	return busy == 0 && err == nil, errors.Join(err, reset)
}
