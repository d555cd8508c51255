// Package clients_test runs the programs of this folder as they are: against an embedded server without keys, one that
// wants a bearer key and an API that wants a signature of AWS, each of which loses an answer. They are read by people, so
// nothing in them is for the tests.
package clients_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"easel/shared/awstest"
	"easel/shared/model"
)

var (
	gateway  *front // before which the programs stand
	here     string // this folder
	self     string // this program
	required bool   // whether every program must be there
)

// example says in the environment of this program that it is to run the example and nothing else.
const example = "RUN_EASEL_EXAMPLE"

// TestMain gives the example the environment that a program of its kind has, in a folder of its own.
func TestMain(m *testing.M) {
	if os.Getenv(example) != "" {
		os.Exit(m.Run())
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "easel-clients")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if self, err = os.Executable(); err != nil {
		return 0, err
	}
	if here, err = os.Getwd(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stopped func() error
	if gateway, stopped, err = listen(ctx, folder); err != nil {
		return 0, err
	}
	required = os.Getenv(awstest.Required) != ""
	if err = errors.Join(adopt(account("example", "role")), os.Chdir(folder)); err == nil {
		code = m.Run()
	}
	gateway.Close()
	cancel()
	return code, errors.Join(err, stopped(), os.Chdir(here))
}

// adopt makes an account this process's own, for the example.
func adopt(account map[string]string) (err error) {
	for _, pair := range slices.DeleteFunc(os.Environ(), func(pair string) bool { return !foreign(pair) }) {
		name, _, _ := strings.Cut(pair, "=")
		err = errors.Join(err, os.Unsetenv(name))
	}
	for name, value := range account {
		err = errors.Join(err, os.Setenv(name, value))
	}
	return err
}

// environment is what a program is started with: nothing of this machine's own accounts.
func environment(stage, who string) []string {
	env := slices.DeleteFunc(os.Environ(), foreign)
	for name, value := range account(stage, who) {
		env = append(env, name+"="+value)
	}
	return env
}

func foreign(pair string) bool {
	return strings.HasPrefix(pair, "AWS_") || strings.HasPrefix(pair, "EASEL_")
}

// account is what a caller has in its environment: the address, and a credential if any. That a machine has AWS
// credentials as well does not matter to who brings a key or nothing.
func account(stage, who string) map[string]string {
	i := identities[who]
	env := map[string]string{
		"EASEL_URL": gateway.URL + "/" + stage + "-" + who + "/", "NO_PROXY": "127.0.0.1",
		"AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
	}
	switch {
	case i.bearer != "":
		env["EASEL_KEY"], env["EASEL_SIGN"] = i.bearer+"\n", "always"
	case i.secret != "":
		env["EASEL_SIGN"], env["AWS_REGION"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = "always", region, i.key, i.secret
	}
	if i.token != "" {
		env["AWS_SESSION_TOKEN"] = i.token
	}
	return env
}

// programs find the programs of this folder, or skip the test.
var programs = map[string]func(*testing.T) []string{"curl": curl, "python": python, "node": node, "go": goProgram}

func TestPrograms(t *testing.T) {
	for name, find := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := find(t)
			for who := range identities {
				t.Run(who, func(t *testing.T) {
					t.Parallel()
					order(t, program, environment(name, who))
					gateway.check(t, name+"-"+who)
				})
			}
		})
	}
}

// With the address alone, and nothing of AWS on the machine, a program uses a server that wants no credential.
func TestProgramsNeedAnAddressAndNoMore(t *testing.T) {
	for name, find := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := append(slices.DeleteFunc(os.Environ(), foreign), "EASEL_URL="+gateway.open, "NO_PROXY=127.0.0.1")
			order(t, find(t), env)
		})
	}
}

// order runs a program in a folder of its own and looks at what it saved.
func order(t *testing.T, program, env []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program[0], append(program[1:], "a fox's \"tail\" für ✓", "fox.png")...)
	cmd.Env, cmd.Dir = env, t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if data, err := os.ReadFile(filepath.Join(cmd.Dir, "fox.png")); err != nil {
		t.Error(err)
	} else if h, err := model.Sniff(data); err != nil || h.Format != "png" {
		t.Errorf("saved %d bytes of a %q, %v", len(data), h.Format, err)
	}
}

// check sees to it that a caller was never refused, sent its order again when the answer got lost, and that this made
// one job.
func (f *front) check(t *testing.T, stage string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.at(stage)
	if len(s.refused) > 0 {
		t.Errorf("refused:\n%s", strings.Join(s.refused, "\n"))
	}
	if s.orders != 2 || len(s.keys) != 1 || len(s.jobs) != 1 || s.keys[""] || s.pictures != 1 {
		t.Errorf("got %d orders with the keys %v for the jobs %v, and %d pictures", s.orders, s.keys, s.jobs, s.pictures)
	}
}

// A program whose order is refused says why and saves nothing.
func TestProgramsTellWhatIsWrong(t *testing.T) {
	for name, find := range programs {
		if name == "go" {
			continue // its prompt is always the same
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := find(t)
			file := filepath.Join(t.TempDir(), "fox.png")
			for prompt, want := range map[string]string{"": "1 to 10000", "a fox [sim:filtered]": "content"} {
				cmd := exec.CommandContext(t.Context(), program[0], append(program[1:], prompt, file)...)
				cmd.Env = environment(name+"-wrong", "user")
				out, err := cmd.CombinedOutput()
				if _, statErr := os.Stat(file); err == nil || statErr == nil || !strings.Contains(string(out), want) {
					t.Errorf("%q: got %v and %q, want it to fail with %q", prompt, err, out, want)
				}
			}
		})
	}
}

func curl(t *testing.T) []string {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "no "+tool+" on the PATH: install bash, curl 7.76 or later, and jq")
		}
	}
	return []string{"bash", filepath.Join(here, "curl.sh")}
}

// python looks into the .venv of the repository first, where the tools of the gate are.
func python(t *testing.T) []string {
	t.Helper()
	for _, name := range []string{filepath.Join(here, "..", "..", ".venv", "bin", "python"), "python3", "python"} {
		if exec.CommandContext(t.Context(), name, "-c", "import requests, botocore").Run() == nil {
			return []string{name, filepath.Join(here, "easel.py")}
		}
	}
	missing(t, "no Python with requests and botocore: python3 -m venv .venv && .venv/bin/pip install -r .ci/requirements.txt")
	return nil
}

func node(t *testing.T) []string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "no node on the PATH: install Node 20 or later")
	}
	if _, err := os.Stat(filepath.Join(here, "node_modules", "@smithy", "signature-v4")); err != nil {
		missing(t, "what easel.mjs needs is not there: npm ci --prefix docs/clients")
	}
	return []string{"node", filepath.Join(here, "easel.mjs")}
}

// goProgram is this program, which runs the example alone.
func goProgram(*testing.T) []string {
	return []string{"env", example + "=1", self, "-test.run=^Example$"}
}

func missing(t *testing.T, hint string) {
	t.Helper()
	if required {
		t.Fatal(hint)
	}
	t.Skip(hint)
}
