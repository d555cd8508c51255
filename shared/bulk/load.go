package bulk

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"easel/shared/api"
	"easel/shared/bulk/folder"
	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// loader reads the file into the spool and the table of rows.
type loader struct {
	*Run
	chosen chosen
	lines  map[folder.Digest]int // where a row stands that was multiplied, by its custom_id
}

// load reads the file: every row is decoded, checked and put aside.
func (l *loader) load(ctx context.Context) error {
	if l.Source.Expand != nil {
		l.Source.Expand.Model = l.catalogue.standard
	}
	check := &job.Submitter{Model: l.catalogue.standard, Retired: l.Retired}
	faults := &FaultsError{File: l.Source.Name}
	var namer folder.Namer
	for row, err := range l.Source.rows() {
		if err == nil {
			err = l.admit(row, check, &namer)
		}
		switch lineNumber, bad := blame(row, err); {
		case ctx.Err() != nil:
			return ctx.Err()
		case bad:
			l.Source.note(&faults.Faults, lineNumber, err)
		case err != nil:
			return err
		}
		if faults.Rows >= maxFaulty {
			faults.More = true
			return faults
		}
	}
	if faults.Rows > 0 {
		return faults
	}
	l.plan.FileRows = l.Source.read
	if err := cmp.Or(l.Source.misread(), l.chosen.check(l.Source.Name)); err != nil {
		return err
	}
	l.Source.tell(&l.plan)
	l.plan.Hints = l.Source.advise(l.plan)
	return l.spool.flush()
}

// blame says whether an error is about one row, and where that stands.
func blame(row prompt.Row, err error) (lineNumber int, bad bool) {
	if e, ok := errors.AsType[*prompt.LineError](err); ok {
		return e.Line, true
	}
	_, invalid := errors.AsType[*job.Error](err)
	return row.Line, invalid
}

// own reports whether a custom_id stands for the row of one line alone.
func (l *loader) own(customID string, lineNumber int) bool {
	if customID == "" {
		return true
	}
	id := folder.DigestOf(customID)
	if _, there := l.lines[id]; !there {
		l.lines[id] = lineNumber
	}
	return l.lines[id] == lineNumber
}

// admit checks a row and puts it aside under its key.
func (l *loader) admit(row prompt.Row, check *job.Submitter, namer *folder.Namer) error {
	if err := check.Check(row.Request); err != nil {
		return err
	}
	fingerprint := row.Print
	if fingerprint == "" {
		fingerprint = job.Fingerprint(job.InputOf(row.Request), l.catalogue.standard)
	}
	print := folder.PrintOf(fingerprint)
	key := namer.Key(row.Request.CustomID, fingerprint)
	first, there := l.rows.get(folder.DigestOf(key))
	switch {
	case there && first.Print == print:
		l.plan.Duplicates++
		return nil
	case there || !l.own(row.ID, row.Line):
		return &prompt.LineError{Line: row.Line, Fields: []request.FieldError{
			request.Faulty("/custom_id", "custom_id %s stands for another row further up; give each row its own.", request.Found(strconv.Quote(cmp.Or(row.ID, key)))),
		}}
	}
	if row.Request.CustomID == "" && !strings.HasSuffix(key, "-1") {
		l.plan.Equal++
	}
	put := line{Key: key, CustomID: cmp.Or(row.ID, row.Request.CustomID), Number: row.Line, Cells: row.Cells, Input: api.FromRequest(row.Request)}
	put.Input.CustomID = key
	at, err := l.spool.add(put)
	if err != nil {
		return err
	}
	l.plan.Rows++
	taken := l.catalogue.find(put.Input.Model)
	added := tableRow{
		Row: folder.NewRow(key, put.CustomID, print, row.Line), place: at,
		offer: taken, price: l.catalogue.price(put.Input.Parameters, taken), silent: put.Input.Embed == request.EmbedNone,
	}
	l.chosen.mark(put, &added)
	l.rows.add(added)
	return nil
}
