package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/model"
)

// print tells what was switched on and what came of it.
func (v *tally) print(took time.Duration) {
	s, b := v.s, &strings.Builder{}
	fmt.Fprintf(b, "seed %d: %d jobs in %v\n", s.seed, s.jobs, took.Round(time.Second))
	fmt.Fprintf(b, "%-24s %8s %12s\n", "fault", "times", "calls hit")
	for _, fault := range append([]string{kill9, killStart}, s.faults...) {
		fmt.Fprintf(b, "%-24s %8d %12s\n", fault, s.on[fault], s.hit(fault))
	}
	if s.disk == "" && len(s.faults) > 0 {
		fmt.Fprintf(b, "%-24s  skipped: it takes Linux and the right to mount\n", fullDisk)
	}
	row := func(what string, n any) { fmt.Fprintf(b, "%-40s %8v\n", what, n) }
	row("accepted", len(s.orders))
	row("  deleted", v.deleted)
	for _, status := range job.Statuses {
		row("  "+string(status), v.status[status])
	}
	for _, code := range slices.Sorted(maps.Keys(v.codes)) {
		row("  failed: "+code, v.codes[code])
	}
	for _, kind := range []string{"lost", "stuck", "generated again after it was stored", "stored and gone", "stored and not shown", "paid more often than allowed", "cost more than it says"} {
		row(kind, v.wrong[kind])
	}
	row("pictures on the disk at a kill", len(s.seen))
	row("paid calls", v.paid)
	row("  allowed at most", v.allowed)
	row("  repeated, their picture was lost", v.repeats)
	if s.weather != nil {
		row("  pictures spoilt on their way", s.weather.spoilt.Load())
	}
	row("throttled by the quota, of all calls", fmt.Sprintf("%d of %d", v.refused, v.total))
	for _, m := range model.Current() {
		if len(s.faults) > 0 {
			row("most calls of "+m.Alias+" in 2 s", fmt.Sprintf("%d of %d", s.weather.busiest(m.ID, stretch), bearable(m)))
		}
	}
	row("answers of 500 and more to clients", s.unable.Load())
	row("starts refused on a full disk", s.refused)
	s.t.Log("\n" + b.String())
}

// hit is how many calls a fault befell, where it befalls calls.
func (s *siege) hit(fault string) string {
	if _, ok := blows[fault]; !ok {
		return ""
	}
	return fmt.Sprint(s.weather.felt(fault))
}
