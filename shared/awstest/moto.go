// Package awstest gives tests, and cmd/sam-local, an AWS to talk to: an emulator of DynamoDB, SQS and S3 that is found and
// started, and the check of signatures that the emulator leaves out. It proves nothing about permissions, throttling
// or the lag of indexes, which the emulator does not have.
package awstest

import (
	"bufio"
	"errors"
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

// Region is where the emulator's resources lie. It is what the SAM CLI gives to functions.
const Region = "us-east-1"

// Start runs an emulator with no state until the test ends and returns the settings of a client for it. Without
// moto_server on the PATH or in .venv the test is skipped, or fails where [Required] is set.
func Start(t testing.TB) aws.Config {
	t.Helper()
	e := launch(t)
	t.Cleanup(e.Stop)
	return Config(e.URL)
}

// shared is the emulator of [Shared], once a test has asked for it.
var shared struct {
	sync.Mutex
	*Emulator
}

// Shared is like [Start], with one emulator for all tests of a package: to start it takes longer than most tests. They
// give names of their own to what they make in it. [Main] ends it.
func Shared(t testing.TB) aws.Config {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.Emulator == nil {
		shared.Emulator = launch(t)
	}
	return Config(shared.URL)
}

// Main is the TestMain of a package that uses [Shared].
func Main(m *testing.M) {
	m.Run()
	if shared.Emulator != nil {
		shared.Stop()
	}
}

func launch(t testing.TB) *Emulator {
	t.Helper()
	e, err := Run("127.0.0.1")
	if errors.Is(err, exec.ErrNotFound) && os.Getenv(Required) == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Emulator is a process.
type Emulator struct {
	URL string
	cmd *exec.Cmd
}

// Run starts an emulator that listens on an address of this machine. The error is [exec.ErrNotFound] where there is no
// moto_server on the PATH or in .venv.
func Run(host string) (*Emulator, error) {
	path, err := find()
	if err != nil {
		return nil, fmt.Errorf("%w on the PATH or in .venv: python3 -m venv .venv && .venv/bin/pip install -r .ci/requirements.txt", err)
	}
	e := &Emulator{cmd: exec.Command(path, "-H", host, "-p", "0")}
	out, err := e.cmd.StderrPipe()
	if err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	if e.URL, err = address(out); err != nil {
		e.Stop()
		return nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // a line for each request; it ends with the process
	return e, nil
}

// Stop ends the emulator, and with it all that it holds.
func (e *Emulator) Stop() {
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

// find looks on the PATH and in the .venv of the folders above, up to the module's.
func find() (string, error) {
	path, missing := exec.LookPath("moto_server")
	dir, err := os.Getwd()
	for ; missing != nil && err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path = filepath.Join(dir, ".venv", "bin", "moto_server")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	return path, missing
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
