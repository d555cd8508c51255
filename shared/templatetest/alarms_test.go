package templatetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/model"
)

// alarmed wants the alarms that there have to be, each with what it looks at and when it fires.
func alarmed(s stack) (wrong []string) {
	for id, want := range map[string]map[string]string{
		"DeadLetterAlarm": {"Dimensions.0.Value": "DeadLetterQueue.QueueName", "MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": "0"},
		"FrontDoorAlarm":  {"Namespace": "AWS/ApiGateway", "MetricName": "5xx", "Dimensions.0.Value": "Api"},
		"SweepAlarm":      {"MetricName": "Errors", "Dimensions.0.Value": "SweepFunction"},
		"SilentSweepAlarm": {
			"MetricName": "Invocations", "Dimensions.0.Value": "SweepFunction", "ComparisonOperator": "LessThanThreshold", "Threshold": "1",
		},
		// One is enough, and its message comes back in 18 minutes.
		"WorkerErrorsAlarm": {"MetricName": "Errors", "Dimensions.0.Value": "WorkerFunction", "Threshold": "1", "Statistic": "Sum", "Period": "1800", "EvaluationPeriods": "1"},
		"WorkerThrottlesAlarm": {
			"MetricName": "Throttles", "Dimensions.0.Value": "WorkerFunction", "Threshold": "1", "Statistic": "Sum", "Period": "300", "EvaluationPeriods": "3",
		},
		"SpendAlarm": {
			"Namespace": "easel/demo", "MetricName": "list_usd", "Dimensions": "", "Statistic": "Sum", "Period": "3600", "EvaluationPeriods": "1",
			"ComparisonOperator": "GreaterThanThreshold", "Threshold": s.values["SpendAlarmUSD"],
		},
	} {
		wrong = append(wrong, differs(s.resources[id], id, want)...)
	}
	return wrong
}

// modelled wants two alarms of its own for every model of the catalogue that lives: behind a sum of all models one that
// is stuck does not show.
func modelled(s stack) (wrong []string) {
	for _, m := range model.Current() {
		name := strings.ToUpper(m.Alias[:1]) + m.Alias[1:]
		wrong = append(wrong, differs(s.resources[name+"ProgressAlarm"], name+"ProgressAlarm", map[string]string{
			"Namespace": "easel/demo", "MetricName": "ended", "Dimensions.0.Name": "model", "Dimensions.0.Value": m.ID, "Statistic": "Sum",
			"Period": "300", "EvaluationPeriods": "3", "ComparisonOperator": "LessThanThreshold", "Threshold": "1",
		})...)
		wrong = append(wrong, differs(s.resources[name+"FailedAlarm"], name+"FailedAlarm", map[string]string{
			"Threshold": "20", "Metrics.0.Expression": "IF(ended >= 5, 100 * failed, 0)",
			"Metrics.1.Id": "ended", "Metrics.1.MetricStat.Stat": "SampleCount", "Metrics.1.MetricStat.Metric.MetricName": "failed",
			"Metrics.1.MetricStat.Metric.Dimensions.0.Value": m.ID, "Metrics.1.MetricStat.Period": "1800",
			"Metrics.2.Id": "failed", "Metrics.2.MetricStat.Stat": "Average", "Metrics.2.MetricStat.Metric.MetricName": "failed",
			"Metrics.2.MetricStat.Metric.Dimensions.0.Value": m.ID, "Metrics.2.MetricStat.Period": "1800",
		})...)
	}
	return wrong
}

func differs(r resource, id string, want map[string]string) (wrong []string) {
	for path, value := range want {
		if got := r.text(path); got != value {
			wrong = append(wrong, fmt.Sprintf("%s does not look at what it should: %s is %q, not %q", id, path, got, value))
		}
	}
	return wrong
}

// A look is a metric that an alarm looks at.
type look struct{ namespace, name, by, model string }

func looks(a resource) (all []look) {
	metrics := []any{a.properties}
	for _, m := range dig[[]any](a.properties, "Metrics") {
		metrics = append(metrics, dig[any](m, "MetricStat", "Metric"))
	}
	for _, m := range metrics {
		if name := dig[string](m, "MetricName"); name != "" {
			all = append(all, look{
				dig[string](m, "Namespace"), name, dig[string](m, "Dimensions", "0", "Name"), dig[string](m, "Dimensions", "0", "Value"),
			})
		}
	}
	return all
}

// written are the metrics as the functions write them, such as "ended by model".
func written() map[string]bool {
	now := time.Now()
	ended := job.Job{Status: job.Failed, QueuedAt: now, StartedAt: &now, CompletedAt: &now}
	var out bytes.Buffer
	m := &lambdahandler.Metrics{Namespace: "easel/demo", Out: &out}
	if err := errors.Join(m.Ended(ended), m.Backlog("core")); err != nil {
		panic(err)
	}
	names := map[string]bool{}
	for line := range bytes.Lines(out.Bytes()) {
		var event any
		if err := json.Unmarshal(line, &event); err != nil {
			panic(err)
		}
		for _, set := range dig[[]any](event, "_aws", "CloudWatchMetrics") {
			for _, metric := range dig[[]any](set, "Metrics") {
				names[dig[string](metric, "Name")+" by "+dig[string](set, "Dimensions", "0", "0")] = true
			}
		}
	}
	return names
}

// measured holds the metrics of the alarms against those that are written.
func measured(s stack) (wrong []string) {
	all := written()
	for _, a := range s.of("CloudWatch::Alarm") {
		wrong = append(wrong, reckoned(a)...)
		for _, l := range looks(a) {
			if l.namespace == "easel/demo" && !all[l.name+" by "+l.by] {
				wrong = append(wrong, fmt.Sprintf("%s looks at %s by %q, which no function writes", a.id, l.name, l.by))
			}
		}
	}
	return wrong
}

// sure wants an expression to have a value whenever it is needed. A metric that was never written leaves the whole
// expression without one, FILL has nothing to fill, and some metrics of a queue are missing where they would be zero. So
// an expression rests on one metric alone, whose number and mean are there together.
func sure(s stack) (wrong []string) {
	for _, a := range s.of("CloudWatch::Alarm") {
		all := looks(a)
		for _, l := range all {
			if l != all[0] {
				wrong = append(wrong, fmt.Sprintf("%s has no value until both of %v and %v are written", a.id, all[0], l))
			}
		}
		if strings.Contains(fmt.Sprint(a.get("Metrics")), "FILL(") {
			wrong = append(wrong, a.id+" trusts in FILL, which knows no metric that was never written")
		}
	}
	return wrong
}
