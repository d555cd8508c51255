package templatetest

import (
	"fmt"
	"slices"
	"strings"

	"easel/shared/config"
	"easel/shared/usd"
)

var functionRules = []rule{sized, logged, named, triggered, scheduled, environment}

// reserved are the variables that Lambda sets itself and refuses from a template.
var reserved = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API",
	"AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
}

// sized bounds what a function may take. Who stands behind an API has the 30 s that the API waits; the sweep has to end
// before the next begins.
func sized(s stack) (wrong []string) {
	longest := map[string]float64{"SubmitFunction": 29, "StatusFunction": 29, "SweepFunction": 55, "WorkerFunction": 180}
	for _, f := range s.of("Lambda::Function") {
		if memory := f.number("MemorySize"); memory < 128 || memory > 1024 {
			wrong = append(wrong, fmt.Sprintf("%s has %v MB: 128 to 1,024 are enough for what it does", f.id, memory))
		}
		if timeout := f.number("Timeout"); timeout < 1 || timeout > longest[f.id] {
			wrong = append(wrong, fmt.Sprintf("%s may run %v s: at most %v", f.id, timeout, longest[f.id]))
		}
		if f.id == "WorkerFunction" && f.text("RecursiveLoop") != "Allow" {
			wrong = append(wrong, f.id+" sends messages to its own queue: Lambda would end that loop")
		}
		if f.get("ReservedConcurrentExecutions") != nil {
			wrong = append(wrong, f.id+" reserves concurrency: a new account cannot deploy that")
		}
		if f.text("Runtime") != "provided.al2023" || f.text("Architectures.0") != s.values["Architecture"] {
			wrong = append(wrong, f.id+" does not run on provided.al2023 with the architecture of the parameter")
		}
		if traced := f.text("TracingConfig.Mode") == "Active"; traced != (s.values["Tracing"] == "true") {
			wrong = append(wrong, f.id+" is traced against the parameter")
		}
	}
	return wrong
}

// logged wants a log group of its own for each function, and an end of keeping for each group.
func logged(s stack) (wrong []string) {
	seen := map[string]string{}
	for _, f := range s.of("Lambda::Function") {
		group := f.text("LoggingConfig.LogGroup")
		if s.resources[group].kind != "AWS::Logs::LogGroup" {
			wrong = append(wrong, f.id+" logs into no group of this template: Lambda would make one that keeps everything")
		}
		if other, ok := seen[group]; ok {
			wrong = append(wrong, f.id+" and "+other+" share a log group")
		}
		seen[group] = f.id
	}
	for _, group := range s.of("Logs::LogGroup") {
		if group.text("RetentionInDays") != s.values["LogRetentionDays"] {
			wrong = append(wrong, group.id+" does not keep logs as long as LogRetentionDays says")
		}
	}
	return wrong
}

// named refuses names that people made up: with one a stack cannot be there twice, nor a resource be replaced.
func named(s stack) (wrong []string) {
	stackID := s.values["AWS::StackId"][strings.LastIndex(s.values["AWS::StackId"], "/")+1:]
	for id, r := range s.resources {
		for property, value := range r.properties {
			_, reference := s.resources[fmt.Sprint(value)]
			label := property == "Name" || property == "StageName" || property == "MetricName"
			unique := (id == "Queue" || id == "ApiLogs") && strings.HasSuffix(fmt.Sprint(value), stackID)
			if strings.HasSuffix(property, "Name") && !reference && !label && !unique {
				wrong = append(wrong, fmt.Sprintf("%s has the name %v: let AWS make it up", id, value))
			}
		}
	}
	return wrong
}

