// Package awstest gives tests an AWS to talk to: an emulator of DynamoDB, SQS and S3 that is found and
// started, and the check of signatures that the emulator leaves out. It proves nothing about permissions, throttling
// or the lag of indexes, which the emulator does not have.
package awstest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Required is the environment variable that makes a missing emulator a failure instead of a skipped test.
const Required = "EASEL_REQUIRE_AWS"

// Region is where the emulator's resources lie.
const Region = "us-east-1"

// Start runs an emulator with no state until the test ends and returns the settings of a client for it. Without
// moto_server on the PATH or in .venv the test is skipped, or fails where [Required] is set.
func Start(t testing.TB) aws.Config {
	t.Helper()
	e := launch(t)
	t.Cleanup(e.stop)
	return Config(e.url)
}

// shared is the emulator of [Shared], once a test has asked for it.
var shared struct {
	sync.Mutex
	*emulator
}

// Shared is like [Start], with one emulator for all tests of a package: to start it takes longer than most tests. They
// give names of their own to what they make in it. [Main] ends it.
func Shared(t testing.TB) aws.Config {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.emulator == nil {
		shared.emulator = launch(t)
	}
	return Config(shared.url)
}

// Main is the TestMain of a package that uses [Shared].
func Main(m *testing.M) {
	m.Run()
	if shared.emulator != nil {
		shared.stop()
	}
}

// emulator is a process.
type emulator struct {
	cmd *exec.Cmd
	url string
}

func launch(t testing.TB) *emulator {
	t.Helper()
	path := find()
	if path == "" {
		missing(t)
	}
	e := &emulator{cmd: exec.Command(path, "-H", "127.0.0.1", "-p", "0")}
	out, err := e.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	if e.url, err = address(out); err != nil {
		e.stop()
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // a line for each request; it ends with the process
	return e
}

func (e *emulator) stop() {
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait() // it was killed
}

// Config is what a client needs to reach an endpoint that wants a signature but knows no accounts.
func Config(url string) aws.Config {
	return aws.Config{
		Region: Region, BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

func missing(t testing.TB) {
	t.Helper()
	const hint = "no moto_server on the PATH or in .venv: python3 -m venv .venv && .venv/bin/pip install -r .ci/requirements.txt"
	if os.Getenv(Required) != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
}

// find looks on the PATH and in the .venv of the folders above, up to the module's.
func find() string {
	if path, err := exec.LookPath("moto_server"); err == nil {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".venv", "bin", "moto_server")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return ""
		}
	}
	return ""
}

var listening = regexp.MustCompile(`Running on (http://[0-9.:]+)`)

// address reads what the emulator says until it says where it listens.
func address(out io.Reader) (string, error) {
	var said []byte
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadBytes('\n')
		said = append(said, line...)
		if found := listening.FindSubmatch(line); found != nil {
			return string(found[1]), nil
		}
		if err != nil {
			return "", fmt.Errorf("the emulator ended before it listened: %w\n%s", err, said)
		}
	}
}
