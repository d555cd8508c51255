package config_test

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"easel/shared/config"
	"easel/shared/pace"
)

// sandbox is what Lambda sets and every function has.
var sandbox = map[string]string{
	"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a secret", "AWS_SESSION_TOKEN": "a token",
}

func with(more map[string]string) func(string) string {
	all := maps.Clone(sandbox)
	maps.Copy(all, more)
	return func(name string) string { return all[name] }
}

// The defaults are those of the template's parameters.
func plain() config.Function {
	return config.Function{
		MaxWait: 10 * time.Second, Paces: map[string]pace.Limits{},
		Account: config.Account{
			Region: "us-west-2", KeyID: "AKIDEXAMPLE", SecretKey: "a secret", SessionToken: "a token", Endpoints: map[string]string{},
		},
	}
}

const (
	core  = "stability.stable-image-core-v1:1"
	ultra = "stability.stable-image-ultra-v1:1"
)

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		set  map[string]string
		want func(*config.Function)
	}{
		"nothing is set": {nil, func(*config.Function) {}},
		"names": {
			map[string]string{"TABLE_NAME": "jobs", "QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/1/q", "BUCKET": "pictures"},
			func(f *config.Function) {
				f.Table, f.Queue, f.Bucket = "jobs", "https://sqs.us-west-2.amazonaws.com/1/q", "pictures"
			},
		},
		"the model call": {
			map[string]string{"BEDROCK_REGION": "us-gov-west-1", "GUARDRAIL_ID": "gr1", "GUARDRAIL_VERSION": "3", "DEFAULT_MODEL": "Ultra", "SIMULATED": "true"},
			func(f *config.Function) {
				f.BedrockRegion, f.GuardrailID, f.GuardrailVersion, f.Model, f.Simulated = "us-gov-west-1", "gr1", "3", "Ultra", true
			},
		},
		"a pace for some models": {
			map[string]string{"PACE": "core=90/180  ULTRA=0.5"},
			func(f *config.Function) {
				f.Paces = map[string]pace.Limits{core: {Start: 90, Max: 180}, ultra: {Start: 0.5, Max: 0.5}}
			},
		},
		"no waiting":      {map[string]string{"MAX_WAIT": "0"}, func(f *config.Function) { f.MaxWait = -time.Second }},
		"the longest":     {map[string]string{"MAX_WAIT": " 25 "}, func(f *config.Function) { f.MaxWait = 25 * time.Second }},
		"a month is kept": {map[string]string{"RETENTION_DAYS": "30"}, func(f *config.Function) { f.Retention = 720 * time.Hour }},
		"who is who": {
			map[string]string{"OWNER_BY_SESSION": "true", "OPERATOR_ROLES": "Ops, arn:aws:iam::123456789012:role/on/call", "CORS_ORIGINS": "https://App.example.com,http://localhost:3000"},
			func(f *config.Function) {
				f.OwnerBySession, f.Operators = true, []string{"Ops", "arn:aws:iam::123456789012:role/on/call"}
				f.Origins = []string{"https://app.example.com", "http://localhost:3000"}
			},
		},
		"watching": {
			map[string]string{"EVENTS": "true", "METRICS_NAMESPACE": "easel/prod", "LOG_LEVEL": "debug"},
			func(f *config.Function) { f.Events, f.Namespace, f.Level = true, "easel/prod", slog.LevelDebug },
		},
		"a local run": {
			map[string]string{
				"AWS_ENDPOINT_URL": "http://aws:5000", "AWS_ENDPOINT_URL_SQS": "", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://bedrock:5001",
				"PRESIGN_ENDPOINT": "http://localhost:5000", "AWS_SAM_LOCAL": "true",
			},
			func(f *config.Function) {
				f.Account.Endpoint, f.Account.Endpoints["Bedrock Runtime"] = "http://aws:5000", "http://bedrock:5001"
				f.PresignEndpoint, f.Local = "http://localhost:5000", true
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := plain()
			c.want(&want)
			got, err := config.Load(with(c.set))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPaceIsTheCataloguesWhereNoneIsSet(t *testing.T) {
	f, err := config.Load(with(map[string]string{"PACE": "core=60/120"}))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]pace.Limits{core: {Start: 60, Max: 120}, ultra: {Start: 10, Max: 10}} {
		if got := f.Setting(id); got != want {
			t.Errorf("%s: got %+v, want %+v", id, got, want)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ variable, value, allowed string }{
		"no truth":                   {"EVENTS", "yes", "true or false"},
		"no number":                  {"MAX_WAIT", "ten", "from 0 to 25"},
		"waiting too long":           {"MAX_WAIT", "26", "from 0 to 25"},
		"keeping for less than none": {"RETENTION_DAYS", "-1", "from 0"},
		"a queue's name":             {"QUEUE_URL", "Queue", "an address"},
		"an address of a file":       {"PRESIGN_ENDPOINT", "file:///etc", "http://"},
		"an endpoint without host":   {"AWS_ENDPOINT_URL_S3", "http://", "an address"},
		"no region":                  {"BEDROCK_REGION", "Oregon", "us-west-2"},
		"no model":                   {"DEFAULT_MODEL", "dalle", "core, sd35, ultra"},
		"a model that has ended":     {"DEFAULT_MODEL", "stability.stable-diffusion-xl-v1", "core, sd35, ultra"},
		"half a guardrail":           {"GUARDRAIL_ID", "gr1", "GUARDRAIL_VERSION"},
		"a pace without a model":     {"PACE", "90/180", "core, sd35, ultra"},
		"a pace for no model":        {"PACE", "=90/180", "core, sd35, ultra"},
		"a pace of another model":    {"PACE", "dalle=90/180", "core, sd35, ultra"},
		"a pace twice":               {"PACE", "core=1/2 core=3/4", "each model once"},
		"a pace without figures":     {"PACE", "core=", "NAME=START/MOST"},
		"a pace that falls":          {"PACE", "core=180/90", "not above the most"},
		"a pace of nothing":          {"PACE", "core=0/90", "0.01"},
		"a pace that is no number":   {"PACE", "core=NaN/90", "START/MOST"},
		"a pace without end":         {"PACE", "core=1/Inf", "100000"},
		"an operator's path":         {"OPERATOR_ROLES", "on/call", "names of roles"},
		"an operator's policy":       {"OPERATOR_ROLES", "arn:aws:iam::123456789012:policy/x", "role/ops"},
		"a role's name too long":     {"OPERATOR_ROLES", strings.Repeat("r", 65), "names of roles"},
		"a page with a path":         {"CORS_ORIGINS", "https://app.example.com/", "without a path"},
		"any page":                   {"CORS_ORIGINS", "*", "https://app.example.com"},
		"any page of a name":         {"CORS_ORIGINS", "https://*.example.com", "without a path or *"},
		"the namespace of AWS":       {"METRICS_NAMESPACE", "AWS/Lambda", "do not begin with AWS/"},
		"a namespace with blanks":    {"METRICS_NAMESPACE", "my easel", "characters"},
		"a namespace too long":       {"METRICS_NAMESPACE", strings.Repeat("n", 256), "1 to 255"},
		"no level":                   {"LOG_LEVEL", "loud", "debug, info, warn or error"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(with(map[string]string{c.variable: c.value}))
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range []string{c.variable, c.allowed} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

func TestAllThatIsWrongIsNamedAtOnce(t *testing.T) {
	wrong := map[string]string{
		"AWS_REGION": "", "AWS_SECRET_ACCESS_KEY": "", "MAX_WAIT": "long", "PACE": "core=x ultra=y", "EVENTS": "perhaps",
		"TABLE_NAME": " ",
	}
	_, err := config.Load(with(wrong), config.Table, config.Queue)
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, name := range append(slices.Collect(maps.Keys(wrong)), config.Queue) {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 8 {
		t.Errorf("%d lines, want one for each of the 8 problems: %v", n, err)
	}
}

func TestAWrongValueIsRepeatedInPart(t *testing.T) {
	_, err := config.Load(with(map[string]string{"EVENTS": strings.Repeat("é", 10_000)}))
	if err == nil || len(err.Error()) > 500 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

// Whatever a deployment puts into the variables, there are settings or an error, and never a secret in it.
func TestNothingStopsTheReader(t *testing.T) {
	var names []string
	_, _ = config.Load(func(name string) string { names = append(names, name); return "" })
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 25 {
		t.Fatalf("only %d variables are read: %q", len(names), names)
	}
	const secret = "pssst"
	values := []string{"", "true", "0", "-", "=", "/", "core=", "core=1/2/3", "arn:", "https://", "http://[", "\x00\xff", ",,", "é"}
	rapid.Check(t, func(r *rapid.T) {
		set := map[string]string{}
		for _, name := range names {
			set[name] = rapid.OneOf(rapid.SampledFrom(values), rapid.String()).Draw(r, name)
		}
		set["AWS_SECRET_ACCESS_KEY"] = secret
		f, err := config.Load(func(name string) string { return set[name] }, names...)
		if err != nil && strings.Contains(err.Error(), secret) {
			r.Errorf("the secret is in %v", err)
		}
		if f.MaxWait < -time.Second || f.MaxWait == 0 || f.MaxWait > 25*time.Second || (f.GuardrailID == "") != (f.GuardrailVersion == "") {
			r.Errorf("settings that cannot be: %v %q %q", f.MaxWait, f.GuardrailID, f.GuardrailVersion)
		}
	})
}
