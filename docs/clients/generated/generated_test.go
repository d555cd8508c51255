// Package generated_test makes a client of openapi.yaml with each of three generators and runs a program on it, against a
// server with simulated pictures. The programs are read by people, so nothing in them is for the tests.
package generated_test

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"easel/shared/local"
	"easel/shared/model"
)

// The tools are some 200 MB and take a minute, so that these tests are the gate's: `make generated` fetches and runs them.
var generate = flag.Bool("generate", false, "make and run the clients; `make generated` fetches what that needs")

const (
	root        = "../../.."
	description = root + "/shared/api/openapi.yaml"
	key         = "the-key-of-%-for-tests"
)

// generator makes a client in a folder that holds the files beside its program, and returns the program.
type generator struct {
	folder   string // of the program
	make     func(t *testing.T, folder string) (said string, program []string)
	made     string         // files that have the operations
	names    *regexp.Regexp // of the operations in these files, or in their names
	warnings []string       // which are expected
}

var generators = map[string]generator{
	"oapi-codegen": {
		folder: "go", make: golang, made: "easel/easel.go",
		names: regexp.MustCompile(`(?m)^func Parse(\w+)Response\(`),
	},
	"openapi-python-client": {
		folder: "python", make: python, made: "easel/api/*/*.py", names: regexp.MustCompile(`/(\w+)\.py\n`),
		warnings: []string{
			"application/jsonl", "application/ndjson", "application/x-jsonlines", "application/x-ndjson", "text/plain", "text/tab-separated-values",
		},
	},
	"openapi-typescript": {
		folder: "typescript", make: typescript, made: "easel.d.ts", names: regexp.MustCompile(`(?m)^        \w+: operations\["(\w+)"\];$`),
	},
}

func TestClients(t *testing.T) {
	wanted(t)
	address := serve(t)
	for name, g := range generators {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(g.folder)); err != nil {
				t.Fatal(err)
			}
			said, program := g.make(t, folder)
			if diff := cmp.Diff(g.warnings, warnings(said)); diff != "" {
				t.Errorf("%s\nof: %s", diff, said)
			}
			if diff := cmp.Diff(operations(t), g.operations(t, folder)); diff != "" {
				t.Errorf("the operations differ: %s", diff)
			}
			order(t, folder, append(program, address, strings.Replace(key, "%", g.folder, 1)))
		})
	}
}

// order runs a program and holds what it says and saves against what it is for.
func order(t *testing.T, folder string, program []string) {
	t.Helper()
	file := filepath.Join(folder, "fox.png")
	const want = "succeeded, seed 7, 0.04 USD\n422 at /aspect_ratio\n422 at /seed\nbatch of 2, 0.18 USD\nplan of 2, 0.18 USD\n"
	if diff := cmp.Diff(want, run(t, folder, append(program, file)...)); diff != "" {
		t.Error(diff)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if h, err := model.Sniff(data); err != nil || h.Format != "png" {
		t.Errorf("saved %d bytes of a %q, %v", len(data), h.Format, err)
	}
}

// chatter is what the generators and the go command say where all is well, and the JSON that one of them quotes below a
// warning.
var chatter = regexp.MustCompile(`^(?:[ {}].*|go: downloading .*|Generating easel|(?:✨|🚀) .*|If you believe this was a mistake .*|` +
	`Warning\(s\) encountered while generating\. .*|WARNING parsing POST /batches(?:/\{id\}/jobs)? within batches\.|)$`)

// warnings are the media types that a generator left out, and every other complaint as it stands.
func warnings(said string) (all []string) {
	for line := range strings.Lines(said) {
		if line = strings.TrimRight(line, "\r\n"); !chatter.MatchString(line) {
			all = append(all, strings.TrimPrefix(line, "Unsupported content type "))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// operations are those of the description, in the one spelling that all generators' are compared in.
func operations(t *testing.T) (all []string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(description)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			all = append(all, strings.ToLower(operation.OperationID))
		}
	}
	slices.Sort(all)
	return all
}

func (g generator) operations(t *testing.T, folder string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, g.made))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(string(data) + "\n" + file + "\n")
	}
	for _, found := range g.names.FindAllStringSubmatch(text.String(), -1) {
		if found[1] != "__init__" {
			all = append(all, strings.ToLower(strings.ReplaceAll(found[1], "_", "")))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// serve starts a server that knows a key for each generator, so that one key for idempotency does for all.
func serve(t *testing.T) (address string) {
	t.Helper()
	folder := t.TempDir()
	var keys strings.Builder
	for _, g := range generators {
		keys.WriteString(g.folder + " " + strings.Replace(key, "%", g.folder, 1) + "\n")
	}
	file := filepath.Join(folder, "keys")
	if err := os.WriteFile(file, []byte(keys.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- local.Run(ctx, local.Options{
			Addr: "127.0.0.1:0", Data: filepath.Join(folder, "data"), KeysFile: file, Log: slog.New(slog.DiscardHandler),
			Ready: func(url string) { ready <- url }, Sim: local.SimOptions{Tiny: true, Latency: -1},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case address = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return address
}

func wanted(t *testing.T) {
	t.Helper()
	if !*generate {
		t.Skip("these take a minute and tools of their own: make generated")
	}
}

// run returns what a program writes, on both streams, and fails the test where the program fails.
func run(t *testing.T, folder string, program ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program[0], program[1:]...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1", "NO_PROXY=127.0.0.1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(program, " "), err, out)
	}
	return string(out)
}

// absolute is a path of this folder, for programs that run in another.
func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
