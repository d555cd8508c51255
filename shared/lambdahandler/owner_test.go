package lambdahandler_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/config"
	"easel/shared/job"
	"easel/shared/lambdahandler"
)

var errNobody = errors.New("nobody")

// caller is who the function takes the sender of a captured request for.
func caller(t *testing.T, o lambdahandler.Owners, file string) (c job.Caller, err error) {
	t.Helper()
	o.Unknown = errNobody
	identify := lambdahandler.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { c, err = o.Identify(r) }))
	if _, failed := identify(t.Context(), event(t, filepath.Join("testdata/callers", file+".json"))); failed != nil {
		t.Fatal(failed)
	}
	return c, err
}

func TestOwner(t *testing.T) {
	owners := map[string]struct{ owner, bySession string }{
		"user":           {"iam:AIDACKCEVSQ6C2EXAMPLE", ""},
		"role-ec2":       {"iam:AROADBQP57FF2AEXAMPLE", "iam:AROADBQP57FF2AEXAMPLE:i-0123456789abcdef0"},
		"role-ci":        {"iam:AROAJ2UCCR6DPCEXAMPLE", "iam:AROAJ2UCCR6DPCEXAMPLE:GitHubActions"},
		"role-elsewhere": {"iam:AROAELSEWHEREEXAMPLE1", "iam:AROAELSEWHEREEXAMPLE1:i-0fedcba9876543210"},
		"sso":            {"iam:AROAXFQ2UCXEXAMPLE123", "iam:AROAXFQ2UCXEXAMPLE123:ann@example.com"},
		"root":           {"iam:123456789012", ""},
		"federated":      {"iam:123456789012:bob", ""},
		"identity-pool":  {"cognito:us-west-2:3f291106-8703-466b-8f2b-3ecee1ca56ce", ""},
		"jwt-person":     {"jwt:https://idp.example.com/tenant#sub:auth0|5f7c8ec7c33c6c004bbafe82", ""},
		"jwt-program":    {"jwt:https://idp.example.com/tenant#client:4hexample5client6", ""},
		"jwt-neither":    {},
		"lambda":         {},
		"none":           {},
	}
	files, err := os.ReadDir("testdata/callers")
	if err != nil || len(files) != len(owners) {
		t.Fatalf("%d callers on file, %d in the table (%v)", len(files), len(owners), err)
	}
	seen := map[string]string{}
	for file, want := range owners {
		if want.bySession == "" {
			want.bySession = want.owner
		}
		for bySession, owner := range map[bool]string{false: want.owner, true: want.bySession} {
			c, err := caller(t, lambdahandler.Owners{Function: config.Function{OwnerBySession: bySession}}, file)
			if c.Owner != owner || c.Operator || errors.Is(err, errNobody) != (owner == "") {
				t.Errorf("%s, by session %v: got %+v, %v; want %q", file, bySession, c, err, owner)
			}
		}
		if other := seen[want.owner]; other != "" && want.owner != "" {
			t.Errorf("%s and %s are one owner", file, other)
		}
		seen[want.owner] = file
	}
}

func TestOperator(t *testing.T) {
	for name, c := range map[string]struct {
		listed string
		want   []string // who is an operator
	}{
		"nobody":                         {"", nil},
		"a role by name":                 {"deploy", []string{"role-ci"}},
		"a role of people by name":       {"AWSReservedSSO_PowerUser_0a1b2c3d4e5f6a7b", []string{"sso"}},
		"a role by ARN":                  {"arn:aws:iam::123456789012:role/deploy", []string{"role-ci"}},
		"a role with a path":             {"arn:aws:iam::123456789012:role/ci/github/deploy", []string{"role-ci"}},
		"a role of another account":      {"arn:aws:iam::999999999999:role/deploy", []string{"role-elsewhere"}},
		"a role of another partition":    {"arn:aws-cn:iam::123456789012:role/deploy", nil},
		"a user by ARN":                  {"arn:aws:iam::123456789012:user/team/ann", []string{"user"}},
		"a user of another path":         {"arn:aws:iam::123456789012:user/ann", nil},
		"a user's name is no role":       {"ann", nil},
		"a path's part is no role":       {"team", nil},
		"a session's name is no role":    {"GitHubActions", nil},
		"a user called like the role":    {"arn:aws:iam::123456789012:user/deploy", nil},
		"a federated name is no role":    {"bob", nil},
		"a role named as a federated is": {"arn:aws:iam::123456789012:role/bob", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, file := range []string{"federated", "identity-pool", "jwt-person", "none", "role-ci", "role-ec2", "role-elsewhere", "root", "sso", "user"} {
				if found, _ := caller(t, lambdahandler.Owners{Function: config.Function{Operators: []string{c.listed}}}, file); found.Operator {
					got = append(got, file)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLocalFrontDoorKnowsOneOwner(t *testing.T) {
	local := lambdahandler.Owners{Function: config.Function{Local: true}}
	if c, err := caller(t, local, "none"); err != nil || c != (job.Caller{Owner: "local"}) {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err := caller(t, local, "user"); err != nil || c.Owner != "iam:AIDACKCEVSQ6C2EXAMPLE" {
		t.Errorf("who is known is still known: got %+v, %v", c, err)
	}
}

func TestWhatARequestSaysOfItselfIsNoIdentity(t *testing.T) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://easel.example.com/jobs", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-west-2/execute-api/aws4_request")
	if c, err := (lambdahandler.Owners{Unknown: errNobody}).Identify(r); !errors.Is(err, errNobody) {
		t.Errorf("got %+v, %v", c, err)
	}
}
