package lambdahandler

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"easel/shared/job"
	"easel/shared/usd"
)

// Metrics writes lines in CloudWatch's embedded metric format. CloudWatch makes metrics of the lines that a function writes
// to its standard output: no call, no wait. The model is the only dimension, since each further one multiplies what is to
// be paid for. The cost is written without a dimension too, for the alarm on all models: a sum of metrics has no value while
// one of them was never written.
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
	add("ambiguous", "Count", j.AmbiguousCalls)
	add("ended", "Count", 1)
	add("failed", "Count", blamed(j))
	cost := figure{"list_usd", "None", usd.Number(int64(j.Calls) * j.Price)}
	at := time.Now()
	if j.CompletedAt != nil {
		at = *j.CompletedAt
	}
	line := map[string]any{"model": j.Model, "job": j.ID, "status": j.Status}
	return m.write(at, line, set{append(figures, cost), []string{"model"}}, set{[]figure{cost}, []string{}})
}

// Backlog writes that a model has jobs under way and that none has ended just now. An alarm tells a model that brings
// nothing, whose sum of ended is zero, from one without jobs, which has no sum.
func (m *Metrics) Backlog(model string) error {
	return m.write(time.Now(), map[string]any{"model": model}, set{[]figure{{"ended", "Count", 0}}, []string{"model"}})
}

// A figure is a value of a metric.
type figure struct {
	Name, Unit string
	value      any
}

// A set is metrics under the same dimensions.
type set struct {
	figures    []figure
	dimensions []string
}

// write puts one line out with one write, so that lines of jobs that end together stay apart.
func (m *Metrics) write(at time.Time, line map[string]any, sets ...set) error {
	var definitions []any
	for _, s := range sets {
		for _, f := range s.figures {
			line[f.Name] = f.value
		}
		definitions = append(definitions, map[string]any{"Namespace": m.Namespace, "Dimensions": [][]string{s.dimensions}, "Metrics": s.figures})
	}
	line["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": definitions}
	text, err := json.Marshal(line)
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
