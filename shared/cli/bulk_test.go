package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/local"
	"easel/shared/request"
	"easel/shared/template"
)

func TestWithoutAServerACommandRunsTheSimulator(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	listener.Close()
	t.Setenv("EASEL_KEY", "")
	into, err := folder.Open(filepath.Join(t.TempDir(), "p"))
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	var said strings.Builder
	a := &app{errs: &said, server: nobody, sign: signAuto}
	c, name, stop, err := a.forFiles().serverOf(t.Context(), &embedded{}, into.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Health(t.Context()); err != nil || name != embeddedName+local.Simulated || !strings.Contains(said.String(), "are simulated") {
		t.Errorf("got %q, said %q, %v", name, said.String(), err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	c, name, _, err = a.forFiles().serverOf(t.Context(), &embedded{named: true}, into.Path)
	if err != nil || name != nobody || c.Health(t.Context()) == nil {
		t.Errorf("a server that was named is not used: %q, %v", name, err)
	}
}

func TestAFolderKnowsAServerHoweverItIsWritten(t *testing.T) {
	for given, want := range map[string]string{
		"http://127.0.0.1:8080/": "http://127.0.0.1:8080", "127.0.0.1:8080": "http://127.0.0.1:8080",
		"abc.execute-api.eu-west-1.amazonaws.com/": "https://abc.execute-api.eu-west-1.amazonaws.com",
		"https://easel.example.com/v1":             "https://easel.example.com/v1",
	} {
		if got := (&app{server: given}).forFiles().serverName(); got != want {
			t.Errorf("%s is known as %s, want %s", given, got, want)
		}
	}
}

func TestProgressFitsOnALine(t *testing.T) {
	ends := time.Date(2030, 1, 2, 15, 4, 0, 0, time.Local)
	for want, p := range map[string]bulk.Progress{
		"0 of 3 made, $0.00 ordered": {Total: 3, CostUSD: "0"},
		"1 of 4 made":                {Made: 1, Total: 4, CostUSD: "0.04"},
		"1 of 3 made, $0.04 ordered, waiting: credentials":                  {Made: 1, Total: 3, CostUSD: "0.04", Waiting: "credentials"},
		"1,201 of 2,000 made, 3 failed, $48.20 ordered":                     {Made: 1201, Total: 2000, Failed: 3, CostUSD: "48.2"},
		"1 of 2 made, 88.5 a minute, $0.04 ordered, until about 2030-01-02": {Made: 1, Total: 2, PerMinute: 88.5, CostUSD: "0.04", EndsAt: &ends},
	} {
		if got := standing(p, p.Total == 4); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestARealServerThatWasOnlyFoundIsNotUsedSilently(t *testing.T) {
	plan := bulk.Plan{Rows: 1, ToMake: 1, Cost: 40_000, CostUSD: "0.04"}
	for name, c := range map[string]struct {
		home embedded
		plan func(*bulk.Plan)
		asks bool
	}{
		"found":                {asks: true},
		"named":                {home: embedded{named: true}},
		"of the command's own": {home: embedded{on: true, asked: true}},
		"simulated":            {plan: func(p *bulk.Plan) { p.Simulated = true }},
		"nothing new":          {plan: func(p *bulk.Plan) { p.UnderWay, p.Cost = 1, 0 }},
	} {
		p := plan
		if c.plan != nil {
			c.plan(&p)
		}
		o := &bulkOrder{ask: "1", home: c.home, server: "http://127.0.0.1:8080"}
		err := (&app{in: strings.NewReader("")}).forFiles().consent(t.Context(), o, p)
		want := "Send 1 picture for $0.04, to http://127.0.0.1:8080, which makes real pictures? Nobody is here to be asked, and the server was not named"
		if c.asks != (err != nil) || c.asks && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestThePlanSaysWhereThePicturesComeFrom(t *testing.T) {
	for want, c := range map[string]struct {
		own  bool
		plan bulk.Plan
	}{
		"simulated, by a server of this command's own":            {own: true, plan: bulk.Plan{Simulated: true}},
		"real: Amazon Bedrock, by a server of this command's own": {own: true},
		"simulated, at http://localhost":                          {plan: bulk.Plan{Simulated: true}},
		"real, at http://localhost":                               {},
		"of the server at http://localhost":                       {plan: bulk.Plan{Unsure: true}},
	} {
		o := &bulkOrder{home: embedded{on: c.own}, server: "http://localhost"}
		if got := o.origin(c.plan); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestThePlanCountsWhatWasOrderedAndIsNotMade(t *testing.T) {
	var screen strings.Builder
	(&app{}).forFiles().showPlan(&screen, &bulkOrder{to: "p"}, "a.csv", bulk.Plan{
		Rows: 70, ToMake: 15, UnderWay: 13, Waiting: 10, Beyond: 47, Cost: 80_000, Ordered: 400_000, CostUSD: "0.08", WaitingUSD: "0.4",
		Removed: 50, RemovedUSD: "2", Earlier: []bulk.Earlier{{Server: "http://other", BatchID: "b", Left: 3}},
	})
	for _, want := range []string{
		"beyond --limit +47 +which takes the first rows of the file; what was ordered before is made as well",
		"to fetch +3 +ordered before and ended; nothing new is paid for these",
		"under way +10 +ordered before and not made yet, \\$0.40",
		"to make +2 ",
		"12 pictures, \\$0.48 at list price: 10 ordered before, 2 new, ",
		"50 jobs of rows that are no longer in the file: not made yet, \\$2.00 when they are; --cancel-removed cancels them",
		"http://other, batch b\\) left 3 rows under way there",
	} {
		if ok, err := regexp.MatchString(want, screen.String()); !ok || err != nil {
			t.Errorf("%q is not in, %v\n%s", want, err, screen.String())
		}
	}
}

func TestTheSummaryLeadsToFilesThatAreThereAlone(t *testing.T) {
	dir := t.TempDir()
	s := bulk.Summary{Made: 1, Saved: 1, Pictures: 12, Failed: 14, Canceled: 12, Ordered: 15, CostUSD: "0.6", CountedUSD: "1.2"}
	for _, there := range []bool{false, true} {
		if there {
			if err := os.WriteFile(failedFile(dir), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var screen strings.Builder
		(&app{out: &screen}).forFiles().showSummary(dir, s)
		text := screen.String()
		if strings.Contains(text, ": see ") != there || !strings.Contains(text, "2 rows without a picture") ||
			!strings.Contains(text, "$0.60 at list price\nThe server counts $1.20 at list price for the batch: rows took more than one call, as those that failed and were sent again, or ") || !strings.Contains(text, "12 rows canceled; ") || !strings.HasPrefix(text, "1 new picture, 12 in "+dir) {
			t.Errorf("the file is there: %t, and the screen is %s", there, text)
		}
	}
}

func TestABarStandsBelowWhatIsSaid(t *testing.T) {
	var screen bytes.Buffer
	w := &bulkWatch{a: &app{errs: &screen}, run: &bulk.Run{}, width: 80, under: lastLine{w: &screen}}
	w.show(bar(1, 4, "1 of 4 made", w.width))
	w.hear(bulk.Event{Event: bulk.Waiting, Code: "credentials", Message: "The credentials\x1b[2J have expired."})
	w.stop()
	text := screen.String()
	if want := "\r  25% |██████                  |  1 of 4 made\r"; !strings.HasPrefix(text, want) {
		t.Errorf("the bar is %q, want %q first", text, want)
	}
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
	want := template.Lists{"colors": {"red", "blue", "3::green"}, "art/style": {"ink"}}
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

// blocked is a terminal without input.
type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }

func TestAPausedRunSaysHowToGoOn(t *testing.T) {
	gone := &bulk.GoneError{After: 10 * time.Minute, Cause: fmt.Errorf("%w: no answer from somewhere", client.ErrUnreachable)}
	faulty := &bulk.FaultsError{File: "a"}
	faulty.Add(3, "", "", request.FieldError{Detail: "no"})
	for name, c := range map[string]struct {
		err  error
		code int
		want string
	}{
		"a server that is gone":   {&paused{cause: gone, back: "easel bulk a --to b", sent: true}, codeUnreachable, "Go on with: easel bulk a --to b"},
		"a refusal in the middle": {&paused{cause: &api.Problem{Status: 429, Code: "budget_exceeded", Detail: "Too dear."}, back: "easel bulk", sent: true}, codeRefused, "refused (429 budget_exceeded): Too dear.\nWhat is made is not paid again. Go on with: easel bulk"},
		"a server of its own":     {&paused{cause: context.Canceled, back: "easel bulk", sent: true, alone: true}, codeInterrupted, "interrupted. Nothing runs now; the same command goes on where it was: easel bulk"},
		"before anything is sent": {&paused{cause: context.Canceled, back: "easel bulk"}, codeInterrupted, "interrupted; nothing was sent."},
		"a faulty file":           {&paused{cause: faulty}, codeUsage, "a has 1 faulty row\n  line 3: no"},
		"a bound":                 {&beyond{&bulk.OverMaxError{Pictures: 2, Cost: 80_000, Max: 10_000}}, codeRefused, "no new row fits. Nothing new was sent. Raise --max-cost"},
	} {
		if got := (&app{}).explain(c.err); !strings.HasSuffix(got, c.want) || codeOf(c.err) != c.code {
			t.Errorf("%s: exit code %d, %s", name, codeOf(c.err), got)
		}
	}
}

func TestRetryGoesOnUntilNothingIsLeft(t *testing.T) {
	w := wire{`{"id":"b","retried":1000,"has_more":true}`, `{"id":"b","retried":7}`}
	b, n, err := retryAll(t.Context(), answering(t, &w), "b", nil, nil)
	if err != nil || n != 1007 || b.ID != "b" {
		t.Errorf("got %d of %+v, %v", n, b, err)
	}
}
