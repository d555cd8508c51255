package templatetest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"easel/shared/model"
)

var parameterRules = []rule{explained, offered, told}

// explained wants a sentence for every parameter and output, and a place in the form of the console.
func explained(s stack) (wrong []string) {
	var grouped []string
	for _, group := range dig[[]any](s.template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups") {
		grouped = append(grouped, words(dig[any](group, "Parameters"))...)
	}
	parameters := dig[map[string]any](s.template, "Parameters")
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if len(dig[string](parameters, name, "Description")) < 30 || dig[any](parameters, name, "Default") == nil {
			wrong = append(wrong, name+" needs a default, and a description that says what it does")
		}
		if !slices.Contains(grouped, name) {
			wrong = append(wrong, name+" is in no group of the console's form")
		}
	}
	if len(grouped) != len(parameters) {
		wrong = append(wrong, "the console's form has a parameter twice, or one that is not there")
	}
	return wrong
}

// offered compares what a parameter takes with what stands behind it.
func offered(s stack) (wrong []string) {
	var aliases []string
	for _, m := range model.Current() {
		aliases = append(aliases, m.Alias)
	}
	if got := words(dig[any](s.template, "Parameters", "DefaultModel", "AllowedValues")); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(aliases))) {
		wrong = append(wrong, fmt.Sprintf("DefaultModel may be %q: the catalogue has %q", got, aliases))
	}
	if dig[string](s.template, "Parameters", "Tracing", "Default") != "false" {
		wrong = append(wrong, "X-Ray is on by default")
	}
	if dig[string](s.template, "Parameters", "DailyBudgetUSD", "Default") != "25" {
		wrong = append(wrong, "owners have no budget of $25 by default")
	}
	return wrong
}

// told wants the outputs that a person needs next.
func told(s stack) (wrong []string) {
	const url = "https://Api.execute-api.eu-central-1.amazonaws.com"
	want := map[string]string{
		"ApiUrl": url, "BucketName": "Bucket", "TableName": "Table", "QueueUrl": "Queue", "DeadLetterQueueUrl": "DeadLetterQueue",
		"WorkerTriggerId": "WorkerTrigger", "ReadImagesPolicyArn": "ReadImages",
	}
	for name, value := range want {
		if got := dig[string](s.outputs, name, "Value"); got != value {
			wrong = append(wrong, fmt.Sprintf("the output %s is %q: it should be %s", name, got, value))
		}
	}
	parts := []string{url + "/jobs", "-d '{\"prompt\":", `--aws-sigv4 "aws:amz:eu-central-1:execute-api"`, `x-amz-security-token: $AWS_SESSION_TOKEN`}
	if s.values["JwtIssuer"] != "" {
		parts = []string{url + "/jobs", "-d '{\"prompt\":", "Authorization: Bearer $TOKEN"}
	}
	for _, part := range parts {
		if curl := dig[string](s.outputs, "Curl", "Value"); !strings.Contains(curl, part) || strings.Contains(curl, "\n") {
			wrong = append(wrong, fmt.Sprintf("the command of the output lacks %s", part))
		}
	}
	hears := "no address, "
	switch {
	case s.values["AlarmEmail"] != "":
		hears = s.values["AlarmEmail"] + ", after a click"
	case s.values["AlarmTopicArn"] != "":
		hears = s.values["AlarmTopicArn"]
	}
	if got := dig[string](s.outputs, "AlarmsTell", "Value"); !strings.HasPrefix(got, hears) {
		wrong = append(wrong, fmt.Sprintf("the output AlarmsTell is %q: it should begin with %q", got, hears))
	}
	protected := map[string]string{"true": "yes", "false": "no, "}[s.values["DeletionProtection"]]
	if got := dig[string](s.outputs, "TableIsProtected", "Value"); !strings.HasPrefix(got, protected) {
		wrong = append(wrong, fmt.Sprintf("the output TableIsProtected is %q: it should begin with %q", got, protected))
	}
	return wrong
}

