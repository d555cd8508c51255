package bulk

import (
	"context"
	"fmt"

	"easel/shared/api"
	"easel/shared/bulk/folder"
)

// settle finds the rows of a part of which the server says that their jobs were deleted, and pictures of jobs that would
// begin again. It reports whether there are any.
func (r *Run) settle(ctx context.Context, p part, said *api.Plan) (some bool, err error) {
	if said.Restarted > 0 && !r.searched {
		r.searched = true
		if some, err = r.survey.searchCanceled(ctx); err != nil {
			return some, err
		}
	}
	return some || said.Deleted > 0, r.findDeleted(ctx, p, said.Deleted)
}

// findDeleted finds the rows of a part whose jobs were deleted on the server, which tells only how many there are. A part
// of which some are is asked for by halves.
func (r *Run) findDeleted(ctx context.Context, p part, deleted int) error {
	switch {
	case deleted <= 0:
		return nil
	case deleted >= len(p.rows):
		for _, key := range p.keys {
			r.markDeleted(key)
		}
		return nil
	}
	first, second := p.halves()
	said, err := r.dryRun(ctx, first)
	if err != nil {
		return err
	}
	if err := r.findDeleted(ctx, first, said.Deleted); err != nil {
		return err
	}
	return r.findDeleted(ctx, second, deleted-said.Deleted)
}

func (p part) halves() (first, second part) {
	n := len(p.rows) / 2
	return part{p.rows[:n], p.keys[:n], p.models[:n]}, part{p.rows[n:], p.keys[n:], p.models[n:]}
}

// markDeleted leaves a row alone whose job was deleted. One of which another picture is asked for gets a key that has had
// no job.
func (r *Run) markDeleted(key folder.Digest) {
	row, _ := r.rows.get(key)
	if row.again {
		r.another(r.rows.numberOf(key))
		return
	}
	row.deleted = true
	r.rows.put(key, row)
}

// take is another picture of a row: how the row's own key begins, and the number of the picture.
type take struct {
	own    string
	number int
}

// another gives a row the next key of another picture that is no other row's.
func (r *Run) another(n int32) {
	t := r.takes[n]
	for t.number++; !r.rows.rename(n, fmt.Sprintf("%s~%d", t.own, t.number)); t.number++ {
	}
	r.takes[n] = t
}
