package cli

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
)

const someID = "01999999-aaaa-7bbb-8ccc-123456789abc"

func TestMeterPaintsOverItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		m := newMeter(&screen, 30)
		m.show("queued", "a text that is too long for the line", someID)
		m.show("running", "a\x1b[2J", "short")
		time.Sleep(time.Second)
		synctest.Wait()
		m.stop()
		want := "\rqueued 0s  a text…  01999999…\r" +
			"\rrunning 0s  a [2J  short" + strings.Repeat(" ", 5) + "\r" +
			"\rrunning 1s  a [2J  short\r" +
			"\r" + strings.Repeat(" ", 24) + "\r"
		if d := cmp.Diff(want, screen.String()); d != "" {
			t.Error(d)
		}
	})
}

func TestProgressFitsTheLine(t *testing.T) {
	for _, detail := range []string{"", "pace, looked at again in 7s: Other jobs of this model stand before it."} {
		for _, width := range []int{20, 40, 80} {
			m := &meter{width: width, since: time.Now(), state: "queued", detail: detail, id: someID}
			got := m.compose()
			if n := utf8.RuneCountInString(got); n >= width || !strings.HasPrefix(got, "queued 0s  ") {
				t.Errorf("%q has %d columns, want it to fit into %d", got, n, width)
			}
			if whole := strings.HasSuffix(got, someID); whole != (detail == "" && width > 40) {
				t.Errorf("in %d columns: %q", width, got)
			}
		}
	}
}

func TestNoMeterIsSilent(t *testing.T) {
	a := &app{errs: &bytes.Buffer{}}
	m := a.meter()
	m.show("running", "", "a")
	m.stop()
	if m != nil || a.errs.(*bytes.Buffer).Len() > 0 {
		t.Error("an output that is no terminal got a progress line")
	}
}

func TestWaitWithoutATerminalTellsOnceWhatIsWrong(t *testing.T) {
	waits := func(code string) string {
		return `{"id":"a","status":"queued","waiting":{"code":"` + code + `","message":"Do this."}}`
	}
	for _, c := range []struct {
		json bool
		want string
	}{
		{false, "job a waits (credentials): Do this.\njob a waits (outage): Do this.\n"},
		{true, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var errs bytes.Buffer
			w := wire{waits("pace"), waits("credentials"), waits("pace"), waits("credentials"), waits("outage"), `{"id":"a","status":"succeeded"}`}
			a := &app{errs: &errs, json: c.json}
			if _, err := a.forOrders().follow(t.Context(), answering(t, &w), api.Job{ID: "a", Status: "queued"}, nil); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, errs.String()); d != "" {
				t.Error(d)
			}
		})
	}
}
