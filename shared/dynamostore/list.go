package dynamostore

import (
	"context"
	"fmt"
	"slices"

	"easel/shared/job"
)

// List implements job.Index. It looks at no more than 1,000 records in one call, so that a page may be short. An empty
// owner is an owner like any other, but for a batch, of which it lists every job.
func (s *Store) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	l := s.listing(q)
	for !l.over() && len(l.found) < q.Limit && l.looked < s.examine {
		if err := l.step(ctx); err != nil {
			return nil, nil, fmt.Errorf("list jobs: %w", err)
		}
	}
	if l.over() {
		return l.found, nil, nil
	}
	more, err := l.at.mark(l.index)
	return l.found, more, err
}

// listing is a list on its way: the index says which jobs come next, and their records whether they belong to it.
type listing struct {
	store  *Store
	query  job.Query
	index  string
	merge  *merge
	found  []job.Job
	at     entry // the last that was looked at
	looked int   // how many were
	cut    bool  // the page is full, and what was read has more
}

func (s *Store) listing(q job.Query) *listing {
	l := &listing{store: s, query: q}
	var all []span
	parts := shards
	switch {
	case q.BatchID != "":
		l.index, all = byBatch, batchSpans(q)
	case q.Starred:
		l.index, all, parts = byStarred, []span{newest(byStarred, starredKey(q.Owner), q.After)}, 1
	default:
		l.index = byOwner
		for shard := range shards {
			all = append(all, newest(byOwner, shardKey(shard, q.Owner), q.After))
		}
	}
	l.merge = s.merged(all, l.wanted(), parts)
	if q.After != nil {
		l.merge.last = l.place(*q.After) // the bounds of a span belong to it
	}
	return l
}

// over reports whether nothing follows what was looked at.
func (l *listing) over() bool { return !l.cut && l.merge.over() }

// wanted is how many records to look at next: as many as the page lacks, or more where the index cannot tell which of
// them belong to it.
func (l *listing) wanted() int {
	q := l.query
	blind := q.Model != "" || (l.index != byBatch && len(q.Statuses) > 0) || (l.index == byBatch && q.Starred)
	n := min(maxGets, l.store.examine-l.looked)
	if blind {
		return n
	}
	return min(n, l.query.Limit-len(l.found))
}

func (l *listing) step(ctx context.Context) error {
	entries, err := l.merge.take(ctx, l.wanted())
	if err != nil {
		return err
	}
	jobs, err := l.store.records(ctx, entries)
	if err != nil {
		return err
	}
	for i, e := range entries {
		l.at = e
		l.looked++
		if j, ok := jobs[e.id]; ok && l.shows(j, e) {
			l.found = append(l.found, j)
		}
		if len(l.found) == l.query.Limit {
			l.cut = i+1 < len(entries)
			break
		}
	}
	return nil
}

// shows reports whether the record belongs to the list, and at the place that the index named: the index is behind,
// and an ID may have had an earlier life.
func (l *listing) shows(j job.Job, e entry) bool {
	return l.place(j.Mark()) == e.place && belongs(j, l.query)
}

func belongs(j job.Job, q job.Query) bool {
	switch {
	case q.BatchID != "" && j.BatchID != q.BatchID:
	case (q.BatchID == "" || q.Owner != "") && j.Owner != q.Owner:
	case len(q.Statuses) > 0 && !slices.Contains(q.Statuses, j.Status):
	case q.Model != "" && j.Model != q.Model:
	case q.Starred && !j.Starred:
	default:
		return true
	}
	return false
}

func (l *listing) place(m job.Mark) string {
	if l.index == byBatch {
		return batchPlace(m)
	}
	return place(m)
}

// newest is the part of a partition that follows in a list, the newest first.
func newest(index, partition string, after *job.Mark) span {
	to := highest
	if after != nil {
		to = place(*after)
	}
	return span{index: index, pk: partition, from: lowest, to: to, newest: true}
}

// batchSpans has spans for each state, since the keys begin with it.
func batchSpans(q job.Query) []span {
	statuses := q.Statuses
	if len(statuses) == 0 {
		statuses = job.Statuses
	}
	var all []span
	for _, status := range statuses {
		from := string(status) + "#"
		if q.After != nil {
			from += batchPlace(*q.After)
		}
		for shard := range shards {
			all = append(all, span{index: byBatch, pk: shardKey(shard, q.BatchID), from: from, to: behind(string(status))})
		}
	}
	return all
}
