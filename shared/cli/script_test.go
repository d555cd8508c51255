package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"easel/shared/awstest"
	"easel/shared/cli"
	"easel/shared/gate"
	"easel/shared/local"
	"easel/shared/model"
)

func TestMain(m *testing.M) {
	gate.UseMemory()
	testscript.Main(m, map[string]func(){"easel": func() {
		os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // or each command takes a second longer under the race detector
			e.Setenv("LC_ALL", "C.UTF-8")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": startServer, "exits": exits, "keep": keep, "json": hasJSON, "picture": isPicture, "answers": answer, "sideways": layPhoto,
			"gateway": startGateway, "bedrock": startBedrock,
		},
	})
}

// startServer is "server [-quota N] [-budget MICRODOLLARS] [-keys FILE] [-allow-retired]": an embedded server of the script's own, without the
// simulator's latency and with tiny pictures.
func startServer(ts *testscript.TestScript, _ bool, args []string) {
	o := local.Options{
		Addr: "127.0.0.1:0", Data: ts.MkAbs("server"), Sim: local.SimOptions{Latency: -1, Tiny: true},
		Log: slog.New(slog.DiscardHandler),
	}
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.Float64Var(&o.Sim.Quota, "quota", 0, "")
	flags.Int64Var(&o.Budget, "budget", 0, "")
	flags.BoolVar(&o.Retired, "allow-retired", false, "")
	keys := flags.String("keys", "", "")
	ts.Check(flags.Parse(args))
	if *keys != "" {
		o.KeysFile = ts.MkAbs(*keys)
	}
	url, stop := serve(o)
	if url == "" {
		ts.Fatalf("the server does not start: %v", stop())
	}
	ts.Defer(func() { ts.Check(stop()) })
	ts.Setenv("EASEL_URL", url)
}

// startBedrock is "bedrock": the commands of the script find a stand-in at the address of Amazon Bedrock, which lists its
// calls in bedrock.jsonl.
func startBedrock(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, cancel := context.WithCancel(context.Background())
	ready, over := make(chan string, 1), make(chan error, 1)
	o := local.SimOptions{
		Addr: "127.0.0.1:0", Latency: -1, Tiny: true, Ledger: ts.MkAbs("bedrock.jsonl"), Ready: func(url string) { ready <- url },
	}
	go func() { over <- local.RunSim(ctx, o) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-over)
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": <-ready, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": ts.MkAbs("none"), "AWS_SHARED_CREDENTIALS_FILE": ts.MkAbs("none"),
	} {
		ts.Setenv(name, value)
	}
}

// startGateway is "gateway REGION": the server of the script stands behind an API Gateway that lets only AKID in, with
// the secret "secret", and loses the first answer. The script has no AWS settings.
func startGateway(ts *testscript.TestScript, _ bool, args []string) {
	back, err := url.Parse(ts.Getenv("EASEL_URL"))
	ts.Check(err)
	server := httptest.NewServer(&front{
		region: args[0],
		back:   &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(back) }},
	})
	ts.Defer(server.Close)
	ts.Setenv("EASEL_URL", server.URL)
	ts.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	ts.Setenv("AWS_CONFIG_FILE", ts.MkAbs("aws/config"))
	ts.Setenv("AWS_SHARED_CREDENTIALS_FILE", ts.MkAbs("aws/credentials"))
}

type front struct {
	region string
	back   http.Handler
	passed atomic.Int32
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	secret := func(key string) string { return map[string]string{"AKID": "secret"}[key] }
	w.Header().Set("Content-Type", "application/json")
	if err := awstest.Verify(r, body, "execute-api", f.region, secret, time.Now()); err != nil {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":"Forbidden"}`)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if f.passed.Add(1) > 1 {
		f.back.ServeHTTP(w, r)
		return
	}
	f.back.ServeHTTP(httptest.NewRecorder(), r)
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"message":"Service Unavailable"}`)
}

// answer is "answers FILE": a server that answers everything with that JSON.
func answer(ts *testscript.TestScript, _ bool, args []string) {
	body := ts.ReadFile(args[0])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	ts.Defer(server.Close)
	ts.Setenv("EASEL_URL", server.URL)
}

// serve runs a server until stop is called. Without an address it has failed, and stop says why.
func serve(o local.Options) (url string, stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	o.Ready = func(url string) { ready <- url }
	go func() { ended <- local.Run(ctx, o) }()
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- err
	}
	return url, func() error {
		cancel()
		return <-ended
	}
}

// exits is "exits CODE COMMAND...": the command ends with just this code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	err = ts.Exec(args[1], args[2:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// keep is "keep NAME": the standard output becomes a variable.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// hasJSON is "json COUNT [PATH VALUE]": the standard output is so many lines of JSON, in each of which
// the member at the dotted path has the value.
func hasJSON(ts *testscript.TestScript, _ bool, args []string) {
	count := 0
	for d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))); ; count++ {
		var v map[string]any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			ts.Fatalf("not JSON: %v", err)
		}
		if len(args) > 1 {
			if got := member(v, args[1]); got != args[2] {
				ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
			}
		}
	}
	if strconv.Itoa(count) != args[0] || strings.Count(ts.ReadFile("stdout"), "\n") != count {
		ts.Fatalf("%d objects, want %s, each on a line", count, args[0])
	}
}

func member(v any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			n, _ := strconv.Atoi(name)
			v = at[n]
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// isPicture is "picture FILE FORMAT".
func isPicture(ts *testscript.TestScript, _ bool, args []string) {
	h, err := model.Sniff([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	if h.Format != args[1] {
		ts.Fatalf("%s is a %s, want a %s", args[0], h.Format, args[1])
	}
}
