// Package templatetest holds template.yaml to what no linter knows: that its figures fit each other, that every role may
// do what its function's code calls and nothing else, that the front door is shut and the alarms reach a person. It holds
// no code of its own.
//
// The rules look at the template as SAM translates it, filled in for several sets of parameters. Each rule is shown to
// complain, in mutations_test.go: a rule that nothing can break proves nothing.
package templatetest

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"easel/shared/awstest"
)

const root = "../.."

var python = filepath.Join(root, ".venv", "bin", "python")

var translation = sync.OnceValues(func() (template map[string]any, err error) {
	source, program := filepath.Join(root, "template.yaml"), filepath.Join(root, ".ci", "translate.py")
	for _, read := range []string{source, program} { // so that the go command knows what a result depends on
		if _, err := os.ReadFile(read); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(python, program, source)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	text, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(complaints.String()))
	}
	return template, json.Unmarshal(text, &template)
})

// translated is a template of the test's own. Without SAM's translator the test is skipped, or fails where
// [awstest.Required] is set.
func translated(t *testing.T) map[string]any {
	t.Helper()
	if _, err := os.Stat(python); err != nil {
		const hint = "no SAM translator in .venv: python3 -m venv .venv && .venv/bin/pip install -r .ci/requirements.txt"
		if os.Getenv(awstest.Required) != "" {
			t.Fatal(hint)
		}
		t.Skip(hint)
	}
	template, err := translation()
	if err != nil {
		t.Fatal(err)
	}
	return clone(template)
}

// variants are the stacks that people deploy.
var variants = map[string]map[string]string{
	"as it comes": {},
	"with everything": {
		"JwtIssuer": "https://issuer.example", "JwtAudience": "easel,other", "CorsOrigins": "https://a.example,https://b.example",
		"BedrockRegion": "us-east-1", "GuardrailId": "abc123", "GuardrailVersion": "1", "RetentionDays": "30",
		"DailyBudgetUSD": "12.50",
		"KmsKeyArn":      "arn:aws:kms:eu-central-1:111122223333:key/1234",
		"AlarmTopicArn":  "arn:aws:sns:eu-central-1:111122223333:ops", "AlarmEmail": "ops@example.com", "Tracing": "true",
		"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary",
	},
	"with as little as possible": {"Events": "false", "AllowMarketplaceSubscribe": "false"},
	"with a topic":               {"AlarmTopicArn": "arn:aws:sns:eu-central-1:111122223333:ops"},
	"with an address":            {"AlarmEmail": "ops@example.com"},
	"the second time":            {"AlarmEmail": "ops@example.com", "DeletionProtection": "true", "WorkerConcurrency": "31", "SpendAlarmUSD": "0.5"},
}

// A rule says what is wrong with a stack.
type rule func(stack) []string

var rules = slices.Concat(functionRules, roleRules, doorRules, storeRules, watchRules, parameterRules, firstRules)

func TestTemplateKeepsTheRules(t *testing.T) {
	template := translated(t)
	for name, parameters := range variants {
		t.Run(name, func(t *testing.T) {
			for _, complaint := range complaints(deploy(template, parameters)) {
				t.Error(complaint)
			}
		})
	}
}

func complaints(s stack) (all []string) {
	for _, r := range rules {
		all = append(all, r(s)...)
	}
	return all
}
