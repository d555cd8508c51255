//go:build !race

package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"easel/shared/api"
	"easel/shared/local"
)

func (b *tab) order(prompt string) {
	b.t.Helper()
	b.write("#f-prompt", prompt)
	b.click(".make .primary")
}

func TestACardOfTheRightShapeIsThereAtOnce(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.click(`input[name=ratio][value="21:9"]`)
	b.order("a wide land [sim:slow=3s]")
	b.until("the card", `document.querySelector('.now .card:is(.is-queued, .is-running)')`)
	if shape := eval[float64](b, `(() => { const r = document.querySelector('.now .card-picture').getBoundingClientRect(); return r.width / r.height })()`); shape < 2.3 || shape > 2.4 {
		t.Errorf("its shape is %v, want 21:9", shape)
	}
	b.until("the number in the title", `document.title === '(1) Easel'`)
	b.until("its state and time", `/(Being drawn|Next in line|Waits).*\d+ s/s.test(document.querySelector('.now .card-words').innerText)`)
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
	b.until("an empty title", `document.title === 'Easel'`)
}

func TestAModeratedPromptSaysWhyAndHowToGoOn(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.order("a fox [sim:filtered]")
	b.until("the reason", `/moderation/.test(document.querySelector('.now .is-failed .card-words').innerText)`)
	b.write("#f-prompt", "something else")
	eval[bool](b, `[...document.querySelectorAll('.now .ways button')].find((e) => e.textContent === 'Edit').click() || true`)
	b.until("the prompt in the form", `document.querySelector('#f-prompt').value === 'a fox [sim:filtered]'`)
	b.order("a fox")
	b.until("the picture", `document.querySelector('.now .is-succeeded')`)
}

func TestAFailedCallIsTriedAgainFromItsCard(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.order("a boat [sim:500=2]")
	b.until("the failure", `document.querySelector('.now .is-failed')`)
	eval[bool](b, `[...document.querySelectorAll('.now .ways button')].find((e) => e.textContent === 'Retry').click() || true`)
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
}

func TestAReloadInTheMiddleLosesNothing(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.order("a slow whale [sim:slow=4s]")
	b.until("the card", `document.querySelector('.now .card')`)
	b.reload()
	b.until("the card again", `document.querySelector('.card:is(.is-queued, .is-running)')`)
	b.until("the picture", `document.querySelector('.is-succeeded img.shown')`)
	if n := len(s.jobs()); n != 1 {
		t.Errorf("%d jobs, want one", n)
	}
}

func TestThePageGoesOnAfterTheServerHasStartedAnew(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.order("a patient owl [sim:slow=2s]")
	b.until("the card", `document.querySelector('.now .card:is(.is-queued, .is-running)')`)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	b.until("a word about the connection", `document.querySelector('.lost').textContent.includes('No connection')`)
	b.order("a fox that is ordered meanwhile")
	b.click(`input[name=model][value=ultra]`)
	again := serve(t, local.Options{Addr: strings.TrimPrefix(s.url, "http://"), Data: s.data, Sim: tiny()})
	b.until("both pictures", `document.querySelectorAll('.now .is-succeeded img.shown').length === 2`)
	b.until("the connection", `document.querySelector('.lost').textContent === ''`)
	b.until("the price of what was chosen meanwhile", `document.querySelector('.price:not(.quiet) strong').textContent === '$0.14'`)
	if n := len(again.jobs()); n != 2 {
		t.Errorf("%d jobs, want 2", n)
	}
}

// What a prompt holds is text wherever it is shown.
func TestNothingFromAPromptIsHTML(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	evil := `<img src=x onerror="window.caught=1"><script>window.caught=2</script>`
	one := s.make(api.JobRequest{Settings: api.Settings{Prompt: evil, NegativePrompt: evil}, Metadata: map[string]string{evil: evil}})
	two := s.make(api.JobRequest{Settings: api.Settings{Prompt: evil + " [sim:filtered]"}})
	s.call("POST", "/batches", "application/json", `{"name":`+quote(evil)+`,"prompts":[`+quote(evil)+`]}`, nil)
	b := onPage(t, s)
	for _, view := range []string{"#/", "#/job/" + one.ID, "#/job/" + two.ID, "#/compare/" + one.ID + "/" + two.ID, "#/bulk"} {
		b.open(s.url + "/" + view)
		b.reload()
		b.until("the prompt as text on "+view, `document.body.innerText.includes('<img src=x onerror=')`)
		if eval[bool](b, `Boolean(window.caught || document.querySelector('img[src="x"], body script'))`) {
			t.Errorf("%s: the prompt became HTML", view)
		}
	}
}

