package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/request"
)

// wire answers requests from a list, an empty answer standing for a server that is gone.
type wire []string

func (w *wire) RoundTrip(*http.Request) (*http.Response, error) {
	if len(*w) == 0 || (*w)[0] == "" {
		if len(*w) > 0 {
			*w = (*w)[1:]
		}
		return nil, errors.New("connection refused")
	}
	body := (*w)[0]
	*w = (*w)[1:]
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func answering(t *testing.T, w *wire) *client.Client {
	t.Helper()
	c, err := client.New("http://easel.example", "")
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP = &http.Client{Transport: w}
	return c
}

func TestWaitOutlivesARestartOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(wire, 20, 21)
		w := append(gone, `{"id":"a","status":"succeeded"}`)
		j, err := (&app{}).forOrders().follow(t.Context(), answering(t, &w), api.Job{ID: "a", Status: "queued"}, nil)
		if err != nil || j.Status != "succeeded" {
			t.Errorf("got %s and %v, want the job as it ended", j.Status, err)
		}
	})
}

func TestWaitGivesUpOnAServerThatStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := (&app{}).forOrders().follow(t.Context(), answering(t, &wire{}), api.Job{ID: "a", Status: "queued"}, nil)
		if codeOf(err) != codeUnreachable {
			t.Errorf("got %v, want that the server is unreachable", err)
		}
	})
}

func TestWaitDoesNotStormAServerThatNeverHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire(append(slicesOf(`{"id":"a","status":"running"}`, 10), `{"id":"a","status":"succeeded"}`))
		began := time.Now()
		if _, err := (&app{}).forOrders().follow(t.Context(), answering(t, &w), api.Job{ID: "a", Status: "queued"}, nil); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != 10*breath {
			t.Errorf("eleven questions took %s, want a pause of %s between them", d, breath)
		}
	})
}

func slicesOf(s string, n int) []string { return strings.Split(strings.Repeat(s+"\n", n), "\n")[:n] }

func TestListGoesOnBehindAnEmptyPage(t *testing.T) {
	const empty = `{"data":[],"next_cursor":"c","has_more":true}`
	for name, c := range map[string]struct{ last, out, said string }{
		"to the job": {`{"data":[{"id":"the-job","status":"failed"}],"has_more":false}`, "the-job", ""},
		"to the end": {`{"data":[],"has_more":false}`, "", "No jobs match.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, said strings.Builder
			w := wire{empty, empty, c.last}
			q := client.ListQuery{Status: []string{"failed"}}
			if err := (&app{out: &out, errs: &said}).forJobs().list(t.Context(), answering(t, &w), q, &listing[api.Job]{limit: 20, row: jobRow}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.out) || said.String() != c.said {
				t.Errorf("printed %q and said %q, want %q and %q", out.String(), said.String(), c.out, c.said)
			}
		})
	}
}

func TestOrderOfUnknownFateCanBeSentAgain(t *testing.T) {
	for want, interrupt := range map[int]bool{codeUnreachable: false, codeInterrupted: true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if interrupt {
				cancel()
			}
			_, err := submit(ctx, answering(t, &wire{}), &order{key: "k1"})
			if codeOf(err) != want || !strings.HasSuffix(err.Error(), "add: --key k1") {
				t.Errorf("exit code %d and %q, want %d and the way to pay once", codeOf(err), err, want)
			}
		})
	}
}

func TestInputImageIsReadNoFurtherThanItMayBeSent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "big.png")
	if err := os.WriteFile(file, make([]byte, request.MaxImageBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	err := (&order{image: file}).fillImage()
	if err == nil || !strings.Contains(err.Error(), "3 MB") {
		t.Errorf("got %v, want the limit", err)
	}
}

func TestExitCode(t *testing.T) {
	for want, errs := range map[int][]error{
		0:               {nil},
		codeUsage:       {errors.New("disk full"), told(codeUsage)},
		codeRefused:     {&api.Problem{Status: 404}, &api.Problem{Status: 422}, fmt.Errorf("save: %w", &api.Problem{Status: 410})},
		codeFailed:      {&ended{}, errors.Join(nil, &ended{}), told(codeFailed)},
		codeUnreachable: {&api.Problem{Status: 401}, &api.Problem{Status: 403}, &api.Problem{Status: 503}, fmt.Errorf("list: %w", client.ErrUnreachable)},
		codeInterrupted: {context.Canceled, &interrupted{}, errors.Join(context.Canceled, &api.Problem{Status: 503}), fmt.Errorf("list: %w", context.Canceled)},
	} {
		for _, err := range errs {
			if got := codeOf(err); got != want {
				t.Errorf("%v: exit code %d, want %d", err, got, want)
			}
		}
	}
}

func TestNoAnswerIsExplained(t *testing.T) {
	refused := fmt.Errorf("%w: no answer (%w)", client.ErrUnreachable, &net.OpError{Op: "dial", Err: errors.New("refused")})
	reset := fmt.Errorf("%w: no answer (%w)", client.ErrUnreachable, &net.OpError{Op: "read", Err: errors.New("reset")})
	for _, c := range []struct {
		server string
		err    error
		want   string
	}{
		{"http://[::1]:8080", refused, "no Easel server answers at http://[::1]:8080. Start one with: easel serve"},
		{"localhost:8080", refused, "no Easel server answers at localhost:8080. Start one with: easel serve"},
		{"https://easel.example", refused, "no Easel server answers at https://easel.example. Check the address"},
		{"https://localhost:8080", fmt.Errorf("%w (%w)", client.ErrUnreachable, http.ErrSchemeMismatch), "the server at https://localhost:8080 takes no https: give"},
		{"http://localhost:8080", reset, "the server cannot be reached"},
	} {
		if got := (&app{server: c.server}).explain(c.err); !strings.HasPrefix(got, c.want) {
			t.Errorf("got %q, want it to begin with %q", got, c.want)
		}
	}
}

func TestGravestExitCodeRemains(t *testing.T) {
	codes := map[string]error{"good": nil, "failed": &ended{}, "refused": &api.Problem{Status: 404}, "broken": &api.Problem{Status: 500}}
	for _, c := range []struct {
		ids  string
		want int
	}{
		{"good good", 0},
		{"failed good", codeFailed},
		{"failed refused good", codeRefused},
		{"broken refused failed", codeUnreachable},
	} {
		a := &app{errs: io.Discard}
		err := a.forOrders().each(t.Context(), strings.Fields(c.ids), func(id string) error { return codes[id] })
		if got := codeOf(err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.ids, got, c.want)
		}
	}
}

