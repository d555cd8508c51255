package templatetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var watchRules = []rule{heard, alarmed, modelled, measured, sure, drawn}

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
			if !written()[name[1]+" by model"] {
				wrong = append(wrong, fmt.Sprintf("the dashboard shows %s, which no function writes", name[1]))
			}
		}
	}
	if strings.Contains(strings.ReplaceAll(body, "${LABEL}", ""), "${") {
		wrong = append(wrong, "the dashboard holds a reference that was not filled in")
	}
	return wrong
}
