package templatetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"easel/shared/eventbus"
	"easel/shared/model"
)

var roleRules = []rule{bounded, apart, starless, conditioned, ported, generating, guarded, unlocking}

type statement struct {
	id, effect         string
	actions, resources []string
	condition          map[string]any
}

// statements are those of every policy of a role, or of a policy that stands alone.
func statements(r resource) (all []statement) {
	documents := []any{r.get("PolicyDocument")}
	for _, p := range dig[[]any](r.properties, "Policies") {
		documents = append(documents, dig[any](p, "PolicyDocument"))
	}
	for _, d := range documents {
		for _, raw := range dig[[]any](d, "Statement") {
			all = append(all, statement{
				id: dig[string](raw, "Sid"), effect: dig[string](raw, "Effect"),
				actions: words(dig[any](raw, "Action")), resources: words(dig[any](raw, "Resource")),
				condition: dig[map[string]any](raw, "Condition"),
			})
		}
	}
	return all
}

func bounded(s stack) (wrong []string) {
	for _, r := range s.of("IAM::Role") {
		if r.text("PermissionsBoundary") != s.values["PermissionsBoundaryArn"] {
			wrong = append(wrong, r.id+" does not have the permissions boundary of the parameter")
		}
	}
	return wrong
}

// apart wants a role for each function, which Lambda alone can take, and nothing from AWS's own policies.
func apart(s stack) (wrong []string) {
	for _, f := range s.of("Lambda::Function") {
		want := strings.TrimSuffix(f.id, "Function") + "Role"
		if f.text("Role") != want+".Arn" || s.resources[want].kind != "AWS::IAM::Role" {
			wrong = append(wrong, f.id+" does not have a role of its own")
		}
	}
	for _, r := range s.of("IAM::Role") {
		trust := dig[[]any](r.properties, "AssumeRolePolicyDocument", "Statement")
		if len(trust) != 1 || fmt.Sprint(dig[any](trust, "0", "Principal")) != "map[Service:lambda.amazonaws.com]" {
			wrong = append(wrong, r.id+" can be taken by something else than Lambda")
		}
		if r.get("ManagedPolicyArns") != nil {
			wrong = append(wrong, r.id+" has a managed policy: its statements are not in this template")
		}
	}
	return wrong
}

// unnamed are the actions on every resource, each with the reason.
var unnamed = map[string]string{
	"xray:PutTraceSegments":             "X-Ray has no resources",
	"xray:PutTelemetryRecords":          "X-Ray has no resources",
	"aws-marketplace:Subscribe":         "Marketplace has no resources; only through Bedrock, by a condition",
	"aws-marketplace:ViewSubscriptions": "Marketplace has no resources; only through Bedrock, by a condition",
}

// starless refuses wildcards in what is allowed: in actions always, in resources but for objects below a prefix and for
// the routes of the API, each of which is there to be called.
func starless(s stack) (wrong []string) {
	for _, r := range slices.Concat(s.of("IAM::Role"), s.of("IAM::ManagedPolicy")) {
		for _, st := range statements(r) {
			for _, a := range st.actions {
				if strings.Contains(a, "*") {
					wrong = append(wrong, fmt.Sprintf("%s may do %s: name the actions", r.id, a))
				}
				if _, excused := unnamed[a]; slices.Contains(st.resources, "*") && !excused {
					wrong = append(wrong, fmt.Sprintf("%s may do %s with every resource: name it", r.id, a))
				}
			}
			for _, on := range st.resources {
				named := strings.TrimSuffix(on, "/*")
				inside := strings.HasPrefix(on, "Bucket.Arn/") || strings.HasSuffix(named, ":Api")
				if on != "*" && (strings.Contains(named, "*") || named != on && (!inside || named == "Bucket.Arn")) {
					wrong = append(wrong, fmt.Sprintf("%s may do %v with %s: name it", r.id, st.actions, on))
				}
			}
		}
	}
	return wrong
}

// anew are the keys under which each function may put items: worker and status make no job. Submit makes them, and the
// sweep puts what is remembered of a deleted one in its place.
var anew = map[string][]string{
	"SubmitRole": nil, // any
	"WorkerRole": {"pace#*"},
	"StatusRole": {"secret#cursor"},
	"SweepRole":  nil, // any
}