func TestInterruptionNamesWhatIsLeft(t *testing.T) {
	a := &app{errs: io.Discard}
	err := a.forOrders().each(t.Context(), []string{"a", "b", "c"}, func(id string) error {
		if id == "a" {
			return nil
		}
		return &interrupted{ids: []string{id}}
	})
	if want := "easel wait b c"; !strings.HasSuffix(err.Error(), want) || codeOf(err) != codeInterrupted {
		t.Errorf("got %q, want it to end with %q", err, want)
	}
}

func TestDataFolder(t *testing.T) {
	root := t.TempDir()
	for name, c := range map[string]struct {
		system, want string
		env          map[string]string
	}{
		"XDG":               {"linux", filepath.Join(root, "data", "easel"), map[string]string{"HOME": root, "XDG_DATA_HOME": filepath.Join(root, "data")}},
		"home":              {"linux", filepath.Join(root, ".local", "share", "easel"), map[string]string{"HOME": root}},
		"a relative XDG":    {"linux", filepath.Join(root, ".local", "share", "easel"), map[string]string{"HOME": root, "XDG_DATA_HOME": "data"}},
		"macOS":             {"darwin", filepath.Join(root, "Library", "Application Support", "easel"), map[string]string{"HOME": root}},
		"Windows":           {"windows", filepath.Join(root, "easel"), map[string]string{"LocalAppData": root, "HOME": "elsewhere"}},
		"nobody's":          {"linux", "", nil},
		"nobody's, Windows": {"windows", "", map[string]string{"HOME": root}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dataDir(c.system, func(key string) string { return c.env[key] })
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestFileNameIsSafe(t *testing.T) {
	for given, want := range map[string]string{
		"":                       "",
		"red-fox_1":              "red-fox_1",
		"../../etc/passwd":       "etc_passwd",
		"-rf":                    "rf",
		"con.txt":                "con_txt",
		"Füchse im Schnee":       "Füchse_im_Schnee",
		"a\x00b\nc:d*e\\f":       "a_b_c_d_e_f",
		strings.Repeat("ü", 128): strings.Repeat("ü", 60),
	} {
		if got := safe(given); got != want {
			t.Errorf("safe(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestTextForATerminalObeysNobody(t *testing.T) {
	for given, want := range map[string]string{
		"a fox":                   "a fox",
		"a\nfox\t":                "a fox ",
		"\x1b]0;title\a\u202efox": " ]0;title  fox",
		"a very long prompt":      "a very lo…",
		"zehn Füchs":              "zehn Füchs",
		"a\xfffox":                "a?fox",
		"family 👨‍👩‍👧‍👦 of foxes": "family …",
		"two of them 👩‍🚀 👩‍🚀 👩‍🚀": "two of them 👩‍🚀 👩‍🚀…",
		"می\u200cخواهم":           "می\u200cخواهم",
	} {
		most := 10
		if len(want) > 12 {
			most = 20
		}
		if got := clip(given, most); got != want {
			t.Errorf("clip(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestSimulatorFlags(t *testing.T) {
	for given, want := range map[string]float64{"20": 20, "0.5": 0.5, "real": 1, "none": 0} {
		if got, err := parseQuota(given); err != nil || got != want {
			t.Errorf("quota %q is %g and %v, want %g", given, got, err, want)
		}
	}
	for given, want := range map[string]time.Duration{"2s": 2 * time.Second, "none": -1, "0s": -1} {
		if got, err := parseLatency(given); err != nil || got != want {
			t.Errorf("latency %q is %s and %v, want %s", given, got, err, want)
		}
	}
	for _, bad := range []string{"", "0", "-1", "NaN", "Inf", "2s"} {
		if got, err := parseQuota(bad); err == nil {
			t.Errorf("quota %q is %g, want an error", bad, got)
		}
	}
	for _, bad := range []string{"", "-2s", "fast"} {
		if got, err := parseLatency(bad); err == nil {
			t.Errorf("latency %q is %s, want an error", bad, got)
		}
	}
}

func TestVersionTellsTheBuild(t *testing.T) {
	b := readBuild(&debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}},
	}, true)
	if want := "v1.2.3 0123456789ab modified go"; !strings.HasPrefix(b.String(), want) {
		t.Errorf("got %q, want it to begin with %q", b, want)
	}
	if b := readBuild(nil, false); b.Version != "(devel)" {
		t.Errorf("a build that knows nothing of itself calls itself %q", b.Version)
	}
}
