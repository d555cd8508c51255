package local

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/api/client"
)

const (
	pageKey = "0123456789abcdef0123456789abcdef"
	page    = "https://app.example.com"
)

// keyFile has the key of the page.
func keyFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("ann "+pageKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// doors are a server with keys for pages of one origin, as it is and behind a proxy that keeps the Host.
func doors(t *testing.T) map[string]string {
	t.Helper()
	r := up(t, Options{KeysFile: keyFile(t), Pages: []string{"http://localhost:3000", page}})
	target, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.Out.Host = p.In.Host
	}})
	t.Cleanup(proxy.Close)
	return map[string]string{"itself": r.url, "behind a proxy": proxy.URL}
}

// written sends a request as its bytes, with the host of the server in it, and returns the answer.
func written(t *testing.T, server, request string) (status int, header http.Header) {
	t.Helper()
	host := strings.TrimPrefix(server, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	request = strings.ReplaceAll(strings.TrimLeft(request, "\n"), "\n", "\r\n")
	if _, err := c.Write([]byte(strings.Replace(request, "HOST", host, 1) + "\r\n")); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	for _, name := range []string{"Date", "X-Request-Id", "Content-Length"} {
		response.Header.Del(name)
	}
	return response.StatusCode, response.Header
}

// A preflight as a browser writes it, before a page orders a picture.
const preflight = `
OPTIONS /jobs HTTP/1.1
Host: HOST
Connection: keep-alive
Accept: */*
Access-Control-Request-Method: POST
Access-Control-Request-Headers: authorization,content-type,idempotency-key,prefer
Origin: ORIGIN
Sec-Fetch-Mode: cors
Sec-Fetch-Site: cross-site
Sec-Fetch-Dest: empty
`

func TestAPreflightOfANamedOriginIsAnswered(t *testing.T) {
	for name, server := range doors(t) {
		status, header := written(t, server, strings.Replace(preflight, "ORIGIN", page, 1))
		want := http.Header{
			"Access-Control-Allow-Origin":  {page},
			"Access-Control-Allow-Methods": {"GET, POST, PATCH, DELETE"},
			"Access-Control-Allow-Headers": {"Authorization, Content-Type, Idempotency-Key, Prefer"},
			"Access-Control-Max-Age":       {"3600"},
			"Vary":                         {"Origin"},
			"Cache-Control":                {"no-store"},
			"X-Content-Type-Options":       {"nosniff"},
		}
		if diff := cmp.Diff(want, header); status != http.StatusNoContent || diff != "" {
			t.Errorf("%s: %d (-want +got)\n%s", name, status, diff)
		}
	}
}

// Every other origin is refused, in whatever way it is like one that was named, and no header lets its page read why.
func TestAPageOfAnyOtherOriginIsRefused(t *testing.T) {
	for name, server := range doors(t) {
		for _, origin := range []string{
			"https://evil.example", "null", "*", "http://app.example.com", "https://app.example.com:443", "https://app.example.com:8443",
			"https://APP.example.com", "https://app.example.com.evil.example", "https://evil-app.example.com", "https://app.example.com/", "http://localhost:3001",
		} {
			for _, request := range []string{preflight, "\nGET /jobs HTTP/1.1\nHost: HOST\nOrigin: ORIGIN\nAuthorization: Bearer " + pageKey + "\n"} {
				status, header := written(t, server, strings.Replace(request, "ORIGIN", origin, 1))
				if status != http.StatusForbidden || header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s, %s: %d %v", name, origin, status, header)
				}
			}
		}
	}
}

// asPage is a client that sends what a browser adds to the requests of the page, and holds every answer against what a
// browser wants to see before it lets the page read.
type asPage struct{ t *testing.T }

func (p asPage) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Origin", page)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	want := map[string]string{
		"Access-Control-Allow-Origin": page, "Access-Control-Expose-Headers": "Location, Preference-Applied, Retry-After",
		"Vary": "Origin", "Access-Control-Allow-Credentials": "",
	}
	for name, value := range want {
		if got := strings.Join(response.Header.Values(name), ", "); got != value {
			p.t.Errorf("%s %s: %s is %q, want %q", r.Method, r.URL.Path, name, got, value)
		}
	}
	return response, nil
}

func TestAPageOfANamedOriginUsesTheServer(t *testing.T) {
	for name, server := range doors(t) {
		c, err := client.New(server, pageKey)
		if err != nil {
			t.Fatal(err)
		}
		c.HTTP = &http.Client{Transport: asPage{t}}
		j, err := c.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "key of "+name, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{"GET " + j.Images[0].URL, "GET " + j.URLs.Image, "GET " + server + "/nothing", "GET " + server + "/healthz", "DELETE " + j.URLs.Self} {
			method, address, _ := strings.Cut(call, " ")
			r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(address, "/files/") { // a signed address has its own
				r.Header.Set("Authorization", "Bearer "+pageKey)
			}
			response, err := c.HTTP.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		wrong, err := client.New(server, "not the key of anyone")
		if err != nil {
			t.Fatal(err)
		}
		wrong.HTTP = c.HTTP
		if _, err := wrong.Get(t.Context(), j.ID, 0); err == nil {
			t.Error("a wrong key was taken")
		}
	}
}

// An <img> sends no credential and no origin.
func TestWhatAnImgShows(t *testing.T) {
	for name, o := range map[string]Options{"keys": {KeysFile: keyFile(t)}, "no keys": {}} {
		r := up(t, o)
		c, err := client.New(r.url, map[bool]string{true: pageKey}[o.KeysFile != ""])
		if err != nil {
			t.Fatal(err)
		}
		j, err := c.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		img := func(address string) int {
			u := strings.TrimPrefix(address, r.url)
			status, _ := written(t, r.url, "\nGET "+u+" HTTP/1.1\nHost: HOST\nAccept: image/avif,image/webp,*/*;q=0.8\nSec-Fetch-Dest: image\nSec-Fetch-Mode: no-cors\nSec-Fetch-Site: cross-site\n")
			return status
		}
		want := map[string]int{"keys": http.StatusUnauthorized, "no keys": http.StatusFound}[name]
		if signed, kept := img(j.Images[0].URL), img(j.URLs.Image); signed != http.StatusOK || kept != want {
			t.Errorf("%s: the signed address is %d, the one to keep %d, want 200 and %d", name, signed, kept, want)
		}
	}
}

// The operator takes back every link: the server is stopped, its file "key" removed, and started again.
func TestANewKeyTakesEveryLinkBack(t *testing.T) {
	data := t.TempDir()
	r := up(t, Options{Data: data})
	j, err := r.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	status := func(r *running, address string) int {
		u, _ := url.Parse(address)
		got, _ := written(t, r.url, "\nGET "+u.RequestURI()+" HTTP/1.1\nHost: HOST\n")
		return got
	}
	if got := status(r, j.Images[0].URL); got != http.StatusOK {
		t.Fatalf("the link is %d", got)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "key")); err != nil {
		t.Fatal(err)
	}
	again := up(t, Options{Data: data})
	if got := status(again, j.Images[0].URL); got != http.StatusForbidden {
		t.Errorf("after a new key the link is %d", got)
	}
	fresh, err := again.client.Get(t.Context(), j.ID, 0)
	if err != nil || status(again, fresh.Images[0].URL) != http.StatusOK {
		t.Errorf("the picture cannot be had any more: %v", err)
	}
}