// A hidden page lets go of its stream and asks twice a minute, and opens it at once when the page is shown.
func TestAHiddenPageAsksSeldom(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.until("the stream", `performance.getEntriesByType('resource').length`)
	eval[bool](b, `(() => {
		window.pauses = [];
		const timer = window.setTimeout;
		window.setTimeout = (f, ms, ...more) => { window.pauses.push(ms); return timer(f, ms, ...more) };
		window.away = true;
		Object.defineProperty(document, 'hidden', { get: () => window.away });
		return document.dispatchEvent(new Event('visibilitychange')) })()`)
	b.until("a long pause", `window.pauses.includes(30000)`)
	s.make(api.JobRequest{Settings: api.Settings{Prompt: "a fox that is made meanwhile"}})
	if eval[bool](b, `document.body.innerText.includes('meanwhile') || window.pauses.filter((ms) => ms === 30000).length > 1`) {
		t.Error("the page asked although nobody looks at it")
	}
	eval[bool](b, `(window.away = false, document.dispatchEvent(new Event('visibilitychange')))`)
	s.make(api.JobRequest{Settings: api.Settings{Prompt: "a fox that is made now"}})
	b.until("the news", `document.querySelector('.news')`)
}

func TestWhatOneTabOrdersTheOtherShows(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	one := onPage(t, s)
	two := one.beside()
	two.open(s.url)
	two.until("the models", `document.querySelectorAll('.model').length === 3`)
	one.order("a fox for both [sim:slow=1s]")
	one.until("the picture", `document.querySelector('.now .is-succeeded')`)
	two.until("the news", `document.querySelector('.news')?.textContent === '1 new' || document.querySelector('.is-succeeded')`)
	two.click(".news")
	two.until("the picture", `document.querySelector('.is-succeeded img.shown')`)
}

// While the network is slow or away an order shows as sent, and there is one of it in the end.
func TestASlowNetworkOrdersOnce(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	slow := func(offline bool, latency float64) {
		conditions := []*network.Conditions{{Offline: offline, Latency: latency, DownloadThroughput: -1, UploadThroughput: -1}}
		if _, err := chromedp.Call(b.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions}); err != nil {
			t.Fatal(err)
		}
	}
	slow(true, 0)
	b.order("a fox on a slow road")
	b.until("the order under way", `document.querySelector('.now').innerText.includes('trying again')`)
	b.reloadsOrder(slow)
	b.until("the picture", `document.querySelector('.is-succeeded img.shown')`)
	if n := len(s.jobs()); n != 1 {
		t.Errorf("%d jobs, want one", n)
	}
}

// reloadsOrder brings the network back, slowly, and loads the page anew before the answer can have come.
func (b *tab) reloadsOrder(slow func(bool, float64)) {
	b.t.Helper()
	slow(false, 300)
	b.reload()
	b.until("the form", `document.querySelectorAll('.model').length === 3`)
}

// The order arrives and its answer gets lost: it is sent again, and one picture is made.
func TestALostAnswerOrdersOnce(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var orders atomic.Int32
	again := make(chan struct{})
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method != http.MethodPost || r.Request.URL.Path != "/jobs" {
				return nil
			}
			if orders.Add(1) == 1 {
				return errors.New("the answer is lost")
			}
			close(again)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	between := httptest.NewServer(proxy)
	t.Cleanup(between.Close)
	b := newTab(t)
	b.open(between.URL)
	b.until("the models", `document.querySelectorAll('.model').length === 3`)
	b.order("a fox whose answer is lost")
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
	<-again // events may show the picture before
	b.until("one card", `!document.querySelector('.now').innerText.includes('trying again') && document.querySelectorAll('.now .is-succeeded').length === 1`)
	if n := len(s.jobs()); n != 1 {
		t.Errorf("%d jobs, want one", n)
	}
}

func TestTheCostIsThatOfTheOrder(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.write("#f-prompt", "a fox")
	b.click(`input[name=model][value=sd35]`)
	b.write("#f-runs", "3")
	b.until("the cost of three", `document.querySelector('.price strong')?.textContent === '$0.24'`)
	b.click(".make .primary")
	b.until("three pictures", `document.querySelectorAll('.now .is-succeeded').length === 3`)
	for _, j := range s.jobs() {
		if j.Cost.ListUSD != "0.08" {
			t.Errorf("one came to %s", j.Cost.ListUSD)
		}
	}
}

// The event that tells a job's end may come before the answer to its order. Then the page takes it for news at first, and for
// its own as soon as the answer is there.
func TestAnAnswerAfterTheEndOfTheJobIsShown(t *testing.T) {
	_, b, _ := gallery(t, "a first fox")
	eval[bool](b, `(() => {
		const send = window.fetch;
		const news = () => new Promise((then) => { const look = () => (document.querySelector('.news') ? setTimeout(then, 400) : setTimeout(look, 20)); look(); }); // lists are drawn again for 120 ms
		window.fetch = async (to, how) => { const answer = await send(to, how); if (how?.method === 'POST') await news(); return answer; };
		return true })()`)
	b.order("a quick fox")
	b.until("its card, and no news of it", `document.querySelectorAll('.now .is-succeeded').length === 1 && !document.querySelector('.news')`)
}
