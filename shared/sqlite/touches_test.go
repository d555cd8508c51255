package sqlite

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
)

var lined = []job.FlowKey{{Model: "core", Owner: "ann"}, {Model: "core", Owner: "bob"}, {Model: "core", Owner: "ann", BatchID: "b", CancelNo: 1}}

// lineOf is what is stored of the flows, by their keys.
func lineOf(t *testing.T, db *DB) map[job.FlowKey]job.Flow {
	t.Helper()
	_, all, err := db.Flows(t.Context(), "core")
	if err != nil {
		t.Fatal(err)
	}
	line := map[job.FlowKey]job.Flow{}
	for _, f := range all {
		line[f.FlowKey] = f
	}
	return line
}

var errPiece = errors.New("a piece that fails")

// drawPiece draws what orders and sweeps write of flows in one piece of work, which may fail at its end.
func drawPiece(r *rand.Rand, line map[job.FlowKey]job.Flow) func(*tx) error {
	at := func() time.Time { return moment(int64(1 + r.IntN(1000))) }
	var steps []func(*tx) error
	for range r.IntN(4) {
		touch := job.Touch{FlowKey: lined[r.IntN(3)], At: at(), Waiting: int64(r.IntN(3)), Direct: r.IntN(3) == 0}
		steps = append(steps, func(x *tx) error { x.touch(touch); return nil })
	}
	f := line[lined[r.IntN(3)]]
	change := func(query string, args ...any) {
		steps = slices.Insert(steps, r.IntN(len(steps)+1), func(x *tx) error {
			n, err := x.changeFlow(query, args...)
			if err == nil && n == 0 {
				err = job.ErrConflict
			}
			return err
		})
	}
	switch r.IntN(4) {
	case 0:
		change(leaveFlow, f.Model, f.Name(), orNull(f.Touched), orNull(f.Direct))
	case 1:
		looked, first := []time.Time{{}, at()}[r.IntN(2)], []time.Time{{}, at()}[r.IntN(2)]
		change(advanceFlow, f.Model, f.Name(), f.Time, f.Time+1, r.IntN(2), r.IntN(2), orNull(looked), orNull(first), 0)
	}
	if r.IntN(6) == 0 {
		err := []error{job.ErrCounters, errPiece}[r.IntN(2)]
		steps = append(steps, func(*tx) error { return err })
	}
	return func(x *tx) error {
		for _, step := range steps {
			if err := step(x); err != nil {
				return err
			}
		}
		return nil
	}
}

// Pieces that share a commit leave the flows that they would leave one after the other, and a reader who is told from memory is
// told what is stored.
func TestOneCommitOfTouchesIsWhatManyAre(t *testing.T) {
	shared, single := scratch(t), scratch(t)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		line := lineOf(t, shared)
		for _, key := range lined {
			if _, told, err := shared.Standing(t.Context(), key); err != nil || told != line[key] && told != (job.Flow{FlowKey: key}) {
				t.Fatalf("round %d: told %+v, stored %+v: %v", round, told, line[key], err)
			}
		}
		release := held(t, shared)
		var ops []*op
		var want []error
		for range 1 + r.IntN(6) {
			piece := drawPiece(r, line)
			ops = append(ops, pile(shared, t.Context(), piece))
			_, err := write(t.Context(), single.writer, func(x *tx) (struct{}, error) { return struct{}{}, piece(x) })
			want = append(want, err)
		}
		release()
		for n, o := range ops {
			if err := <-o.done; !errors.Is(err, want[n]) {
				t.Fatalf("round %d: piece %d returns %v, alone %v", round, n, err, want[n])
			}
		}
		together, alone := lineOf(t, shared), lineOf(t, single)
		for _, key := range lined {
			if together[key] != alone[key] {
				t.Fatalf("round %d: together %+v\nalone %+v", round, together[key], alone[key])
			}
		}
	}
}
