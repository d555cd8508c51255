package local

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"easel/shared/api"
	"easel/shared/api/client"
)

// front is a server behind a proxy, as a client reaches it under its public name.
type front struct {
	t      *testing.T
	base   string
	client *http.Client
	image  string // a signed address

	job, batch, hare string // hare is the batch's job
}

// behind starts a server with a public address, and a proxy before it that keeps the Host or puts the target's there.
func behind(t *testing.T, public string, keep bool) *front {
	t.Helper()
	r := up(t, Options{URL: public})
	target, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.SetXForwarded()
		if keep {
			p.Out.Host = p.In.Host
		}
	}})
	if proxy.StartTLS(); strings.HasPrefix(strings.ToLower(public), "http:") {
		proxy.Close()
		proxy = httptest.NewServer(proxy.Config.Handler)
	}
	t.Cleanup(proxy.Close)
	f := &front{t: t, base: strings.ToLower(strings.TrimSuffix(public, "/")), client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the proxy's certificate has another name
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, proxy.Listener.Addr().String())
			},
		},
	}}
	t.Cleanup(f.client.CloseIdleConnections)
	f.order()
	return f
}

// order makes a job that has a picture, and a batch with the job that its route orders again.
func (f *front) order() {
	f.t.Helper()
	c, err := client.New(f.base, "")
	if err != nil {
		f.t.Fatal(err)
	}
	c.HTTP = f.client
	j, err := c.Submit(f.t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 20e9)
	if err != nil || j.Status != "succeeded" {
		f.t.Fatalf("got %+v, %v", j, err)
	}
	if err := c.Download(f.t.Context(), j, 0, io.Discard); err != nil {
		f.t.Error(err)
	}
	b, err := c.CreateBatch(f.t.Context(), client.BatchSettings{Open: true}, "")
	if err != nil {
		f.t.Fatal(err)
	}
	f.call("POST", f.base+"/batches/"+b.ID+"/jobs", f.body("POST", "/jobs/jobs"))
	l, err := c.List(f.t.Context(), client.ListQuery{BatchID: b.ID})
	if err != nil || len(l.Data) != 1 {
		f.t.Fatalf("got %+v, %v", l, err)
	}
	f.job, f.batch, f.hare, f.image = j.ID, b.ID, l.Data[0].ID, j.Images[0].URL
}

// call sends a request; headers are pairs.
func (f *front) call(method, address, body string, header ...string) (*http.Response, []byte) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
		if header[n] == "Host" {
			r.Host = header[n+1]
		}
	}
	response, err := f.client.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := f.read(response)
	if err != nil {
		f.t.Fatal(err)
	}
	return response, data
}

// read reads an answer, of a stream of events the first.
func (f *front) read(response *http.Response) ([]byte, error) {
	if response.Header.Get("Content-Type") == "text/event-stream" {
		return bufio.NewReader(response.Body).ReadBytes('}')
	}
	return io.ReadAll(response.Body)
}

// routes are all that the description names, for the job and the batch, with those that remove at the end.
func (f *front) routes() (all [][2]string) {
	f.t.Helper()
	_, data := f.call("GET", f.base+"/openapi.yaml", "")
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		f.t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		id := f.job
		if strings.HasPrefix(path, "/batches/") {
			id = f.batch
		}
		for method := range item.Operations() {
			all = append(all, [2]string{method, strings.Replace(path, "{id}", id, 1)})
		}
	}
	slices.SortFunc(all, func(a, b [2]string) int { return strings.Compare(b[0]+b[1], a[0]+a[1]) })
	return all
}

// body is what a route needs that order something.
func (f *front) body(method, path string) string {
	switch {
	case method == "POST" && path == "/jobs":
		return `{"prompt":"a hare"}`
	case method == "POST" && path == "/batches":
		return `{"prompts":["a hare"]}`
	case method == "POST" && strings.HasSuffix(path, "/jobs"):
		return `{"jobs":[{"prompt":"a hare","custom_id":"1"}]}`
	}
	return ""
}

