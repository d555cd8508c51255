package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// rules are what generators of clients stumble over. Each gets a mapping of the description and the names that lead to it,
// and says what is wrong with it, if anything is.
var rules = map[string]func(at []string, m map[string]any) string{
	"a reference into another schema is not followed": func(_ []string, m map[string]any) string {
		if to, ok := m["$ref"].(string); ok && strings.Count(to, "/") != 3 {
			return to
		}
		return ""
	},
	"a list of more than a type and null becomes any": func(_ []string, m map[string]any) string {
		if types, ok := m["type"].([]any); ok && (len(types) > 2 || !slices.Contains(types, any("null"))) {
			return fmt.Sprint(types)
		}
		return ""
	},
	"null among values makes three types of one": func(_ []string, m map[string]any) string {
		if values, ok := m["enum"].([]any); ok && slices.Contains(values, nil) {
			return fmt.Sprint(values)
		}
		return ""
	},
	"a number without a format has 32 bits": func(_ []string, m map[string]any) string {
		if is(m, "number") && m["format"] != "double" {
			return fmt.Sprint(m)
		}
		return ""
	},
	"a seed or a size has more than 32 bits": func(at []string, m map[string]any) string {
		name := at[len(at)-1]
		if is(m, "integer") && (strings.HasSuffix(name, "seed") || name == "size_bytes") && m["format"] != "int64" {
			return fmt.Sprint(m)
		}
		return ""
	},
	"an object that says nothing of its members has none": func(at []string, m map[string]any) string {
		if is(m, "object") && m["properties"] == nil && m["additionalProperties"] == nil {
			return fmt.Sprint(m)
		}
		return ""
	},
	"an object within another has no type that a program can name": func(at []string, m map[string]any) string {
		if m["properties"] != nil && len(at) > 3 && !slices.Contains(at, "allOf") {
			return fmt.Sprint(m)
		}
		return ""
	},
	"a default makes a member required": func(at []string, m map[string]any) string {
		if _, given := m["default"]; given && strings.HasPrefix(strings.Join(at, "/"), "components/schemas") && m["type"] != nil {
			return fmt.Sprint(m)
		}
		return ""
	},
	"two members have one name in another language": func(_ []string, m map[string]any) string {
		members, _ := m["properties"].(map[string]any)
		seen := map[string]bool{}
		for name := range members {
			plain := strings.ToLower(strings.ReplaceAll(name, "_", ""))
			if seen[plain] {
				return name
			}
			seen[plain] = true
		}
		return ""
	},
}

func is(m map[string]any, kind string) bool {
	types, _ := m["type"].([]any)
	return m["type"] == kind || slices.Contains(types, any(kind))
}

func TestGeneratorsUnderstandTheDescription(t *testing.T) {
	doc := written(t)
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		walk(nil, doc, func(at []string, m map[string]any) {
			if wrong := rules[rule](at, m); wrong != "" {
				t.Errorf("%s: %s: %s", strings.Join(at, "/"), rule, wrong)
			}
		})
	}
	components := doc["components"].(map[string]any)
	for name := range components["parameters"].(map[string]any) {
		if components["schemas"].(map[string]any)[name] != nil {
			t.Errorf("the parameter %s has the name of a schema, and types are named after both", name)
		}
	}
}

// Each rule finds what it is there for.
func TestRulesOfTheDescriptionHold(t *testing.T) {
	for rule, wrong := range map[string]string{
		"a reference into another schema is not followed":              `{"$ref": "#/components/schemas/A/properties/b"}`,
		"a list of more than a type and null becomes any":              `{"type": ["number", "string", "null"]}`,
		"null among values makes three types of one":                   `{"type": ["string", "null"], "enum": ["png", null]}`,
		"a number without a format has 32 bits":                        `{"type": ["number", "null"]}`,
		"a seed or a size has more than 32 bits":                       `{"seed": {"type": "integer"}}`,
		"an object that says nothing of its members has none":          `{"type": "object"}`,
		"an object within another has no type that a program can name": `{"A": {"properties": {"b": {"type": "object", "properties": {"c": {}}}}}}`,
		"a default makes a member required":                            `{"type": "string", "default": "core"}`,
		"two members have one name in another language":                `{"properties": {"style_preset": {}, "stylePreset": {}}}`,
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(wrong), &doc); err != nil {
			t.Fatal(err)
		}
		found := false
		walk([]string{"components", "schemas"}, doc, func(at []string, m map[string]any) { found = found || rules[rule](at, m) != "" })
		if !found {
			t.Errorf("%s: %s is let through", rule, wrong)
		}
	}
}

// Every call lists what it may be refused with: a client has names for what is listed alone.
func TestRefusalsOfEachCallAreListed(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			want := []string{"400", "403", "422"}
			if operation.Security == nil {
				want = append(want, "401", "429")
			}
			if operation.RequestBody != nil {
				want = append(want, "413", "415")
			}
			if strings.Contains(path, "{id}") {
				want = append(want, "404")
			}
			for _, status := range want {
				if operation.Responses.Map()[status] == nil {
					t.Errorf("%s %s does not list %s", method, path, status)
				}
			}
		}
	}
}

// written is the description as it is written, with its references.
func written(t *testing.T) (all map[string]any) {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// walk visits every mapping but examples and lists of members, whose names are no words of OpenAPI.
func walk(at []string, value any, visit func(at []string, m map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		if len(at) > 0 && at[len(at)-1] != "properties" {
			visit(at, v)
		}
		for name, below := range v {
			if name != "example" && name != "examples" {
				walk(append(slices.Clone(at), name), below, visit)
			}
		}
	case []any:
		for n, below := range v {
			walk(append(slices.Clone(at), fmt.Sprint(n)), below, visit)
		}
	}
}
