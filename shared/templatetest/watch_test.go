package templatetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/model"
)

var watchRules = []rule{heard, alarmed, measured, drawn}

// heard wants every alarm, and its end, to reach whom the parameters name, and to say what it means and what to do.
func heard(s stack) (wrong []string) {
	var want []string
	if topic := s.values["AlarmTopicArn"]; topic != "" {
		want = append(want, topic)
	}
	if s.values["AlarmEmail"] != "" {
		want = append(want, "AlarmTopic")
	}
	for _, a := range s.of("CloudWatch::Alarm") {
		for _, actions := range []string{"AlarmActions", "OKActions"} {
			if got := words(a.get(actions)); !slices.Equal(got, want) {
				wrong = append(wrong, fmt.Sprintf("%s tells %q (%s): it should be %q", a.id, got, actions, want))
			}
		}
		text := a.text("AlarmDescription")
		if meaning, command, ok := strings.Cut(text, " First: aws "); !ok || len(meaning) < 80 || command == "" || len(text) > 1024 {
			wrong = append(wrong, a.id+" does not say what it means and what to type first")
		}
		if quiet := a.text("TreatMissingData") == "notBreaching"; quiet == (a.id == "SilentSweepAlarm") { // silence is what that one is about
			wrong = append(wrong, a.id+" cries where there is nothing to measure")
		}
	}
	if s.values["AlarmEmail"] != "" {
		topic, policy := s.resources["AlarmTopic"], s.resources["AlarmTopicPolicy"]
		if topic.text("Subscription.0.Endpoint") != s.values["AlarmEmail"] || topic.text("Subscription.0.Protocol") != "email" {
			wrong = append(wrong, "the topic does not lead to the e-mail address")
		}
		if policy.text("PolicyDocument.Statement.0.Principal.Service") != "cloudwatch.amazonaws.com" {
			wrong = append(wrong, "alarms may not publish to the topic")
		}
	}
	return wrong
}

// alarmed wants the alarms that there have to be, on what they have to look at.
func alarmed(s stack) (wrong []string) {
	for id, want := range map[string]string{
		"ProgressAlarm": "Queue.QueueName", "DeadLetterAlarm": "DeadLetterQueue.QueueName", "FailedShareAlarm": "easel/demo",
		"FrontDoorAlarm": "5xx", "SweepAlarm": "SweepFunction",
	} {
		if text := fmt.Sprint(s.resources[id].properties); !strings.Contains(text, want) {
			wrong = append(wrong, fmt.Sprintf("%s does not look at %s", id, want))
		}
	}
	progress := s.resources["ProgressAlarm"]
	minutes := 0.0
	for _, m := range dig[[]any](progress.properties, "Metrics") {
		if period := number(dig[any](m, "MetricStat", "Period")); period > 0 {
			minutes = progress.number("EvaluationPeriods") * period / 60
		}
	}
	if minutes != 15 {
		wrong = append(wrong, fmt.Sprintf("ProgressAlarm waits for %v minutes: 15", minutes))
	}
	return wrong
}

// written are the metrics of a job's end, as the functions write them.
func written() (names []string) {
	var line bytes.Buffer
	now := time.Now()
	m := lambdahandler.Metrics{Namespace: "easel/demo", Out: &line}
	if err := m.Ended(job.Job{Status: job.Failed, QueuedAt: now, StartedAt: &now, CompletedAt: &now}); err != nil {
		panic(err)
	}
	var event any
	if err := json.Unmarshal(line.Bytes(), &event); err != nil {
		panic(err)
	}
	for _, metric := range dig[[]any](event, "_aws", "CloudWatchMetrics", "0", "Metrics") {
		names = append(names, dig[string](metric, "Name"))
	}
	return names
}

// measured holds the metrics of the alarms against those that are written, for every model of the catalogue that lives.
func measured(s stack) (wrong []string) {
	names, seen := written(), map[string]bool{}
	for _, a := range s.of("CloudWatch::Alarm") {
		wrong = append(wrong, reckoned(a)...)
		for _, m := range dig[[]any](a.properties, "Metrics") {
			metric := dig[any](m, "MetricStat", "Metric")
			if dig[string](metric, "Namespace") != "easel/demo" {
				continue
			}
			name, by := dig[string](metric, "MetricName"), dig[any](metric, "Dimensions", "0")
			if !slices.Contains(names, name) {
				wrong = append(wrong, fmt.Sprintf("%s looks at %s, which nobody writes", a.id, name))
			}
			seen[fmt.Sprint(a.id, " ", name, " by ", dig[string](by, "Name"), " ", dig[string](by, "Value"))] = true
		}
	}
	for _, m := range model.Current() {
		for _, want := range []string{"ProgressAlarm ended", "FailedShareAlarm ended", "FailedShareAlarm failed"} {
			if want += " by model " + m.ID; !seen[want] {
				wrong = append(wrong, "no alarm looks at this: "+want)
			}
		}
	}
	return wrong
}

var identifier = regexp.MustCompile(`\b[a-z]\w*`)

// reckoned wants the expressions of an alarm to use its metrics, each of them, and to have one result.
func reckoned(a resource) (wrong []string) {
	parts, used, results := map[string]bool{}, map[string]bool{}, 0
	for _, m := range dig[[]any](a.properties, "Metrics") {
		if fmt.Sprint(dig[any](m, "ReturnData")) == "false" {
			parts[dig[string](m, "Id")] = true
		} else {
			results++
		}
		for _, name := range identifier.FindAllString(dig[string](m, "Expression"), -1) {
			used[name] = true
		}
	}
	if !maps.Equal(parts, used) || len(parts) > 0 && results != 1 {
		wrong = append(wrong, fmt.Sprintf("%s has the metrics %v, reckons with %v and has %d results", a.id, parts, used, results))
	}
	return wrong
}

var metric = regexp.MustCompile(`MetricName="(\w+)"`)

// drawn wants the dashboard to be JSON with widgets that fit side by side, and its metrics to be written.
func drawn(s stack) (wrong []string) {
	var board struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          map[string]any
		}
	}
	body := s.resources["Dashboard"].text("DashboardBody")
	if err := json.Unmarshal([]byte(body), &board); err != nil || len(board.Widgets) == 0 {
		return []string{fmt.Sprintf("the dashboard is no JSON, or empty: %v", err)}
	}
	for _, w := range board.Widgets {
		if w.X+w.Width > 24 || w.Width < 1 || w.Height < 1 || w.Properties["region"] != s.values["AWS::Region"] || w.Properties["title"] == "" {
			wrong = append(wrong, fmt.Sprintf("the widget %v does not fit", w.Properties["title"]))
		}
		for _, name := range metric.FindAllStringSubmatch(fmt.Sprint(w.Properties["metrics"]), -1) {
			if !slices.Contains(written(), name[1]) {
				wrong = append(wrong, fmt.Sprintf("the dashboard shows %s, which nobody writes", name[1]))
			}
		}
	}
	if strings.Contains(strings.ReplaceAll(body, "${LABEL}", ""), "${") {
		wrong = append(wrong, "the dashboard holds a reference that was not filled in")
	}
	return wrong
}
