package functions

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/gate"
)

// native is the processor that can run what is built for it here.
const native = runtime.GOARCH

// most is how large a function may be, in bytes: what is loaded at a cold start.
const most = 12_700_000

// tags are those of the Makefile.
const tags = "lambda.norpc,nethttpomithttp2"

// limits are the functions' timeouts, as the template has them.
var limits = map[string]time.Duration{
	"submit": 29 * time.Second, "worker": 180 * time.Second, "status": 29 * time.Second, "sweep": 55 * time.Second,
}

// builds is where the functions lie, by processor, until the tests of this package end.
var builds = map[string]func() (string, error){"amd64": build("amd64"), "arm64": build("arm64")}

var place string

func TestMain(m *testing.M) {
	var err error
	if place, err = os.MkdirTemp("", "functions"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(place)
	os.Exit(code)
}

// build builds all functions as the Makefile does, once and when a test first asks.
func build(processor string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir := filepath.Join(place, processor)
		cmd := exec.Command("go", "build", "-tags", tags, "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "./submit", "./worker", "./status", "./sweep")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+processor)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
		}
		return dir, nil
	})
}

// compiled is the folder with the functions as Lambda gets them. To run those of this processor takes Linux.
func compiled(t testing.TB, processor string) string {
	t.Helper()
	look(t)
	dir, err := builds[processor]()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// look looks at the files that functions are built from. `go test` takes an earlier result for this one's if neither
// the test nor a file that it looked at has changed, and does not know what a compiler looks at.
func look(t testing.TB) {
	t.Helper()
	for _, root := range []string{".", "../shared", "../go.mod"} {
		if err := filepath.WalkDir(root, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
}

func size(t testing.TB, processor, name string) int64 {
	t.Helper()
	file, err := os.Stat(filepath.Join(compiled(t, processor), name))
	if err != nil {
		t.Fatal(err)
	}
	return file.Size()
}

func TestFunctionsAreSmall(t *testing.T) {
	for processor := range builds {
		if processor != native && !gate.Long {
			continue // to build for another processor takes seconds
		}
		for name := range limits {
			if got := size(t, processor, name); got > most {
				t.Errorf("%s for %s has %d bytes, %d more than it may", name, processor, got, got-most)
			}
		}
	}
}

// linux skips what runs a function.
func linux(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" || builds[native] == nil {
		t.Skip("functions run on Linux, on amd64 or arm64")
	}
}

// A function that cannot work says so before it asks for anything to do: a deployment fails, and not the requests that
// come after it.
func TestAFunctionWithWrongSettingsDoesNotStart(t *testing.T) {
	linux(t)
	right := []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=http://127.0.0.1:1",
		"QUEUE_URL=http://127.0.0.1:1/123456789012/easel", "BUCKET=easel",
	}
	for name := range limits {
		for complaint, settings := range map[string][]string{
			"TABLE_NAME is not set": nil,
			"METRICS_NAMESPACE is":  {"TABLE_NAME=easel", "METRICS_NAMESPACE=AWS/Lambda"},
			"AWS_REGION is":         {"TABLE_NAME=easel", "AWS_REGION=here"},
		} {
			f := launch(t, name, slices.Concat(right, settings))
			select {
			case <-f.ended:
			case <-f.asked:
				t.Errorf("%s: it asks for an invocation all the same: %s", name, complaint)
				continue
			}
			var line struct{ Level, Msg, Err string }
			err := json.Unmarshal(f.errors.Bytes(), &line) // more than one line is no JSON
			if err != nil || line.Level != "ERROR" || line.Msg != "wrong settings" || !strings.Contains(line.Err, complaint) {
				t.Errorf("%s says %q (%v), want a line with %q", name, &f.errors, err, complaint)
			}
			if code := f.cmd.ProcessState.ExitCode(); code != 1 || f.out.Len() > 0 {
				t.Errorf("%s ends with code %d and says %q", name, code, &f.out)
			}
		}
	}
}