func TestParametersTakeWhatTheyShould(t *testing.T) {
	template := translated(t)
	for name, c := range map[string]struct{ right, wrong []string }{
		"Pace":             {[]string{"", "core=90/180 sd35=15/30 ultra=10/20", "core=90", "core=0.5/2,sd35=1"}, []string{"core", "core=", "core=90/", "core=90sd35=15", "90/180"}},
		"CorsOrigins":      {[]string{"", "https://a.example", "https://a.example,http://localhost:3000"}, []string{"*", "https://*", "https://a.example/", "a.example", "https://a.example, https://b.example", "null", "https://A.example", "https://a@b.example"}},
		"JwtIssuer":        {[]string{"", "https://issuer.example/realm"}, []string{"http://issuer.example", "issuer"}},
		"JwtAudience":      {[]string{"", "a", "a,b"}, []string{"a, b", ",a"}},
		"BedrockRegion":    {[]string{"", "us-west-2", "us-gov-west-1"}, []string{"Oregon", "us-west"}},
		"GuardrailId":      {[]string{"", "abc123"}, []string{"arn:aws:bedrock:us-west-2:111122223333:guardrail/abc"}},
		"GuardrailVersion": {[]string{"", "1", "12", "DRAFT"}, []string{"0", "draft"}},
		"KmsKeyArn":        {[]string{"", "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab", "arn:aws:kms:eu-central-1:111122223333:key/mrk-12"}, []string{"alias/easel", "arn:aws:kms:eu-central-1:111122223333:alias/easel"}},
		"DailyBudgetUSD":   {[]string{"0", "50", "12.50", "0.000001", "999999999.999999"}, []string{"", "-1", "$5", "1e3", "1,000", "01", "5.", ".5", "0.0000001", "1000000000"}},
		"AlarmTopicArn":    {[]string{"", "arn:aws:sns:eu-central-1:111122223333:ops"}, []string{"ops"}},
		"AlarmEmail":       {[]string{"", "ops@example.com"}, []string{"ops", "ops @example.com"}},
		"PermissionsBoundaryArn": {
			[]string{"", "arn:aws:iam::111122223333:policy/team/boundary", "arn:aws:iam::aws:policy/PowerUserAccess"},
			[]string{"boundary", "arn:aws:iam::111122223333:role/x"},
		},
	} {
		pattern := regexp.MustCompile("^(?:" + dig[string](template, "Parameters", name, "AllowedPattern") + ")$")
		for _, value := range c.right {
			if !pattern.MatchString(value) {
				t.Errorf("%s refuses %q", name, value)
			}
		}
		for _, value := range c.wrong {
			if pattern.MatchString(value) {
				t.Errorf("%s takes %q", name, value)
			}
		}
	}
}

func TestParametersThatNeedEachOtherAreRefusedAlone(t *testing.T) {
	template := translated(t)
	for name, c := range map[string]struct {
		given   map[string]string
		refused bool
	}{
		"nothing":                       {nil, false},
		"an issuer and an audience":     {map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "easel"}, false},
		"an issuer without an audience": {map[string]string{"JwtIssuer": "https://issuer.example"}, true},
		"a guardrail and its version":   {map[string]string{"GuardrailId": "abc", "GuardrailVersion": "1"}, false},
		"a guardrail without a version": {map[string]string{"GuardrailId": "abc"}, true},
		"a version without a guardrail": {map[string]string{"GuardrailVersion": "1"}, true},
	} {
		s, refused := deploy(template, c.given), false
		for _, r := range dig[map[string]any](template, "Rules") {
			if s.fill(dig[any](r, "RuleCondition")) == true && s.fill(dig[any](r, "Assertions", "0", "Assert")) == false {
				refused = true
			}
		}
		if refused != c.refused {
			t.Errorf("%s: refused is %t", name, refused)
		}
	}
}
