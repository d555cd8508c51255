package dynamostore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"easel/shared/pace"
)

// Pace implements pace.Store by a consistent read.
func (s *paceStore) Pace(ctx context.Context, model string) (_ pace.State, err error) {
	defer label(&err, "get the pace of %s", model)
	out, err := s.client.GetItem(ctx, s.getItem(paceKey(model)))
	if err != nil {
		return pace.State{}, plain(err)
	}
	return readPace(out.Item)
}

// SetPace implements pace.Store by one conditional write. Where the SDK repeated a write whose reply was lost, the
// conflict returns that very write.
func (s *paceStore) SetPace(ctx context.Context, model string, p pace.State) (_ pace.State, err error) {
	defer label(&err, "set the pace of %s from version %d", model, p.Version)
	doc, err := json.Marshal(p)
	if err != nil {
		return pace.State{}, err
	}
	it, condition := key(paceKey(model)), missing()
	it["version"], it["doc"] = number(p.Version+1), text(string(doc))
	if p.Version != 0 {
		condition = atVersion(p.Version)
	}
	err = s.alone(ctx, s.put(it, condition))
	if there, failed := obstacle(err); failed {
		was, err := readPace(there)
		return was, cmp.Or(err, pace.ErrConflict)
	}
	if err != nil {
		return pace.State{}, plain(err)
	}
	p.Version++
	return p, nil
}

// readPace reads a pace from its item: a document, of which DynamoDB knows the version alone. No item is the zero Pace.
func readPace(it item) (p pace.State, err error) {
	if len(it) == 0 {
		return p, nil
	}
	if err := json.Unmarshal([]byte(textOf(it, "doc")), &p); err != nil {
		return pace.State{}, fmt.Errorf("stored document: %w", err)
	}
	p.Version, err = whole(it, "version")
	return p, err
}

func paceKey(model string) string { return "pace#" + model }