// conditioned wants the permissions that a resource alone does not narrow enough to be narrowed by a condition.
func conditioned(s stack) (wrong []string) {
	events := fmt.Sprintf("map[ForAllValues:StringEquals:map[events:source:%s]]", eventbus.Source)
	for _, r := range s.of("IAM::Role") {
		for _, st := range statements(r) {
			condition := fmt.Sprint(st.condition)
			under := words(dig[any](st.condition, "ForAllValues:StringLike", "dynamodb:LeadingKeys"))
			if slices.Contains(st.actions, "dynamodb:PutItem") && !slices.Equal(under, anew[r.id]) {
				wrong = append(wrong, fmt.Sprintf("%s may put items under %q: it should be %q", r.id, under, anew[r.id]))
			}
			if slices.Contains(st.actions, "dynamodb:Query") && slices.Contains(st.resources, "Table.Arn") && !slices.Equal(under, []string{"line#*"}) {
				wrong = append(wrong, fmt.Sprintf("%s may query the table under %q: it should be the lines", r.id, under))
			}
			if slices.Contains(st.actions, "events:PutEvents") && condition != events {
				wrong = append(wrong, r.id+" may send events that are not Easel's")
			}
			if strings.HasPrefix(st.actions[0], "aws-marketplace:") && condition != "map[StringEquals:map[aws:CalledViaLast:bedrock.amazonaws.com]]" {
				wrong = append(wrong, r.id+" may use Marketplace without Bedrock")
			}
		}
	}
	return wrong
}

// generating wants the permission to call exactly the models of the catalogue that live, where they are called.
func generating(s stack) (wrong []string) {
	var want, got []string
	for _, m := range model.Current() {
		region := m.Region
		if chosen := s.values["BedrockRegion"]; chosen != "" {
			region = chosen
		}
		want = append(want, fmt.Sprintf("arn:aws:bedrock:%s::foundation-model/%s", region, m.ID))
	}
	for _, r := range s.of("IAM::Role") {
		for _, st := range statements(r) {
			if slices.Contains(st.actions, "bedrock:InvokeModel") {
				got = append(got, st.resources...)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		wrong = append(wrong, fmt.Sprintf("the worker may call %q: the catalogue has %q", got, want))
	}
	return wrong
}

// guarded wants the guardrail to be allowed where a model is called with it, and subscribing where the parameter says so.
func guarded(s stack) (wrong []string) {
	may := map[string]string{}
	for _, st := range statements(s.resources["WorkerRole"]) {
		for _, action := range st.actions {
			may[action] = strings.Join(st.resources, " ")
		}
	}
	var arn string
	if id := s.values["GuardrailId"]; id != "" {
		region := s.values["BedrockRegion"]
		if region == "" {
			region = model.Current()[0].Region
		}
		arn = fmt.Sprintf("arn:aws:bedrock:%s:111122223333:guardrail/%s", region, id)
	}
	if may["bedrock:ApplyGuardrail"] != arn {
		wrong = append(wrong, fmt.Sprintf("the worker may apply the guardrail %q: it should be %q", may["bedrock:ApplyGuardrail"], arn))
	}
	if (may["aws-marketplace:Subscribe"] != "") != (s.values["AllowMarketplaceSubscribe"] == "true") {
		wrong = append(wrong, "the worker may subscribe against the parameter")
	}
	for _, m := range model.Current() {
		if m.Region != model.Current()[0].Region {
			wrong = append(wrong, "the models lie in several regions: the guardrail has to be allowed in each")
		}
	}
	return wrong
}

// unlocking wants each role to use the key through the services whose data it touches, and not otherwise.
func unlocking(s stack) (wrong []string) {
	services := map[string][]string{"Table": {"dynamodb"}, "Bucket": {"s3"}, "Queue": {"sqs"}}
	for role := range held {
		need, have := map[string]bool{}, map[string]bool{}
		for _, st := range statements(s.resources[role]) {
			for _, on := range st.resources {
				for _, service := range services[owner(on)] {
					need[service+".eu-central-1.amazonaws.com"] = true
				}
			}
			if s.values["KmsKeyArn"] != "" && slices.Contains(st.resources, s.values["KmsKeyArn"]) {
				for _, via := range words(dig[any](st.condition, "StringEquals", "kms:ViaService")) {
					have[via] = true
				}
			}
		}
		if s.values["KmsKeyArn"] == "" {
			need = map[string]bool{}
		}
		if !maps.Equal(need, have) {
			wrong = append(wrong, fmt.Sprintf("%s may use the key through %v, and needs it for %v", role, have, need))
		}
	}
	return wrong
}
