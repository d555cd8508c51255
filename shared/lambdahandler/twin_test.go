package lambdahandler_test

import (
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/run"
)

// reply is what a client sees of an answer.
type reply struct {
	Status int
	Header map[string]string
	Body   string
}

// wire asks over net/http what an event asks over a gateway.
func wire(t *testing.T, server *httptest.Server, e events.APIGatewayV2HTTPRequest) reply {
	t.Helper()
	body := e.Body
	if e.IsBase64Encoded {
		data, _ := base64.StdEncoding.DecodeString(e.Body)
		body = string(data)
	}
	r, err := http.NewRequestWithContext(t.Context(), e.RequestContext.HTTP.Method, server.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = e.RawPath // as it is, whatever it is
	r.URL.RawQuery, r.Host = e.RawQueryString, e.RequestContext.DomainName
	for name, value := range e.Headers {
		if name != "content-length" {
			r.Header.Set(name, value)
		}
	}
	response, err := server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{response.StatusCode, map[string]string{}, string(data)}
	for name, values := range response.Header {
		out.Header[name] = strings.Join(values, ", ")
	}
	for _, own := range []string{"Date", "Content-Length", "Connection"} { // the server's, and the gateway's there
		delete(out.Header, own)
	}
	return out
}

// gateway is the same for the function's answer.
func gateway(t *testing.T, out events.APIGatewayV2HTTPResponse) reply {
	t.Helper()
	body := out.Body
	if out.IsBase64Encoded {
		data, err := base64.StdEncoding.DecodeString(out.Body)
		if err != nil {
			t.Fatal(err)
		}
		body = string(data)
	}
	return reply{out.StatusCode, out.Headers, body}
}

// ask is an event like another, for another call.
func ask(like events.APIGatewayV2HTTPRequest, method, path, query string, header ...string) events.APIGatewayV2HTTPRequest {
	like.RawPath, like.RawQueryString, like.Headers = path, query, maps.Clone(like.Headers)
	like.RequestContext.HTTP.Method = method
	for n := 0; n < len(header); n += 2 {
		like.Headers[header[n]] = header[n+1]
	}
	return like
}

// Two harnesses are asked the same, one as a function behind a gateway and one over the wire, and a worker makes the same
// picture in both. Whatever they answer, they answer it alike.
func TestTwins(t *testing.T) {
	function, local := build(t), build(t)
	local.server.Identify = func(*http.Request) (job.Caller, error) { return job.Caller{Owner: owner}, nil }
	server := httptest.NewTLSServer(api.New(local.server))
	defer server.Close()
	statuses := map[int]int{}
	twins := func(name string, e events.APIGatewayV2HTTPRequest) {
		t.Helper()
		want, got := wire(t, server, e), gateway(t, function.call(t, e))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, over the wire (-) and through the function (+):\n%s", name, diff)
		}
		statuses[got.Status]++
	}
	for _, name := range []string{"submit-core", "submit-ultra", "submit-bad", "submit-core", "status-list"} {
		twins(name, sample(t, name))
	}
	twins("too early", ask(sample(t, "status-done"), "GET", "/jobs/"+lion, "wait=0"))
	for _, h := range []*harness{function, local} {
		w := &run.Worker{Do: h.worker.Do, Log: h.server.Log}
		if out, err := lambdahandler.Work(w)(t.Context(), messages(t, "worker-good")); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("got %+v, %v", out, err)
		}
	}
	for _, name := range []string{"status-done", "status-unknown", "status-list", "submit-core"} {
		twins(name, sample(t, name))
	}
	for name, e := range further(t) {
		twins(name, e)
	}
	for _, e := range lastly(t) {
		twins(e.RequestContext.HTTP.Method+" "+e.RawPath, e)
	}
	for _, status := range []int{200, 202, 204, 302, 400, 403, 404, 405, 409, 413, 415, 422} {
		if statuses[status] == 0 {
			t.Errorf("nothing was answered with %d: %v", status, statuses)
		}
	}
}

