package lambdahandler

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"easel/shared/job"
)

// Metrics writes a line in CloudWatch's embedded metric format for each job that has ended. CloudWatch makes metrics of
// the lines that a function writes to its standard output: no call, no wait. The model is the only dimension, since each
// further one multiplies what is to be paid for.
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
	add("ended", "Count", 1)
	add("failed", "Count", blamed(j))
	add("list_usd", "None", job.USD(int64(j.Calls)*j.Price))
	return m.write(j, figures)
}

type figure struct {
	name, unit string
	value      any
}

// write puts one line out with one write, so that lines of jobs that end together stay apart.
func (m *Metrics) write(j job.Job, figures []figure) error {
	type definition struct{ Name, Unit string }
	line := map[string]any{"model": j.Model, "job": j.ID, "status": j.Status}
	var definitions []definition
	for _, f := range figures {
		line[f.name] = f.value
		definitions = append(definitions, definition{f.name, f.unit})
	}
	at := time.Now()
	if j.CompletedAt != nil {
		at = *j.CompletedAt
	}
	line["_aws"] = map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": m.Namespace, "Dimensions": [][]string{{"model"}}, "Metrics": definitions,
		}},
	}
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

// blamed is 1 for a job that failed through no fault of whoever ordered it.
func blamed(j job.Job) int {
	if j.Status != job.Failed {
		return 0
	}
	if j.Failure != nil && (j.Failure.Code == job.CodeFiltered || j.Failure.Code == job.CodeInvalid) {
		return 0
	}
	return 1
}
