package job

import "time"

// Wait is about how long it takes until the line has given a flow n turns: the messages in the queue come first, then each
// owner who waits takes as many turns as this one needs, or as many as it has jobs. Of the last round only those come before
// it whose jobs wait longer.
func (s Standing) Wait(f Flow, n int64, interval time.Duration) time.Duration {
	lead := max(0, f.Time+f.Turns-s.Time-1) // turns that the flow has had before the others
	turns := int64(s.Enqueued) + max(n, s.turns(n+lead)-s.Round.behind(f)+max(0, n-f.Waiting))
	return time.Duration(turns) * interval
}

// Before is about how many jobs of the flow stand before one that waits in it.
func (f Flow) Before(j Job) int64 {
	switch {
	case f.First.IsZero() || f.Waiting <= 1:
		return 0
	case j.BatchID != "" && j.Position > f.FirstPosition:
		return min(j.Position-f.FirstPosition, f.Waiting-1)
	case !j.QueuedAt.After(f.First) || !f.Touched.After(f.First):
		return 0
	}
	share := float64(j.QueuedAt.Sub(f.First)) / float64(f.Touched.Sub(f.First))
	return int64(min(share, 1) * float64(f.Waiting-1))
}
