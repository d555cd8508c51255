package bulk

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"

	"easel/shared/api/client"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// Bounds of one append. The server takes more of both, so that rows as it writes them fit too.
const (
	appendRows  = 1000
	appendBytes = 3_000_000
)

// part is what goes into one append.
type part struct {
	rows []json.RawMessage
	keys []folder.Digest
}

func (p part) holds(row tableRow) bool { return slices.Contains(p.keys, row.Key) }

func (p part) halves() (first, second part) {
	n := len(p.rows) / 2
	return part{p.rows[:n], p.keys[:n]}, part{p.rows[n:], p.keys[n:]}
}

// requests makes appends of rows.
type requests struct{ *Run }

// parts are the rows to be sent that are wanted, in the order of the file.
func (r *requests) parts(want func(tableRow) bool) iter.Seq2[part, error] {
	return func(yield func(part, error) bool) {
		var p part
		size := 0
		for n := range r.rows.rows {
			row := r.rows.row(int32(n))
			if !want(row) {
				continue
			}
			text, err := r.request(row)
			if err != nil {
				yield(p, err)
				return
			}
			if len(p.rows) == cmp.Or(r.Rows, appendRows) || size > 0 && size+len(text) > appendBytes {
				if !yield(p, nil) {
					return
				}
				p, size = part{}, 0
			}
			p.rows, p.keys = append(p.rows, text), append(p.keys, row.Key)
			size += len(text) + 1
		}
		if len(p.rows) > 0 {
			yield(p, nil)
		}
	}
}

// request is what is sent for a row: as it was put aside, unless the batch knows the row by another key.
func (r *requests) request(row tableRow) (json.RawMessage, error) {
	key, renamed := r.rows.renamed(row.number)
	if !renamed {
		return r.spool.request(row.place)
	}
	l, err := r.spool.line(row.place)
	if err != nil {
		return nil, err
	}
	l.Input.CustomID = key
	return json.Marshal(l.Input)
}

func (r *requests) order(p part) client.Append {
	retry := []string{string(job.Canceled)}
	if r.Retry || len(r.Again) > 0 {
		retry = append(retry, string(job.Failed))
	}
	return client.Append{Changed: job.ChangedAdd, Retry: retry, Lines: p.rows}
}
