package cli

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/local"
)

// startUI runs easel ui and returns the address that it prints.
func startUI(t *testing.T, args ...string) (enter string) {
	t.Helper()
	from, to := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- Main(ctx, append([]string{"ui", "--addr", "127.0.0.1:0"}, args...), strings.NewReader(""), to, io.Discard)
		to.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("easel ui ended with %d", code)
		}
	})
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/\?token=\S+`).FindString(lines.Text()); address != "" {
			go func() { _, _ = io.Copy(io.Discard, from) }()
			return address
		}
	}
	t.Fatal("no address was printed")
	return ""
}

// elsewhere runs a server until the end of the test.
func elsewhere(t *testing.T) (url string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- local.Run(ctx, local.Options{
			Addr: "127.0.0.1:0", Data: t.TempDir(), Sim: local.SimOptions{Tiny: true, Latency: -1}, Log: slog.New(slog.DiscardHandler),
			Ready: func(url string) { ready <- url },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return url
}

func TestUIShowsThePageOfAServerElsewhere(t *testing.T) {
	server := elsewhere(t)
	enter := startUI(t, "--server", server)
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	get := func(address string) (int, http.Header, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "none")
		answer, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, answer.Header, string(body)
	}
	status, header, body := get(enter)
	if status != http.StatusOK || !strings.Contains(body, "<title>Easel</title>") || !strings.Contains(header.Get("Content-Security-Policy"), "img-src 'self' "+server+" data:") {
		t.Errorf("%d %v", status, header)
	}
	base, _, _ := strings.Cut(enter, "/?")
	if status, _, body := get(base + "/models"); status != http.StatusOK || !strings.Contains(body, `"alias":"core"`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestUIListensForThisMachineAlone(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:8082", ":8082", "192.0.2.1:8082", "easel.example:8082", "8082"} {
		var errs strings.Builder
		if code := Main(t.Context(), []string{"ui", "--addr", addr}, strings.NewReader(""), io.Discard, &errs); code != codeUsage || !strings.Contains(errs.String(), "this machine alone") {
			t.Errorf("%s: %d %s", addr, code, &errs)
		}
	}
}

// The policy of the page names where the pictures are: where one was seen, else the buckets of the region.
func TestUINamesTheImageHost(t *testing.T) {
	for name, c := range map[string]struct {
		answer, server, signed string
		want                   []string
	}{
		"a picture": {
			`{"data":[{"images":[{"url":"https://b.s3.us-west-2.amazonaws.com/images/a?X-Amz-Signature=1"}]}]}`, "https://x.execute-api.us-west-2.amazonaws.com/prod", "us-west-2",
			[]string{"https://x.execute-api.us-west-2.amazonaws.com", "https://b.s3.us-west-2.amazonaws.com"},
		},
		"none yet": {
			`{"data":[]}`, "https://x.execute-api.us-west-2.amazonaws.com", "us-west-2",
			[]string{"https://x.execute-api.us-west-2.amazonaws.com", "https://*.s3.us-west-2.amazonaws.com", "https://s3.us-west-2.amazonaws.com"},
		},
		"a server of one's own": {`{"data":[]}`, "https://easel.example", "", []string{"https://easel.example"}},
	} {
		server, err := api.ParseURL(c.server)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, (&app{signed: c.signed}).forServers().imageOrigins(t.Context(), answering(t, &wire{c.answer}), server)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