// links are the addresses in an answer: that of its header and all in its body.
func links(response *http.Response, body []byte) (all []string) {
	if l := response.Header.Get("Location"); l != "" {
		all = append(all, l)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	for token, err := d.Token(); err == nil; token, err = d.Token() {
		if s, ok := token.(string); ok && strings.Contains(s, "://") {
			all = append(all, s)
		}
	}
	return all
}

var publicAddresses = []string{
	"https://pics.example.com", "https://PICS.example.com:443/", "http://pics.example.com:8088", "http://pics.example.com:80",
	"https://pics.example.com.", "http://[2001:db8::7]:8088", "https://pics",
}

func TestEveryRouteAndLinkWorksBehindAProxy(t *testing.T) {
	for _, public := range publicAddresses {
		for name, keep := range map[string]bool{"keeps": true, "rewrites": false} {
			t.Run(public+" "+name+" the host", func(t *testing.T) {
				f := behind(t, public, keep)
				seen := map[string]bool{}
				for _, r := range f.routes() {
					response, data := f.call(r[0], f.base+r[1], f.body(r[0], r[1]), "Origin", webOrigin(t, f.base), "X-Forwarded-Host", "evil.example")
					f.works(r[0]+" "+r[1], response, data)
					for _, l := range links(response, data) {
						seen[l] = true
					}
				}
				if len(seen) < 10 {
					t.Errorf("only these links were found: %v", slices.Collect(maps.Keys(seen)))
				}
				f.follow(seen)
			})
		}
	}
}

func (f *front) works(what string, response *http.Response, data []byte) {
	f.t.Helper()
	if s := response.StatusCode; s == 403 || s == 404 || s >= 500 {
		f.t.Errorf("%s: got %d %s", what, s, data)
	}
}

// follow asks for every address: an action answers 405, a removed job 404 but never of a path that is none.
func (f *front) follow(links map[string]bool) {
	f.t.Helper()
	for l := range links {
		if !strings.HasPrefix(l, f.base+"/") {
			f.t.Errorf("%s does not begin with %s", l, f.base)
			continue
		}
		response, data := f.call("GET", l, "")
		if gone := (strings.Contains(l, f.job) || strings.Contains(l, f.hare)) && response.StatusCode == 404 && !bytes.Contains(data, []byte("unknown_path")); !gone {
			f.works(l, response, data)
		}
	}
}

// webOrigin is what a browser calls an address.
func webOrigin(t *testing.T, base string) string {
	t.Helper()
	for scheme, port := range map[string]string{"https": ":443", "http": ":80"} {
		if strings.HasPrefix(base, scheme+"://") {
			return strings.TrimSuffix(base, port)
		}
	}
	t.Fatalf("%s is no web address", base)
	return ""
}

func TestForeignHostsAndOriginsAreRefusedOnAllRoutes(t *testing.T) {
	f := behind(t, "https://pics.example.com", true)
	all := f.routes()
	for _, path := range []string{"/", "/files", "/files/", strings.TrimPrefix(f.image, f.base), "/nowhere", "//jobs", "/jobs/", "/./jobs"} {
		all = append(all, [2]string{"GET", path}, [2]string{"POST", path}, [2]string{"OPTIONS", path})
	}
	for _, r := range all {
		for _, host := range []string{"evil.example", "pics.example.com.evil.example", "https", "pics.example.com:x", "*", "pics.example.org"} {
			response, data := f.call(r[0], f.base+r[1], f.body(r[0], r[1]), "Host", host)
			if probe := strings.HasSuffix(r[1], "z"); !probe && (response.StatusCode != 403 || !bytes.Contains(data, []byte("wrong_host"))) {
				t.Errorf("%s %s under %s: got %d %s", r[0], r[1], host, response.StatusCode, data)
			}
		}
		for _, origin := range []string{"https://evil.example", "null", "http://pics.example.com", "https://pics.example.com:8443", "https://pics.example.com.evil.example"} {
			response, data := f.call(r[0], f.base+r[1], f.body(r[0], r[1]), "Origin", origin)
			if response.StatusCode != 403 || !bytes.Contains(data, []byte("foreign_origin")) {
				t.Errorf("%s %s from %s: got %d %s", r[0], r[1], origin, response.StatusCode, data)
			}
		}
	}
}

func TestTheSimulatorIsClosedToPages(t *testing.T) {
	ready, ended := make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- RunSim(ctx, SimOptions{Addr: "127.0.0.1:0", Ready: func(url string) { ready <- url }})
	}()
	alone := <-ready
	_, inside, _ := strings.Cut(up(t, Options{}).out.String(), "ledger: ")
	inside, _, _ = strings.Cut(inside, "/ledger")
	for _, base := range []string{alone, inside} {
		f := &front{t: t, client: http.DefaultClient}
		for header, value := range map[string]string{"Host": "evil.example", "Origin": "https://evil.example"} {
			if response, data := f.call("GET", base+"/ledger", "", header, value); response.StatusCode != 403 {
				t.Errorf("%s %s: got %d %s", header, value, response.StatusCode, data)
			}
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAServerOnEveryAddressAnswersWithTheNameThatWasCalled(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	const key = "0123456789abcdef0123456789abcdef"
	if err := os.WriteFile(keys, []byte("ann "+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := up(t, Options{Addr: "0.0.0.0:0", KeysFile: keys})
	_, port, _ := strings.Cut(strings.TrimPrefix(r.url, "http://"), ":")
	if !strings.Contains(r.out.String(), "--url http://NAME:"+port+"\n") {
		t.Errorf("the start does not name --url:\n%s", r.out)
	}
	for _, base := range []string{"http://127.0.0.1:" + port, "http://localhost:" + port} {
		c, err := client.New(base, key)
		if err != nil {
			t.Fatal(err)
		}
		j, err := c.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 20e9)
		if err != nil || len(j.Images) != 1 || !strings.HasPrefix(j.Images[0].URL, base+"/files/") || !strings.HasPrefix(j.URLs.Self, base+"/jobs/") {
			t.Errorf("under %s: got %+v, %v", base, j, err)
		}
	}
}
