//go:build !race

package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"easel/shared/awstest"
	"easel/shared/local"
	"easel/shared/sign"
	"easel/shared/web"
)

const (
	secretID  = "AKIAEXAMPLE"
	secretKey = "wJalr/XUtn+FEMI="
)

// A front is what stands before a deployed API: it takes signed requests and no others, and notes what they bring.
type front struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func newFront(t *testing.T, s *server) *front {
	t.Helper()
	f := &front{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		secret := func(id string) string { return map[string]string{secretID: secretKey}[id] }
		if err := awstest.Verify(r, body, "execute-api", "us-west-2", secret, time.Now()); err != nil {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":"Forbidden"}`))
			return
		}
		f.mu.Lock()
		f.seen = append(f.seen, r.Clone(r.Context()))
		f.mu.Unlock()
		if r.URL.Path == "/events" || r.URL.Path == "/images.zip" { // a deployed API has none
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if r.URL.Query().Has("q") {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"status":422,"code":"invalid_request","detail":"There is no search here.","errors":[{"pointer":"q","detail":"There is no search here."}]}`))
			return
		}
		out, _ := http.NewRequestWithContext(r.Context(), r.Method, s.url+r.URL.RequestURI(), strings.NewReader(string(body)))
		for _, name := range []string{"Content-Type", "Idempotency-Key"} {
			if v := r.Header.Get(name); v != "" {
				out.Header.Set(name, v)
			}
		}
		answer, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		w.Header().Set("Set-Cookie", "from=there")
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(f.Close)
	return f
}

// ui is the proxy before the front, and the address that lets a browser in.
func ui(t *testing.T, f *front, images ...string) (p *httptest.Server, enter string) {
	t.Helper()
	to, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	signer := &sign.Signer{Credentials: credentials.NewStaticCredentialsProvider(secretID, secretKey, ""), Region: "us-west-2"}
	h, token := web.Proxy{Server: to, Authorize: signer.Authorize, Images: images}.Handler()
	p = httptest.NewServer(h)
	t.Cleanup(p.Close)
	return p, p.URL + "/?token=" + token
}

// get asks the proxy as a browser does, with what a page of that site sends.
func get(t *testing.T, c *http.Client, address, site string, header ...string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	for n := 0; n < len(header); n += 2 {
		if header[n] == "Host" {
			r.Host = header[n+1]
			continue
		}
		r.Header.Set(header[n], header[n+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	if answer.Header.Get("Set-Cookie") == "from=there" {
		t.Error("a cookie of the API came through")
	}
	return answer.StatusCode, string(data)
}

func jar(t *testing.T) *http.Client {
	t.Helper()
	j, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: j}
}

func TestTheAddressLetsOneBrowserInOnce(t *testing.T) {
	p, enter := ui(t, newFront(t, serve(t, local.Options{Sim: tiny()})))
	one, two := jar(t), jar(t)
	if status, _ := get(t, two, p.URL+"/jobs", "same-origin"); status != http.StatusForbidden {
		t.Errorf("without a cookie: %d", status)
	}
	if status, _ := get(t, two, p.URL+"/?token=guess", "none"); status != http.StatusForbidden {
		t.Errorf("with a guess: %d", status)
	}
	if status, body := get(t, one, enter, "none"); status != http.StatusOK || !strings.Contains(body, "<!DOCTYPE html>") {
		t.Errorf("with the token: %d", status)
	}
	if status, _ := get(t, two, enter, "none"); status != http.StatusForbidden {
		t.Errorf("with the token a second time: %d", status)
	}
	if status, body := get(t, one, p.URL+"/jobs", "same-origin"); status != http.StatusOK || !strings.Contains(body, `"data"`) {
		t.Errorf("with the cookie: %d %s", status, body)
	}
	for name, c := range map[string][]string{
		"a page of another port": {"same-site"}, "a page of another site": {"cross-site"}, "a program": {""},
		"a foreign origin": {"same-origin", "Origin", "http://evil.example"}, "another name": {"same-origin", "Host", "evil.example"},
	} {
		if status, _ := get(t, one, p.URL+"/jobs", c[0], c[1:]...); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
}

func TestOnlyPathsOfTheAPIArePassedOn(t *testing.T) {
	f := newFront(t, serve(t, local.Options{Sim: tiny()}))
	p, enter := ui(t, f)
	c := jar(t)
	get(t, c, enter, "none")
	for _, path := range []string{"/admin", "/jobs/../admin", "/jobs/%2e%2e/admin", "/jobs/a/b", "/jobs/a%2Fb", "/openapi.yaml", "/healthz", "/files/a", "/batches/a/delete", "/jobsx"} {
		if status, _ := get(t, c, p.URL+path, "same-origin"); status < 300 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if len(f.seen) != 0 {
		t.Errorf("%s came through", f.seen[0].URL)
	}
	get(t, c, p.URL+"/models", "same-origin", "X-Amz-Date", "mine", "X-Forwarded-For", "me", "Authorization", "Bearer mine")
	if len(f.seen) != 1 {
		t.Fatalf("%d requests came through", len(f.seen))
	}
	h := f.seen[0].Header
	if h.Get("Cookie") != "" || h.Get("X-Forwarded-For") != "" || h.Get("X-Amz-Date") == "mine" || !strings.HasPrefix(h.Get("Authorization"), "AWS4-HMAC-SHA256") {
		t.Errorf("the API saw %v", h)
	}
}

// The whole page by the proxy: pictures are made, and nothing that the browser has or sends is a credential of AWS.
func TestNoCredentialReachesTheBrowser(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	_, enter := ui(t, newFront(t, s), s.url)
	b := newTab(t)
	events := chromedp.Events(b.ctx, network.RequestWillBeSentExtraInfo)
	answers := chromedp.Events(b.ctx, network.ResponseReceivedExtraInfo)
	var mu sync.Mutex
	var sent []string
	note := func(v any) {
		data, _ := json.Marshal(v)
		mu.Lock()
		sent = append(sent, string(data))
		mu.Unlock()
	}
	go func() {
		for e, err := range events {
			if err != nil {
				return
			}
			note(e.Headers)
		}
	}()
	go func() {
		for e, err := range answers {
			if err != nil {
				return
			}
			note(e.Headers)
		}
	}()
	b.open(enter)
	b.until("the models", `document.querySelectorAll('.model').length === 3 && !location.search`)
	b.order("a fox far away")
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
	cookies, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil || len(cookies.Cookies) == 0 {
		t.Fatalf("no cookie, %v", err)
	}
	note(cookies)
	note(eval[string](b, `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])`))
	if got := eval[string](b, `document.cookie`); got != "" {
		t.Errorf("scripts can read %q", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(sent) < 5 {
		t.Fatalf("only %d things were seen", len(sent))
	}
	for _, text := range sent {
		for _, secret := range []string{secretID, secretKey, "AWS4-HMAC", "Authorization", "X-Amz-"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("%s is in %s", secret, text)
			}
		}
	}
}

// A deployed API has no stream and no search. The page asks again and again for what is under way, and says what is not there.
func TestThePageDoesWithoutStreamAndSearch(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	f := newFront(t, s)
	_, enter := ui(t, f, s.url)
	b := newTab(t)
	b.open(enter)
	b.until("the models", `document.querySelectorAll('.model').length === 3`)
	b.order("a fox far away [sim:slow=2s]")
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
	b.write(".search input", "fox")
	b.until("a word about the search", `document.querySelector('.empty').innerText.includes('no search') && document.querySelector('.search input').disabled`)
	b.click(".empty button")
	b.until("the pictures", `document.querySelector('.is-succeeded')`)
	if eval[bool](b, `document.querySelector('.card .pick input').click() || Boolean(document.querySelector('.picked-bar a[download]'))`) {
		t.Error("a zip is offered that the server does not have")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	streams := 0
	for _, r := range f.seen {
		if r.URL.Path == "/events" {
			streams++
		}
	}
	if streams != 1 {
		t.Errorf("the stream was asked for %d times, want once", streams)
	}
}

// TestWhatIsPassedBackRunsNoScript has a gateway that answers with a page of its own, as at the address of a picture.
func TestWhatIsPassedBackRunsNoScript(t *testing.T) {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src *")
		_, _ = w.Write([]byte("<script>fetch('/jobs', {method: 'POST'})</script>"))
	}))
	t.Cleanup(gateway.Close)
	to, _ := url.Parse(gateway.URL)
	h, token := web.Proxy{Server: to}.Handler()
	entered := ask(h, "http://localhost/?token="+token)
	cookie, _, _ := strings.Cut(entered.Header().Get("Set-Cookie"), ";")
	for path, want := range map[string]string{
		"/jobs/1/image": "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'", "/": web.Page{}.Policy(),
	} {
		w := ask(h, "http://localhost"+path, "Cookie", cookie, "Sec-Fetch-Site", "none")
		if got := w.Header().Values("Content-Security-Policy"); w.Code != http.StatusOK || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %d with the policy %q", path, w.Code, got)
		}
	}
}

func TestALookAtTheAddressDoesNotUseItUp(t *testing.T) {
	h, token := web.Proxy{Server: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}.Handler()
	r := httptest.NewRequest(http.MethodHead, "http://localhost/?token="+token, nil)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if w := ask(h, "http://localhost/?token="+token); w.Code != http.StatusSeeOther {
		t.Errorf("GET after it: %d", w.Code)
	}
}

func TestTheProxySaysWhatIsWrong(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	f := newFront(t, s)
	to, _ := url.Parse(f.URL)
	for name, c := range map[string]struct {
		proxy  web.Proxy
		status int
		detail string
	}{
		"no credentials": {web.Proxy{Server: to, Authorize: func(*http.Request, []byte) error { return sign.ErrCredentials }}, 502, sign.ErrCredentials.Error()},
		"refused":        {web.Proxy{Server: to}, 403, "Forbidden"},
		"nobody there":   {web.Proxy{Server: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}, 502, "does not answer"},
	} {
		h, token := c.proxy.Handler()
		p := httptest.NewServer(h)
		client := jar(t)
		get(t, client, p.URL+"/?token="+token, "none")
		if status, body := get(t, client, p.URL+"/jobs", "same-origin"); status != c.status || !strings.Contains(body, c.detail) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		p.Close()
	}
}
