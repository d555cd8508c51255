package templatetest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// pseudo are the parameters that AWS fills in, for a stack that could be.
var pseudo = map[string]string{
	"AWS::AccountId": "111122223333", "AWS::Partition": "aws", "AWS::Region": "eu-central-1", "AWS::StackName": "demo",
	"AWS::StackId":   "arn:aws:cloudformation:eu-central-1:111122223333:stack/demo/5b1c2f60-0000-4000-8000-0123456789ab",
	"AWS::URLSuffix": "amazonaws.com",
}

// A stack is what a translated template becomes under certain parameters: conditions are decided, intrinsics filled in.
// A reference to a resource is its logical ID; one to an attribute, such as Queue.Arn, is both with a dot between.
type stack struct {
	template  map[string]any
	values    map[string]string
	resources map[string]resource
	outputs   map[string]any
}

type resource struct {
	id, kind   string
	whole      map[string]any // with the attributes beside the properties
	properties map[string]any
}

// absent is the value of AWS::NoValue.
type absent struct{}

// deploy fills a template in. Parameters that are not given have their defaults.
func deploy(template map[string]any, parameters map[string]string) stack {
	s := stack{template: template, values: maps.Clone(pseudo), resources: map[string]resource{}}
	for name, p := range dig[map[string]any](template, "Parameters") {
		if v := dig[any](p, "Default"); v != nil {
			s.values[name] = fmt.Sprint(v)
		}
	}
	maps.Copy(s.values, parameters)
	for id, raw := range dig[map[string]any](template, "Resources") {
		if condition := dig[string](raw, "Condition"); condition != "" && !s.holds(condition) {
			continue
		}
		whole, _ := s.fill(raw).(map[string]any)
		s.resources[id] = resource{id, dig[string](whole, "Type"), whole, dig[map[string]any](whole, "Properties")}
	}
	s.outputs, _ = s.fill(dig[map[string]any](template, "Outputs")).(map[string]any)
	return s
}

// of returns the resources of a type, such as SQS::Queue, by their IDs.
func (s stack) of(kind string) []resource {
	var all []resource
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if s.resources[id].kind == "AWS::"+kind {
			all = append(all, s.resources[id])
		}
	}
	return all
}

func (s stack) holds(condition string) bool {
	holds, _ := s.fill(dig[any](s.template, "Conditions", condition)).(bool)
	return holds
}

func (s stack) fill(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if filled, ok := s.call(name, argument); ok {
					return filled
				}
			}
		}
		filled := map[string]any{}
		for name, member := range v {
			if member = s.fill(member); member != (absent{}) {
				filled[name] = member
			}
		}
		return filled
	case []any:
		filled := []any{}
		for _, member := range v {
			if member = s.fill(member); member != (absent{}) {
				filled = append(filled, member)
			}
		}
		return filled
	}
	return v
}

// call evaluates an intrinsic function; ok is false for the name of anything else.
func (s stack) call(name string, argument any) (filled any, ok bool) {
	if name == "Fn::If" {
		branches := argument.([]any)
		if s.holds(branches[0].(string)) {
			return s.fill(branches[1]), true
		}
		return s.fill(branches[2]), true
	}
	if name == "Ref" {
		return s.ref(argument.(string)), true
	}
	if name == "Condition" {
		condition, ok := argument.(string)
		return ok && s.holds(condition), ok
	}
	if name == "Fn::Sub" {
		return s.sub(argument), true
	}
	list, _ := s.fill(argument).([]any)
	switch name {
	case "Fn::GetAtt":
		return fmt.Sprintf("%v.%v", list[0], list[1]), true
	case "Fn::Equals":
		return list[0] == list[1], true
	case "Fn::Not":
		return !list[0].(bool), true
	case "Fn::Join":
		return strings.Join(words(list[1]), list[0].(string)), true
	case "Fn::Split":
		return anys(strings.Split(list[1].(string), list[0].(string))), true
	case "Fn::Select":
		return list[1].([]any)[int(number(list[0]))], true
	case "Fn::FindInMap":
		return dig[any](s.template, "Mappings", list[0].(string), list[1].(string), list[2].(string)), true
	}
	return nil, false
}

func (s stack) ref(name string) any {
	if name == "AWS::NoValue" {
		return absent{}
	}
	if value, ok := s.values[name]; ok {
		return value
	}
	return name
}

var variable = regexp.MustCompile(`\$\{(!?)([\w:.]+)\}`)

func (s stack) sub(argument any) string {
	text, own := argument, map[string]any{}
	if list, ok := argument.([]any); ok {
		text, own = list[0], list[1].(map[string]any)
	}
	return variable.ReplaceAllStringFunc(text.(string), func(found string) string {
		parts := variable.FindStringSubmatch(found)
		if parts[1] != "" {
			return "${" + parts[2] + "}"
		}
		if v, ok := own[parts[2]]; ok {
			return fmt.Sprint(s.fill(v))
		}
		return fmt.Sprint(s.ref(parts[2]))
	})
}
