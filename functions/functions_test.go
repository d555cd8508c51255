// Package functions holds no code of its own. This test keeps each function to what it needs: less to load at a cold
// start, and less that a role could be asked for.
package functions

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What each function links of what differs between them: adapters, the API, and the services of AWS. Of feed, which the API
// imports for embedded servers, the linker leaves nothing.
var linked = map[string][]string{
	"submit": {"api", "dynamostore", "eventbus", "feed", "prompt", "read", "s3blob", "sqsqueue", "template", "AWS dynamodb", "AWS eventbridge", "AWS s3", "AWS sqs"},
	"worker": {"bedrock", "dynamostore", "eventbus", "s3blob", "sqsqueue", "worker", "AWS bedrockruntime", "AWS dynamodb", "AWS eventbridge", "AWS s3", "AWS sqs"},
	"status": {"api", "dynamostore", "feed", "prompt", "read", "s3blob", "template", "AWS dynamodb", "AWS s3"},
	"sweep":  {"dynamostore", "eventbus", "s3blob", "sqsqueue", "sweep", "AWS dynamodb", "AWS eventbridge", "AWS s3", "AWS sqs"},
}

// common is what every function is made of.
var common = []string{"backoff", "config", "job", "lambdahandler", "model", "pace", "picture", "request", "run", "spelling", "usd"}

func TestFunctionsLinkWhatTheyNeedAndNoMore(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() {
			continue
		}
		want := slices.Sorted(slices.Values(slices.Concat(linked[name], common)))
		if diff := cmp.Diff(want, differing(dependencies(t, name))); diff != "" {
			t.Errorf("%s, expected (-) and linked (+):\n%s", name, diff)
		}
	}
}

// The SDK's own way to read settings brings clients for signing in, over a megabyte of them.
func TestFunctionsReadTheirSettingsThemselves(t *testing.T) {
	for name := range linked {
		for _, pkg := range dependencies(t, name) {
			for _, heavy := range []string{"config", "service/sso", "service/ssooidc", "service/sts", "service/signin", "feature/ec2/imds"} {
				if rest, ok := strings.CutPrefix(pkg, "github.com/aws/aws-sdk-go-v2/"+heavy); ok && (rest == "" || rest[0] == '/') {
					t.Errorf("%s links %s", name, pkg)
				}
			}
		}
	}
}

// differing are the packages of this module and the services of AWS by their short names.
func differing(packages []string) []string {
	var short []string
	for _, pkg := range packages {
		own, ours := strings.CutPrefix(pkg, "easel/shared/")
		service, theirs := strings.CutPrefix(pkg, "github.com/aws/aws-sdk-go-v2/service/")
		switch {
		case ours:
			short = append(short, own)
		case theirs && !strings.Contains(service, "/"):
			short = append(short, "AWS "+service)
		}
	}
	slices.Sort(short)
	return slices.Compact(short)
}

// dependencies are all packages of a function as Lambda runs it.
func dependencies(t *testing.T, name string) []string {
	t.Helper()
	look(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags="+tags, "./"+name)
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, complaints.String())
	}
	return strings.Fields(string(out))
}