// triggered is about the worker and its queue, whose figures have to fit each other.
func triggered(s stack) (wrong []string) {
	triggers := s.of("Lambda::EventSourceMapping")
	if len(triggers) != 1 {
		wrong = append(wrong, "there is not one trigger")
	}
	for _, t := range triggers {
		queue, function := s.resources[owner(t.text("EventSourceArn"))], s.resources[t.text("FunctionName")]
		window := max(0, t.number("MaximumBatchingWindowInSeconds"))
		if least := 6*function.number("Timeout") + window; queue.number("VisibilityTimeout") < least {
			wrong = append(wrong, fmt.Sprintf("%s hides messages for %v s: at least six timeouts of %s and the batching window, %v s", queue.id, queue.number("VisibilityTimeout"), function.id, least))
		}
		if t.number("BatchSize") > 10 && window < 1 {
			wrong = append(wrong, t.id+" takes more than 10 messages at a time and waits for none: Lambda wants a batching window of a second or more")
		}
		if t.number("BatchSize") != 1 {
			wrong = append(wrong, t.id+" gives a worker several jobs, but its lease and its time are for one")
		}
		if !slices.Contains(words(t.get("FunctionResponseTypes")), "ReportBatchItemFailures") {
			wrong = append(wrong, t.id+" does not let the worker say which message failed")
		}
		if t.text("ScalingConfig.MaximumConcurrency") != s.values["WorkerConcurrency"] {
			wrong = append(wrong, t.id+" does not keep to WorkerConcurrency")
		}
	}
	return wrong
}

func scheduled(s stack) (wrong []string) {
	schedules := s.of("Events::Rule")
	if len(schedules) != 1 || schedules[0].text("ScheduleExpression") != "rate(1 minute)" || schedules[0].text("State") != "ENABLED" ||
		schedules[0].text("Targets.0.Arn") != "SweepFunction.Arn" {
		return []string{"the sweep is not run every minute"}
	}
	once := s.resources["SweepOnce"]
	if once.text("FunctionName") != "SweepFunction" || once.number("MaximumRetryAttempts") != 0 {
		wrong = append(wrong, "a sweep that failed is repeated beside the next one")
	}
	if !s.invokes("events.amazonaws.com", schedules[0].id+".Arn", "SweepFunction") {
		wrong = append(wrong, schedules[0].id+" may not call SweepFunction")
	}
	return wrong
}

// invokes reports whether a service may call a function on behalf of a source.
func (s stack) invokes(service, source, function string) bool {
	return slices.ContainsFunc(s.of("Lambda::Permission"), func(p resource) bool {
		return p.text("Principal") == service && p.text("SourceArn") == source && p.text("FunctionName") == function &&
			p.text("Action") == "lambda:InvokeFunction"
	})
}

// environment compares the variables of the template with those that the functions read: SAM CLI sets no other.
func environment(s stack) (wrong []string) {
	var read []string
	_, _ = config.Load(func(name string) string { // what it says of empty variables is of no interest here
		if !slices.Contains(reserved, name) && name != "AWS_SAM_LOCAL" {
			read = append(read, name)
		}
		return ""
	})
	for _, f := range s.of("Lambda::Function") {
		variables := dig[map[string]any](f.properties, "Environment", "Variables")
		for name := range variables {
			if slices.Contains(reserved, name) {
				wrong = append(wrong, fmt.Sprintf("%s sets %s, which is Lambda's own", f.id, name))
			} else if !slices.Contains(read, name) {
				wrong = append(wrong, fmt.Sprintf("%s sets %s, which shared/config does not read", f.id, name))
			}
		}
		for _, name := range read {
			if _, ok := variables[name]; !ok {
				wrong = append(wrong, fmt.Sprintf("%s does not declare %s, which shared/config reads", f.id, name))
			}
		}
	}
	return append(wrong, understood(s)...)
}

// understood lets shared/config read what the template says.
func understood(s stack) (wrong []string) {
	budget, _ := usd.Parse(s.values["DailyBudgetUSD"]) // the pattern takes amounts alone
	for _, f := range s.of("Lambda::Function") {
		settings, err := config.Load(func(name string) string {
			switch name {
			case config.Queue:
				return "https://sqs.eu-central-1.amazonaws.com/111122223333/" + f.text("Environment.Variables."+name)
			case "AWS_REGION":
				return s.values["AWS::Region"]
			case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY":
				return "set by Lambda"
			}
			return f.text("Environment.Variables." + name)
		}, config.Table, config.Queue, config.Bucket)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s cannot read its settings: %v", f.id, err))
		}
		if settings.DailyBudget != budget {
			wrong = append(wrong, f.id+" does not keep to DailyBudgetUSD")
		}
	}
	return wrong
}
