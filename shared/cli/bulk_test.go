package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/bulk"
	"easel/shared/local"
	"easel/shared/prompt"
)

func TestWithoutAServerACommandRunsTheSimulator(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	listener.Close()
	t.Setenv("EASEL_KEY", "")
	folder, err := bulk.OpenFolder(filepath.Join(t.TempDir(), "p"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	var said strings.Builder
	a := &app{errs: &said, server: nobody, sign: signAuto}
	c, name, stop, err := a.serverOf(t.Context(), &embedded{}, folder.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Health(t.Context()); err != nil || name != embeddedName+local.Simulated || !strings.Contains(said.String(), "are simulated") {
		t.Errorf("got %q, said %q, %v", name, said.String(), err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	c, name, _, err = a.serverOf(t.Context(), &embedded{named: true}, folder.Path)
	if err != nil || name != nobody || c.Health(t.Context()) == nil {
		t.Errorf("a server that was named is not used: %q, %v", name, err)
	}
}

func TestTheLedgerKnowsAServerHoweverItIsWritten(t *testing.T) {
	for given, want := range map[string]string{
		"http://127.0.0.1:8080/": "http://127.0.0.1:8080", "127.0.0.1:8080": "http://127.0.0.1:8080",
		"abc.execute-api.eu-west-1.amazonaws.com/": "https://abc.execute-api.eu-west-1.amazonaws.com",
		"https://easel.example.com/v1":             "https://easel.example.com/v1",
	} {
		if got := (&app{server: given}).ledgerName(); got != want {
			t.Errorf("%s is known as %s, want %s", given, got, want)
		}
	}
}

func TestProgressFitsOnALine(t *testing.T) {
	ends := time.Date(2030, 1, 2, 15, 4, 0, 0, time.Local)
	for want, p := range map[string]bulk.Progress{
		"0 of 3 made, $0.00":                    {Total: 3, CostUSD: "0"},
		"1 of 4 made":                           {Made: 1, Total: 4, CostUSD: "0.04"},
		"1,201 of 2,000 made, 3 failed, $48.20": {Made: 1201, Total: 2000, Failed: 3, CostUSD: "48.2"},
		"1 of 2 made, 88.5 a minute, $0.04, until about Wed 15:04": {Made: 1, Total: 2, PerMinute: 88.5, CostUSD: "0.04", EndsAt: &ends},
	} {
		if got := standing(p, p.Total == 4); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestABarStandsBelowWhatIsSaid(t *testing.T) {
	var screen bytes.Buffer
	w := &bulkWatch{a: &app{errs: &screen}, run: &bulk.Run{}, width: 80}
	w.bar = w.newBar(4, 0)
	if err := w.bar.Set(1); err != nil {
		t.Fatal(err)
	}
	w.hear(bulk.Event{Event: bulk.Waiting, Code: "credentials", Message: "The credentials\x1b[2J have expired."})
	w.stop()
	text := screen.String()
	said := strings.Index(text, "The credentials [2J have expired.\n")
	if said < 0 || !strings.Contains(text[:said], " 25% ") || !strings.Contains(text[said:], " 25% ") || strings.Contains(text, "\x1b[2J") {
		t.Errorf("the screen is %q", text)
	}
}

func TestListsAreReadFromAFolder(t *testing.T) {
	got, err := readLists(fstest.MapFS{
		"colors.txt":    {Data: []byte("\ufeff# all of them\r\nred\r\n\r\n  blue \r\n3::green")},
		"art/style.txt": {Data: []byte("ink")},
		"notes.md":      {Data: []byte("not a list")},
	})
	want := prompt.Lists{"colors": {"red", "blue", "3::green"}, "art/style": {"ink"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for name, c := range map[string]struct {
		files fs.FS
		want  string
	}{
		"no list":        {fstest.MapFS{"a.md": {}}, "no .txt file"},
		"wrong encoding": {fstest.MapFS{"a.txt": {Data: []byte("red\ncaf\xe9")}}, "a.txt, line 2 is not UTF-8"},
	} {
		if _, err := readLists(c.files); !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadingWhatIsTypedEndsWithAnInterruption(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in := typed(ctx, blocked{})
	stop()
	if _, err := io.ReadAll(in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// blocked is a terminal at which nobody types.
type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }

func TestAPausedRunSaysHowToGoOn(t *testing.T) {
	gone := &bulk.GoneError{After: 10 * time.Minute, Cause: fmt.Errorf("%w: no answer from somewhere", api.ErrUnreachable)}
	for name, c := range map[string]struct {
		err  error
		code int
		want string
	}{
		"a server that is gone":   {&paused{cause: gone, back: "easel bulk a --to b", sent: true}, codeUnreachable, "Go on with: easel bulk a --to b"},
		"a refusal in the middle": {&paused{cause: &api.Problem{Status: 429, Code: "budget_exceeded", Detail: "Too dear."}, back: "easel bulk", sent: true}, codeRefused, "refused (429 budget_exceeded): Too dear.\nNothing is paid twice. Go on with: easel bulk"},
		"before anything is sent": {&paused{cause: context.Canceled, back: "easel bulk"}, codeInterrupted, "interrupted; nothing was sent."},
		"a faulty file":           {&paused{cause: &bulk.FaultsError{File: "a", Faults: []bulk.Fault{{Line: 3, Detail: "no"}}}}, codeUsage, "a has faulty rows\n  line 3: no"},
		"a bound":                 {&beyond{&bulk.OverMaxError{Pictures: 2, Cost: 80_000, Max: 10_000}}, codeRefused, "the first 0 of them fit. Nothing was sent. Raise --max-cost"},
	} {
		if got := (&app{}).explain(c.err); !strings.HasSuffix(got, c.want) || codeOf(c.err) != c.code {
			t.Errorf("%s: exit code %d, %s", name, codeOf(c.err), got)
		}
	}
}

func TestRetryGoesOnUntilNothingIsLeft(t *testing.T) {
	w := wire{`{"id":"b","retried":1000,"has_more":true}`, `{"id":"b","retried":7}`}
	b, n, err := retryAll(t.Context(), client(t, &w), "b", nil, nil)
	if err != nil || n != 1007 || b.ID != "b" {
		t.Errorf("got %d of %+v, %v", n, b, err)
	}
}
