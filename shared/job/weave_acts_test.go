package job_test

import (
	"context"
	"fmt"
	"time"

	"easel/shared/job"
)

// step lets one thing happen.
func (w *weaver) step() {
	all := w.waiting()
	switch n := w.chance.IntN(100); {
	case n < 60 && len(all) > 0:
		w.let(all[w.chance.IntN(len(all))], letPass)
	case n < 66 && len(all) > 0 && w.wild:
		w.spoil(all[w.chance.IntN(len(all))])
	case w.deeds > 0 && (n < 74 || len(all) == 0):
		w.deeds--
		w.deed()
	case n < 84:
		w.deliver()
	case n < 90:
		w.sweep()
	case n < 97 || !w.wild:
		d := 2 * time.Second
		if len(all) > 0 {
			d = tick // a slot is missed after four of them
		}
		w.sleep(d)
	default:
		w.freeze([]time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute}[w.chance.IntN(3)])
	}
}

// spoil lets an operation fail, or its reply be lost, or its worker die.
func (w *weaver) spoil(t *ticket) {
	v := verdict(1 + w.chance.IntN(3))
	if v == letDie && t.actor.hand == nil || t.op == "generator.generate" {
		v = letPass
	}
	w.let(t, v)
}

// deliver hands a message to a worker: the next one, or one that came before, which a queue may bring again.
func (w *weaver) deliver() {
	working := 0
	for _, a := range w.actors {
		if a.hand != nil && !a.done.Load() {
			working++
		}
	}
	stats, err := w.h.queue.Stats(w.h.t.Context())
	w.must(err == nil, "stats: %v", err)
	switch {
	case working == 3:
	case len(w.seen) > 0 && w.chance.IntN(3) == 0:
		msg := w.seen[len(w.seen)-1-w.chance.IntN(min(3, len(w.seen)))]
		w.work(msg, "again", func(out job.Outcome) {
			if out.Retry {
				w.bring(msg, min(out.After, 15*time.Minute))
			}
		})
	case stats.Visible > 0:
		d, _ := w.h.next()
		msg, err := job.ParseMessage(d.Body)
		w.must(err == nil, "message: %v", err)
		w.seen = append(w.seen, msg)
		w.work(msg, "", func(out job.Outcome) { w.h.settle(d, out) })
	}
}

// answers of the model, most of them pictures.
var weaveAnswers = []string{"picture", "picture", "picture", "picture", "picture", "picture", "throttled", "outage", "filtered", "refused", "unsure"}

// work lets a worker begin on a message.
func (w *weaver) work(msg job.Message, again string, settle func(job.Outcome)) {
	hand := &hand{
		m: w.machine, id: msg.ID, sends: msg.MessageNo, copied: again != "", passed: map[string]int{},
		answer: weaveAnswers[w.chance.IntN(len(weaveAnswers))],
	}
	a := &actor{name: fmt.Sprint("worker ", len(w.actors)), hand: hand, until: time.Now().Add(workTime)}
	w.note("%s takes message %d of %s %s, to answer %s", a.name, msg.MessageNo%1000, msg.ID[24:], again, hand.answer)
	w.start(a, func(ctx context.Context) {
		limited, cancel := context.WithTimeout(ctx, workTime)
		defer cancel()
		settle(w.h.worker.Do(limited, msg))
	})
}

// sweep begins a run, unless one is under way.
func (w *weaver) sweep() {
	for _, a := range w.actors {
		if a.name == "sweep" && !a.done.Load() {
			return
		}
	}
	w.note("sweep begins")
	w.start(&actor{name: "sweep"}, func(ctx context.Context) { _, _ = w.h.sweeper.Sweep(ctx) })
}

// deed is what a person does.
func (w *weaver) deed() {
	n := len(w.actors)
	kind := w.chance.IntN(8)
	if len(w.incarnations) == 0 {
		kind %= 4
	}
	switch kind {
	case 0, 1:
		body := w.chance.IntN(len(bodies))
		key := fmt.Sprint("key ", w.chance.IntN(2))
		w.person(fmt.Sprintf("%s submit %d under %s", "person", body, key), func(ctx context.Context) {
			_, _ = w.h.submit.Submit(ctx, ann, bodies[body], key)
		})
	case 2, 3:
		r := w.order(n)
		w.person(fmt.Sprintf("person batch of %d, bound %d", len(r.Lines), r.MaxCost), func(ctx context.Context) { _, _ = w.h.submit.SubmitBatch(ctx, ann, r) })
	default:
		w.change(w.chance.IntN(9))
	}
}

func (w *weaver) person(name string, do func(context.Context)) {
	w.note("%s", name)
	w.start(&actor{name: name}, do)
}

// order draws a batch.
func (w *weaver) order(n int) job.BatchRequest {
	r := job.BatchRequest{Key: fmt.Sprint("batch ", n), Open: w.chance.IntN(3) == 0}
	for row := range 1 + w.chance.IntN(3) {
		r.Lines = append(r.Lines, job.Line{Number: row + 1, Request: bodies[w.chance.IntN(len(bodies))]})
		r.Lines[row].Request.CustomID = fmt.Sprint(row)
	}
	if w.chance.IntN(2) == 0 {
		r.MaxCost = int64(40_000 * len(r.Lines))
	}
	return r
}

// change does something to a job or a batch.
func (w *weaver) change(what int) {
	if len(w.incarnations) == 0 {
		return
	}
	l := w.incarnations[w.chance.IntN(len(w.incarnations))]
	group := ""
	if len(w.groups) > 0 {
		group = w.groups[w.chance.IntN(len(w.groups))]
	}
	submit := w.h.submit
	switch {
	case what < 2:
		w.person("person cancel "+l.id[24:], func(ctx context.Context) { _, _ = submit.Cancel(ctx, ann, l.id) })
	case what == 2:
		w.person("person retry "+l.id[24:], func(ctx context.Context) { _, _ = submit.Retry(ctx, ann, l.id) })
	case what == 3:
		l.asked = true
		w.person("person delete "+l.id[24:], func(ctx context.Context) { _ = submit.Delete(ctx, ann, l.id) })
	case group == "":
	case what < 6:
		w.person("person cancel batch", func(ctx context.Context) { _, _, _ = submit.CancelBatch(ctx, ann, group) })
	case what == 6:
		w.person("person seal batch", func(ctx context.Context) { _, _, _ = submit.Seal(ctx, ann, group) })
	case what == 7:
		choice := job.Choice{Statuses: []job.Status{job.Failed, job.Canceled}}
		w.person("person retry batch", func(ctx context.Context) { _, _, _, _ = submit.RetryBatch(ctx, ann, group, choice) })
	default:
		w.askAll(group)
		w.person("person delete batch", func(ctx context.Context) { _, _, _ = submit.DeleteBatch(ctx, ann, group) })
	}
}
