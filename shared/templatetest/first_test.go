package templatetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var firstRules = []rule{careful, undone, taken}

// careful wants defaults that a new account can bear: a person may press Enter all the way at the first deployment.
func careful(s stack) (wrong []string) {
	for name, c := range map[string]struct{ value, why string }{
		"DeletionProtection": {"false", "CloudFormation cannot undo a first deployment that fails"},
		"WorkerConcurrency":  {"5", "a new account runs ten functions, and the API and the sweep need some"},
		"SpendAlarmUSD":      {"10", "a person who sets nothing hears when it becomes dear"},
		"AlarmEmail":         {"", "it has no default that fits, and Enter has to deploy"},
	} {
		if got := fmt.Sprint(dig[any](s.template, "Parameters", name, "Default")); got != c.value {
			wrong = append(wrong, fmt.Sprintf("%s is %q by default and should be %q: %s", name, got, c.value, c.why))
		}
	}
	return wrong
}

// undone wants nothing that stays behind when a first deployment fails: what is retained is retained but for that.
func undone(s stack) (wrong []string) {
	for id, r := range s.resources {
		if policy := r.whole["DeletionPolicy"]; policy != nil && policy != "RetainExceptOnCreate" {
			wrong = append(wrong, fmt.Sprintf("%s would stay behind when a first deployment fails: its DeletionPolicy is %v", id, policy))
		}
	}
	return wrong
}

// taken wants every default to be one that its parameter takes.
func taken(s stack) (wrong []string) {
	for name, p := range dig[map[string]any](s.template, "Parameters") {
		value := fmt.Sprint(dig[any](p, "Default"))
		if allowed := words(dig[any](p, "AllowedValues")); allowed != nil && !slices.Contains(allowed, value) {
			wrong = append(wrong, fmt.Sprintf("%s refuses its own default %q", name, value))
		}
		if pattern := dig[string](p, "AllowedPattern"); pattern != "" && !regexp.MustCompile("^(?:"+pattern+")$").MatchString(value) {
			wrong = append(wrong, fmt.Sprintf("%s refuses its own default %q", name, value))
		}
		if least := number(dig[any](p, "MinValue")); least >= 0 && number(value) < least {
			wrong = append(wrong, fmt.Sprintf("%s refuses its own default %q", name, value))
		}
	}
	return wrong
}

// `sam deploy --guided` asks in the order of the file, and what only a person knows comes first.
func TestGuidedAsksFirstForWhatAPersonKnows(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, _ := strings.Cut(string(source), "\nParameters:\n")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  (\w+):$`).FindAllStringSubmatch(parameters, 3) {
		names = append(names, m[1])
	}
	if want := []string{"AlarmEmail", "SpendAlarmUSD", "DeletionProtection"}; !slices.Equal(names, want) {
		t.Errorf("the first questions are about %q, want %q", names, want)
	}
}

// careless says what is wrong with the settings of the SAM CLI: with Enter all the way they should deploy, and undo what fails.
func careless(file string) (wrong []string) {
	of := settings(file)
	for section, want := range map[string]map[string]string{
		"default.deploy.parameters": {"capabilities": `"CAPABILITY_IAM"`, "confirm_changeset": "false", "disable_rollback": "false", "resolve_s3": "true", "on_failure": "", "parameter_overrides": ""},
		"prod.deploy.parameters":    {"capabilities": `"CAPABILITY_IAM"`, "confirm_changeset": "true", "disable_rollback": "false", "resolve_s3": "true", "on_failure": ""},
	} {
		for key, value := range want {
			if got := of[section][key]; got != value {
				wrong = append(wrong, fmt.Sprintf("%s of [%s] is %q and should be %q", key, section, got, value))
			}
		}
	}
	if strings.Contains(file, "DeletionProtection") {
		wrong = append(wrong, "the table is protected before its first deployment has succeeded")
	}
	return wrong
}

// settings reads the plain lines of a file of settings, by section.
func settings(file string) map[string]map[string]string {
	of, section := map[string]map[string]string{"": {}}, ""
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			of[section] = map[string]string{}
		}
		if key, value, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			of[section][key] = value
		}
	}
	return of
}

func TestSAMDeploysWithEnterAllTheWay(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(root, "samconfig.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range careless(string(file)) {
		t.Error(complaint)
	}
	for _, m := range [][2]string{
		{"confirm_changeset = false", "confirm_changeset = true"},
		{"disable_rollback = false", "disable_rollback = true"},
		{`"CAPABILITY_IAM"`, `"CAPABILITY_NAMED_IAM"`},
		{"resolve_s3 = true", `on_failure = "DO_NOTHING"`},
		{"LogRetentionDays=365", "DeletionProtection=true"},
	} {
		if len(careless(strings.Replace(string(file), m[0], m[1], 1))) == 0 {
			t.Errorf("%s is not complained about", m[1])
		}
	}
}

// elsewhere says where an event does not come from what runs the sweep in the template.
func elsewhere(event any) (wrong []string) {
	if source := dig[string](event, "source"); source != "aws.events" || dig[string](event, "detail-type") != "Scheduled Event" {
		wrong = append(wrong, "it comes from "+source)
	}
	if rule := dig[string](event, "resources", "0"); !strings.Contains(rule, ":events:") || !strings.Contains(rule, ":rule/") {
		wrong = append(wrong, "it names no rule of EventBridge, but "+rule)
	}
	if _, ok := dig[any](event, "detail").(map[string]any); !ok {
		wrong = append(wrong, "its detail is no object")
	}
	return wrong
}

func TestTheEventOfTheSweepIsWhatItsRuleSends(t *testing.T) {
	s := deploy(translated(t), nil)
	if len(s.of("Events::Rule")) != 1 || len(s.of("Scheduler::Schedule")) != 0 {
		t.Fatal("the sweep is not run by a rule: its event has another form")
	}
	text, err := os.ReadFile(filepath.Join(root, "events", "sweep.json"))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	for _, complaint := range elsewhere(event) {
		t.Error(complaint)
	}
	for path, value := range map[string]any{
		"source": "aws.scheduler", "resources/0": "arn:aws:scheduler:us-west-2:123456789012:schedule/default/sweep", "detail": "{}",
	} {
		broken := clone(event)
		put(broken, path, value)
		if len(elsewhere(broken)) == 0 {
			t.Errorf("%s = %v is not complained about", path, value)
		}
	}
}
