package templatetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// ports says which actions on which resources stand behind a port of the core.
var ports = map[string]map[string][]string{
	"RecordReader": {"Table.Arn": {"GetItem"}},
	"BatchReader":  {"Table.Arn": {"BatchGetItem"}},
	"Records":      {"Table.Arn": {"GetItem", "UpdateItem"}},
	"Creator":      {"Table.Arn": {"PutItem", "UpdateItem"}},
	"Eraser":       {"Table.Arn": {"DeleteItem", "PutItem"}},
	"Pacer":        {"Table.Arn": {"UpdateItem"}},
	"Store":        {"Table.Arn": {"GetItem", "PutItem"}},
	"Index": {
		"Table.Arn/index/owner": {"Query"}, "Table.Arn/index/batch": {"Query"}, "Table.Arn/index/starred": {"Query"},
		"Table.Arn": {"BatchGetItem"},
	},
	"Timers":         {"Table.Arn/index/due": {"Query"}},
	"Waiters":        {"Table.Arn/index/flow": {"Query"}},
	"Toucher":        {"Table.Arn": {"UpdateItem"}},
	"Lines":          {"Table.Arn": {"DeleteItem", "Query", "UpdateItem"}},
	"StandingReader": {"Table.Arn": {"BatchGetItem"}},
	"StandingWriter": {"Table.Arn": {"PutItem"}},
	"CountersReader": {"Table.Arn": {"BatchGetItem"}},

	"Backlog":     {"Table.Arn/index/waiting": {"Query"}},
	"Finder":      {"Table.Arn": {"BatchGetItem"}},
	"Batches":     {"Table.Arn": {"BatchGetItem", "UpdateItem"}},
	"BatchIndex":  {"Table.Arn/index/owner": {"Query"}, "Table.Arn/index/due": {"Query"}, "Table.Arn": {"BatchGetItem"}},
	"BatchEraser": {"Table.Arn": {"DeleteItem", "PutItem"}},
	"Days":        {"Table.Arn": {"GetItem"}},
	"Queue":       {"Queue.Arn": {"SendMessage"}},
	"Images":      {"Bucket.Arn/images/*": {"GetObject", "PutObject", "DeleteObject"}},
	"Inputs":      {"Bucket.Arn/inputs/*": {"GetObject", "PutObject", "DeleteObject"}},
	"InputEraser": {"Bucket.Arn/inputs/*": {"DeleteObject"}, "Bucket.Arn": {"ListBucket"}},
	"Links":       {"Bucket.Arn/images/*": {"GetObject"}},
	"Generator":   {"foundation-model": {"InvokeModel"}, "guardrail": {"ApplyGuardrail"}, "*": {"Subscribe", "ViewSubscriptions"}},

	// Beside the ports of the core:
	"looking":   {"Bucket.Arn": {"ListBucket"}}, // for images that may be missing
	"receiving": {"Queue.Arn": {"ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"}},
	"secret":    {"Table.Arn": {"PutItem"}},
	"telling":   {"event-bus/default": {"PutEvents"}},
	"running":   {"Logs.Arn": {"CreateLogStream", "PutLogEvents"}, "*": {"PutTraceSegments", "PutTelemetryRecords"}},
}

// held are the ports in the fields of the core's types. A function that answers with a job reads it too.
var held = map[string][]string{
	"SubmitRole": slices.Concat(fields(job.Submitter{}), fields(read.Reader{}), []string{"telling", "running"}),
	"WorkerRole": slices.Concat(fields(worker.Worker{}), []string{"looking", "receiving", "telling", "running"}),
	"StatusRole": slices.Concat(fields(read.Reader{}), []string{"secret", "running"}),
	"SweepRole":  slices.Concat(fields(sweep.Sweeper{}), []string{"looking", "telling", "running"}),
}

// fields walks through a type of the core, and those that it holds, to the ports.
func fields(v any) []string {
	var all []string
	for f := range reflect.TypeOf(v).Fields() {
		t := f.Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case t.Kind() == reflect.Interface:
			all = append(all, t.Name())
		case t.Kind() == reflect.Struct && f.IsExported() && strings.HasPrefix(t.PkgPath(), "easel/shared/"):
			all = append(all, fields(reflect.Zero(t).Interface())...)
		}
	}
	return all
}

// ported holds what each role may do against the ports of its function: nothing beyond them, and something for each.
func ported(s stack) (wrong []string) {
	for role, names := range held {
		granted := map[string]bool{}
		for _, st := range statements(s.resources[role]) {
			for _, on := range st.resources {
				for _, action := range st.actions {
					granted[strings.TrimPrefix(on, strings.TrimSuffix(role, "Role"))+" "+action] = true
				}
			}
		}
		used := map[string]bool{}
		for _, name := range names {
			if ports[name] == nil {
				wrong = append(wrong, fmt.Sprintf("%s has the port %s: say in ports what it needs", role, name))
			}
			if some := mark(granted, used, ports[name]); !some && name != "telling" {
				wrong = append(wrong, fmt.Sprintf("%s has nothing for the port %s", role, name))
			}
		}
		for _, g := range slices.Sorted(maps.Keys(granted)) {
			if !used[g] && !strings.HasPrefix(g, s.values["KmsKeyArn"]+" kms:") {
				wrong = append(wrong, fmt.Sprintf("%s may do %s, and no port of its function does", role, g))
			}
		}
	}
	return wrong
}

// mark notes what a port accounts for, and reports whether that is anything.
func mark(granted, used map[string]bool, port map[string][]string) (some bool) {
	for g := range granted {
		on, action, _ := strings.Cut(g, " ")
		_, verb, _ := strings.Cut(action, ":")
		for at, verbs := range port {
			if (on == at || strings.Contains(on, ":"+at)) && slices.Contains(verbs, verb) {
				used[g], some = true, true
			}
		}
	}
	return some
}
