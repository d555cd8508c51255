package dynamostore

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// merge reads several spans of an index as one list. The spans are sorted in themselves, and each is read a few keys
// at a time.
type merge struct {
	strands []*strand
	newest  bool
	last    string // place of the entry that was taken last
}

// strand is one span and how far it has been read.
type strand struct {
	index string
	pages *dynamodb.QueryPaginator
	read  []entry // and not taken
}

// merged begins a list of which about n entries will be taken, and which so many parts share by chance: one rarely has
// more than twice its share.
func (s *sender) merged(all []span, n, parts int) *merge {
	m := &merge{}
	for _, sp := range all {
		m.newest = sp.newest
		m.strands = append(m.strands, &strand{index: sp.index, pages: dynamodb.NewQueryPaginator(s.client, s.query(sp, 2*n/parts+8))})
	}
	return m
}

// take returns the next entries, n or fewer at the end of the list. An entry that stands in two spans, because the
// index is behind, comes once.
func (m *merge) take(ctx context.Context, n int) ([]entry, error) {
	var taken []entry
	for len(taken) < n {
		if err := m.fill(ctx); err != nil {
			return nil, err
		}
		best := m.best()
		if best == nil {
			return taken, nil
		}
		e := best.read[0]
		best.read = best.read[1:]
		if e.place != m.last {
			taken = append(taken, e)
		}
		m.last = e.place
	}
	return taken, nil
}

// fill reads on where nothing is left to take: only then is the first of all strands the first of the list.
func (m *merge) fill(ctx context.Context) error {
	var dry []*strand
	for _, st := range m.strands {
		if len(st.read) == 0 && st.pages.HasMorePages() {
			dry = append(dry, st)
		}
	}
	return parallel(ctx, len(dry), func(ctx context.Context, n int) error { return dry[n].readOn(ctx) })
}

// readOn reads the next keys of a strand. DynamoDB may send none and still have more.
func (st *strand) readOn(ctx context.Context) error {
	for len(st.read) == 0 && st.pages.HasMorePages() {
		out, err := st.pages.NextPage(ctx)
		if err != nil {
			return plain(err)
		}
		for _, it := range out.Items {
			st.read = append(st.read, readEntry(st.index, it))
		}
	}
	return nil
}

// best is the strand whose first entry comes first.
func (m *merge) best() (best *strand) {
	for _, st := range m.strands {
		if len(st.read) == 0 {
			continue
		}
		if best == nil || (st.read[0].place < best.read[0].place) != m.newest {
			best = st
		}
	}
	return best
}

// over reports whether every entry was taken. Where that is not known yet it says no.
func (m *merge) over() bool {
	return !slices.ContainsFunc(m.strands, func(st *strand) bool { return len(st.read) > 0 || st.pages.HasMorePages() })
}
