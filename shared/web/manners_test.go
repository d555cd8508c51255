//go:build !race

package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"easel/shared/api"
	"easel/shared/gate"
	"easel/shared/local"
)

func TestNothingMovesForThoseWhoWantItStill(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.media("prefers-reduced-motion", "reduce")
	b.order("a slow fox [sim:slow=2s]")
	b.until("the card", `document.querySelector('.now .is-running')`)
	if n := eval[int](b, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d things move", n)
	}
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
	if n := eval[int](b, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d things move", n)
	}
}

// Other pages of the same machine cannot put the page into a frame.
func TestNoOtherPageFramesIt(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	other := serve(t, local.Options{Sim: tiny()})
	b := newTab(t)
	b.open(other.url + "/livez")
	framed := eval[bool](b, fmt.Sprintf(`new Promise((done) => { const f = document.createElement('iframe'); f.src = %s; f.onload = () => { let in_ = false; try { in_ = Boolean(f.contentDocument?.querySelector('.make')) } catch {} done(in_ || f.contentWindow.length > 0) }; document.documentElement.append(f) })`, quote(s.url+"/")))
	if framed {
		t.Error("the page is in a frame of another")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) == 0 {
		t.Error("the browser did not refuse the frame")
	}
	b.faults = nil
}

// BenchmarkFirstGrid is the time from the address to a hundred thumbnails on the page, among many records. It prints the
// median of five.
func BenchmarkFirstGrid(b *testing.B) {
	s := serve(b, local.Options{Sim: tiny()})
	for range gate.Size(1_000, 10_000) / 1000 {
		s.fill(1000, func(n int) string { return fmt.Sprintf(`{"prompt":"number %d","aspect_ratio":"3:2"}`, n) })
	}
	page := newTab(b)
	page.size(1280, 10_000) // all of them are in sight, so that none is put off
	const hundred = `document.querySelectorAll('.rows img.shown').length >= 100`
	page.open(s.url)
	page.until("a hundred pictures", hundred)
	for b.Loop() {
		var times []time.Duration
		for range 5 {
			if _, err := chromedp.Call(page.ctx, network.ClearBrowserCache, cdp.Empty{}); err != nil {
				b.Fatal(err)
			}
			page.reload()
			page.until("a hundred pictures", hundred)
			at := eval[float64](page, `Math.max(...performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'img').map((e) => e.responseEnd))`)
			times = append(times, time.Duration(at*float64(time.Millisecond)))
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[2].Milliseconds()), "ms/grid")
	}
}

// No cache on the way keeps the records of an owner: not a proxy, and not the browser where a key is wanted.
func TestWhatIsPrivateIsInNoSharedCache(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	j := s.make(api.JobRequest{Settings: api.Settings{Prompt: "a fox"}})
	for address, want := range map[string]string{
		s.url + "/jobs": "no-store", s.url + "/jobs/" + j.ID: "no-store", s.url + "/models": "no-store", j.Images[0].URL: "private",
		s.url + "/web/app.js": "no-cache",
	} {
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := answer.Header.Get("Cache-Control"); !contains(got, want) || contains(got, "public") {
			t.Errorf("%s: Cache-Control %q, want %s", address, got, want)
		}
	}
}
