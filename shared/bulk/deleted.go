package bulk

import (
	"context"

	"easel/shared/api"
	"easel/shared/bulk/folder"
)

// settle finds the rows of a part of which the server says that their jobs were deleted, and pictures of jobs that would
// begin again. It reports whether there are any.
func (a *asker) settle(ctx context.Context, p part, said *api.Plan) (some bool, err error) {
	if said.Restarted > 0 && !a.searched {
		a.searched = true
		if some, err = a.survey.searchCanceled(ctx); err != nil {
			return some, err
		}
	}
	return some || said.Deleted > 0, a.findDeleted(ctx, p, said.Deleted)
}

// findDeleted finds the rows of a part whose jobs were deleted on the server, which tells only how many there are. A part
// of which some are is asked for by halves.
func (a *asker) findDeleted(ctx context.Context, p part, deleted int) error {
	switch {
	case deleted <= 0:
		return nil
	case deleted >= len(p.rows):
		for _, key := range p.keys {
			a.markDeleted(key)
		}
		return nil
	}
	first, second := p.halves()
	said, err := a.dryRun(ctx, first)
	if err != nil {
		return err
	}
	if err := a.findDeleted(ctx, first, said.Deleted); err != nil {
		return err
	}
	return a.findDeleted(ctx, second, deleted-said.Deleted)
}

// markDeleted leaves a row alone whose job was deleted. One of which another picture is asked for gets a key that has had
// no job.
func (a *asker) markDeleted(key folder.Digest) {
	row, _ := a.rows.get(key)
	if row.again {
		a.takes.another(row.number)
		return
	}
	row.deleted = true
	a.rows.put(row)
}