// further calls change nothing, so their order does not matter.
func further(t *testing.T) map[string]events.APIGatewayV2HTTPRequest {
	t.Helper()
	get, post := sample(t, "status-unknown"), sample(t, "submit-core")
	encoded, large, damaged := post, post, post
	encoded.Body, encoded.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(post.Body)), true
	large.Body = `{"prompt": "` + strings.Repeat("a", api.MaxBody) + `"}`
	damaged.Body = "\xff\xfe{\x00"
	empty := post
	empty.Body = ""
	return map[string]events.APIGatewayV2HTTPRequest{
		"picture":                ask(get, "GET", "/jobs/"+lion+"/image", ""),
		"without a picture":      ask(get, "GET", "/jobs/f02f781c-5580-5cef-9445-bc878d1c9aee/image", ""),
		"head alone":             ask(get, "HEAD", "/jobs/"+lion, ""),
		"head of a problem":      ask(get, "HEAD", "/nothing", ""),
		"catalogue":              ask(get, "GET", "/models", "all=1"),
		"description":            ask(get, "GET", "/openapi.yaml", ""),
		"a page of one":          ask(get, "GET", "/jobs", "limit=1"),
		"states one by one":      ask(get, "GET", "/jobs", "status=queued&status=succeeded"),
		"a query with escapes":   ask(get, "GET", "/jobs", "model=%63ore&limit=0010"),
		"a query that is none":   ask(get, "GET", "/jobs", "limit=%zz"),
		"a query of two words":   ask(get, "GET", "/jobs", "sta;tus=queued"),
		"doubled slashes":        ask(get, "GET", "/jobs//"+lion+"//", ""),
		"an escaped slash":       ask(get, "GET", "/jobs/a%2Fb", ""),
		"an escaped letter":      ask(get, "GET", "/%6aobs", ""),
		"steps up":               ask(get, "GET", "/jobs/../healthz", ""),
		"bytes that are no text": ask(get, "GET", "/jobs/%ff%fe", ""),
		"a wrong method":         ask(get, "PATCH", "/jobs", ""),
		"nothing there":          ask(get, "GET", "/%C3%A9", ""),
		"a preference":           ask(get, "GET", "/jobs/"+lion, "", "prefer", "respond-async, wait=3"),
		"a foreign page":         ask(get, "GET", "/jobs", "", "origin", "https://evil.example", "sec-fetch-site", "cross-site"),
		"a body in base64":       encoded,
		"a body too large":       large,
		"a body of bytes":        damaged,
		"a body of nothing":      empty,
		"a body in gzip":         ask(post, "POST", "/jobs", "", "content-encoding", "gzip"),
		"a body as it is":        ask(post, "POST", "/jobs", "", "content-encoding", "identity"),
		"a wait of many digits":  ask(get, "GET", "/jobs/"+lion, "wait=99999999999999999999"),
		"a preference and more":  ask(get, "GET", "/jobs/"+lion, "", "prefer", `foo="a, wait=9"; b, wait=3; c=d`),
		"a key in quotes":        ask(post, "POST", "/jobs", "", "idempotency-key", `"events-lion"`),
		"a parameter of nothing": ask(get, "GET", "/jobs", "status="),
		"an ID in capitals":      ask(get, "GET", "/jobs/"+strings.ToUpper(lion), ""),
		"a body of a form":       ask(post, "POST", "/jobs", "", "content-type", "application/x-www-form-urlencoded"),
		"a key used otherwise":   ask(sample(t, "submit-ultra"), "POST", "/jobs", "", "idempotency-key", "events-lion"),
		"retry what succeeded":   ask(get, "POST", "/jobs/"+lion+"/retry", ""),
	}
}

// lastly the jobs go.
func lastly(t *testing.T) []events.APIGatewayV2HTTPRequest {
	t.Helper()
	get, mountain := sample(t, "status-unknown"), "/jobs/f02f781c-5580-5cef-9445-bc878d1c9aee"
	return []events.APIGatewayV2HTTPRequest{
		ask(get, "POST", mountain+"/cancel", ""), ask(get, "POST", mountain+"/retry", ""),
		ask(get, "DELETE", "/jobs/"+lion, ""), ask(get, "DELETE", "/jobs/"+lion, ""), ask(get, "GET", "/jobs", ""),
	}
}
