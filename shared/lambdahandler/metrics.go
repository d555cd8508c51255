package lambdahandler

import (
	"encoding/json"
	"io"
	"maps"
	"sync"
	"time"

	"easel/shared/job"
)

// Metrics writes lines in CloudWatch's embedded metric format. CloudWatch makes metrics of the lines that a function writes
// to its standard output: no call, no wait. The model is the only dimension, since each further one multiplies what is to
// be paid for. What an alarm compares over all models is written without a dimension too: a sum of metrics of which one
// does not exist has no value.
type Metrics struct {
	Namespace string // such as easel/prod
	Out       io.Writer

	mu sync.Mutex
}

// Ended writes the line of a job that has ended, under the time of its end. What a job did not do, such as waiting for a
// start that never came, is left out: a zero would lower the mean.
func (m *Metrics) Ended(j job.Job) error {
	var figures []figure
	add := func(name, unit string, value any) { figures = append(figures, figure{name, unit, value}) }
	if ms, ok := between(&j.QueuedAt, j.StartedAt); ok {
		add("queue_ms", "Milliseconds", ms)
	}
	if ms, ok := between(j.StartedAt, j.CompletedAt); ok {
		add("run_ms", "Milliseconds", ms)
	}
	add("attempts", "Count", j.Attempts)
	add("throttles", "Count", j.Throttles)
	add("ambiguous", "Count", j.Unsure)
	add("failed", "Count", blamed(j))
	overall := []figure{{"ended", "Count", 1}, {"list_usd", "None", job.USD(int64(j.Calls) * j.Price)}}
	at := time.Now()
	if j.CompletedAt != nil {
		at = *j.CompletedAt
	}
	return m.write(at, about(j), m.set(append(figures, overall...), "model"), m.set(overall))
}

// PutBack writes that a run of a job brought no end. An alarm tells a model that is tried in vain, whose sum of ended is
// zero, from one that has nothing to do and no sum.
func (m *Metrics) PutBack(j job.Job) error {
	return m.write(time.Now(), about(j), m.set([]figure{{"ended", "Count", 0}}, "model"))
}

// Alive writes that no job has ended just now, so that the sum over all models is a number at every time.
func (m *Metrics) Alive() error {
	return m.write(time.Now(), nil, m.set([]figure{{"ended", "Count", 0}}))
}

// A figure is a value of a metric.
type figure struct {
	name, unit string
	value      any
}

// A set is metrics under the same dimensions.
type set struct {
	figures    []figure
	definition map[string]any
}

func (m *Metrics) set(figures []figure, dimensions ...string) set {
	type metric struct{ Name, Unit string }
	var metrics []metric
	for _, f := range figures {
		metrics = append(metrics, metric{f.name, f.unit})
	}
	return set{figures, map[string]any{
		"Namespace": m.Namespace, "Dimensions": [][]string{append([]string{}, dimensions...)}, "Metrics": metrics,
	}}
}

func about(j job.Job) map[string]any {
	return map[string]any{"model": j.Model, "job": j.ID, "status": j.Status}
}

// write puts one line out with one write, so that lines of jobs that end together stay apart.
func (m *Metrics) write(at time.Time, line map[string]any, sets ...set) error {
	all := map[string]any{}
	maps.Copy(all, line)
	var definitions []any
	for _, s := range sets {
		for _, f := range s.figures {
			all[f.name] = f.value
		}
		definitions = append(definitions, s.definition)
	}
	all["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": definitions}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err = m.Out.Write(append(text, '\n'))
	return err
}

func between(from, to *time.Time) (ms int64, ok bool) {
	if from == nil || to == nil {
		return 0, false
	}
	return max(0, to.Sub(*from).Milliseconds()), true
}

// blamed is 1 for a job that failed through no fault of the caller.
func blamed(j job.Job) int {
	if j.Status != job.Failed {
		return 0
	}
	if j.Failure != nil && (j.Failure.Code == job.CodeFiltered || j.Failure.Code == job.CodeInvalid) {
		return 0
	}
	return 1
}
