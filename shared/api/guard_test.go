package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"easel/shared/api"
	"easel/shared/job"
)

func TestGuard(t *testing.T) {
	const order, look = "POST /jobs", "GET /jobs"
	for name, c := range map[string]struct {
		call   string
		header []string
		hosts  []string
		want   int
	}{
		"loopback by name":            {look, []string{"Host", "localhost:9999"}, nil, 200},
		"loopback in capitals":        {look, []string{"Host", "LocalHost"}, nil, 200},
		"loopback of IPv6":            {look, []string{"Host", "[::1]:8080"}, nil, 200},
		"no host":                     {look, []string{"Host", ":8080"}, nil, 403},
		"a name that leads here":      {look, []string{"Host", "rebind.example"}, nil, 403},
		"a name that begins alike":    {look, []string{"Host", "localhost.evil.example"}, nil, 403},
		"a probe by address":          {"GET /healthz", []string{"Host", "10.0.0.7:8080"}, nil, 200},
		"another path for the probe":  {look + "/healthz", []string{"Host", "10.0.0.7:8080"}, nil, 403},
		"a name of its own":           {look, []string{"Host", "Easel.example.com:443"}, []string{"easel.example.com"}, 200},
		"a name with its port":        {look, []string{"Host", "easel.example.com"}, []string{"easel.example.com:8080"}, 200},
		"a name as the root has it":   {look, []string{"Host", "easel.example.com.:8080"}, []string{"Easel.Example.com"}, 200},
		"a name with no number":       {look, []string{"Host", "easel.example.com:x"}, []string{"easel.example.com"}, 403},
		"a name with a far port":      {look, []string{"Host", "easel.example.com:70000"}, []string{"easel.example.com"}, 403},
		"loopback as the root has it": {look, []string{"Host", "localhost.:8080"}, nil, 200},
		"loopback in full":            {look, []string{"Host", "[0:0:0:0:0:0:0:1]:8080"}, nil, 200},
		"loopback without brackets":   {look, []string{"Host", "::1"}, nil, 200},
		"loopback in both":            {look, []string{"Host", "[::ffff:127.0.0.1]"}, nil, 200},
		"another loopback":            {look, []string{"Host", "127.1.2.3"}, nil, 200},
		"an address in full":          {look, []string{"Host", "[2001:DB8:0::7]:80"}, []string{"2001:db8::7"}, 200},
		"an address with its zone":    {look, []string{"Host", "[fe80::7%eth0]:80"}, []string{"fe80::7"}, 200},
		"every address has no name":   {look, []string{"Host", ":8080"}, []string{""}, 403},
		"a star is no name":           {look, []string{"Host", "*"}, []string{"easel.example.com"}, 403},
		"a forwarded name":            {look, []string{"Host", "evil.example", "X-Forwarded-Host", "localhost", "Forwarded", "host=localhost"}, nil, 403},
		"a live probe by address":     {"GET /livez", []string{"Host", "10.0.0.7:8080"}, nil, 200},
		"any name behind a gateway":   {look, []string{"Host", "abc.execute-api.us-west-2.amazonaws.com"}, []string{"*"}, 200},
		"an own page orders":          {order, []string{"Origin", base, "Sec-Fetch-Site", "same-origin"}, nil, 202},
		"an own page looks":           {look, []string{"Origin", base}, nil, 200},
		"another port is foreign":     {order, []string{"Origin", "http://127.0.0.1:3000"}, nil, 403},
		"another name is foreign":     {look, []string{"Origin", "http://localhost:8080"}, nil, 403},
		"a foreign page orders":       {order, []string{"Origin", "https://evil.example"}, nil, 403},
		"a foreign page looks":        {look, []string{"Origin", "https://evil.example"}, nil, 403},
		"a page in a box looks":       {look, []string{"Origin", "null"}, nil, 403},
		"a form of another site":      {order, []string{"Sec-Fetch-Site", "cross-site"}, nil, 403},
		"a foreign page deletes":      {"DELETE /jobs/7", []string{"Origin", "https://evil.example"}, nil, 403},
		"a preflight":                 {"OPTIONS /jobs", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, nil, 403},
		"a foreign page and a probe":  {"GET /healthz", []string{"Origin", "https://evil.example"}, nil, 403},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *harness) {
				h.server.Hosts = c.hosts
				h.open()
				method, path, _ := strings.Cut(c.call, " ")
				body := ""
				if method == "POST" {
					body = `{"prompt": "a red fox"}`
				}
				response, data := h.call(method, path, body, c.header...)
				if response.StatusCode != c.want || response.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("got %d %v %s, want %d", response.StatusCode, response.Header, data, c.want)
				}
			})
		})
	}
}

func TestGuardTrustsTheOriginsThatItIsGiven(t *testing.T) {
	for name, c := range map[string]struct {
		call   string
		header []string
		want   int
	}{
		"it orders":           {"POST /jobs", []string{"Origin", "https://app.example.com", "Sec-Fetch-Site", "cross-site"}, 202},
		"it looks":            {"GET /jobs", []string{"Origin", "https://app.example.com", "Sec-Fetch-Site", "cross-site"}, 200},
		"another port":        {"GET /jobs", []string{"Origin", "https://app.example.com:8443"}, 403},
		"without encryption":  {"POST /jobs", []string{"Origin", "http://app.example.com"}, 403},
		"a name below":        {"GET /jobs", []string{"Origin", "https://evil.app.example.com"}, 403},
		"a malformed one":     {"POST /jobs", []string{"Origin", "app.example.com"}, 403},
		"a form, no origin":   {"POST /jobs", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"its host is foreign": {"GET /jobs", []string{"Origin", "https://app.example.com", "Host", "evil.example"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *harness) {
				h.server.Origins = []string{"https://app.example.com", "https://app.example.com/malformed"}
				h.open()
				method, path, _ := strings.Cut(c.call, " ")
				body := ""
				if method == "POST" {
					body = `{"prompt": "a red fox"}`
				}
				response, data := h.call(method, path, body, c.header...)
				if response.StatusCode != c.want || response.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("got %d %v %s, want %d", response.StatusCode, response.Header, data, c.want)
				}
			})
		})
	}
}

func TestGuardBeforeAPage(t *testing.T) {
	page := api.NewGuard(nil).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for host, want := range map[string]int{"127.0.0.1:8080": http.StatusTeapot, "evil.example": http.StatusForbidden} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/", nil)
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", host, w.Code, want)
		}
	}
}

func TestAddressesThatPeopleTryFirst(t *testing.T) {
	inHouse(t, func(h *harness) {
		j := h.made("one")
		for call, want := range map[string]int{
			"GET /jobs/":                      200,
			"GET //jobs":                      200,
			"HEAD /jobs":                      200,
			"GET /jobs/" + j.ID + "/":         200,
			"POST /jobs/" + j.ID + "/retry/":  409,
			"GET /":                           404,
			"GET /jobs/a/b/c":                 404,
			"GET /jobs/..%2F..%2Fhealthz":     404,
			"GET /jobs/%ff":                   404,
			"GET /jobs/" + j.ID + "/image/..": 404,
			"GET /jobs/a%2F%2Fb":              404,
			"GET /jobs/../healthz":            404,
			"GET /./jobs":                     404,
			"OPTIONS /jobs":                   405,
			"POST /jobs/" + j.ID:              405,
			"DELETE /jobs":                    405,
			"BREW /models":                    405,
			"POST /healthz":                   405,
		} {
			method, path, _ := strings.Cut(call, " ")
			response, body := h.call(method, path, "")
			if response.StatusCode != want {
				t.Errorf("%s: got %d %s, want %d", call, response.StatusCode, body, want)
			}
			if allow := response.Header.Get("Allow"); (allow != "") != (want == 405) {
				t.Errorf("%s: Allow is %q", call, allow)
			}
		}
	})
}

func TestEveryAnswerHasTheHeadersOfSafety(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, path := range []string{"/jobs", "/nothing", "/jobs/7", "/models", "/healthz"} {
			response, _ := h.call("GET", path, "")
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Request-Id": h.server.NewID()} {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
		}
	})
}

func TestLenientServerForgivesTypingOnLoopback(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		lenient bool
		header  []string
		want    int
	}{
		"what curl sends":           {true, []string{"Content-Type", form}, 202},
		"nothing":                   {true, []string{"Content-Type", ""}, 202},
		"another type":              {true, []string{"Content-Type", "text/plain"}, 415},
		"a page":                    {true, []string{"Content-Type", form, "Origin", base}, 415},
		"from elsewhere":            {true, []string{"Content-Type", form, "Host", "easel.example.com"}, 415},
		"a strict server":           {false, []string{"Content-Type", form}, 415},
		"JSON with its charset":     {false, []string{"Content-Type", "application/json; charset=UTF-8"}, 202},
		"JSON in capitals":          {false, []string{"Content-Type", "Application/JSON"}, 202},
		"a type that cannot be one": {false, []string{"Content-Type", ";;"}, 415},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *harness) {
				h.server.Lenient, h.server.Hosts = c.lenient, []string{"easel.example.com"}
				h.open()
				if response, body := h.call("POST", "/jobs", `{"prompt": "a red fox"}`, c.header...); response.StatusCode != c.want {
					t.Errorf("got %d %s, want %d", response.StatusCode, body, c.want)
				}
			})
		})
	}
}

func TestByteOrderMarkIsForgiven(t *testing.T) {
	inHouse(t, func(h *harness) {
		want[api.Job](h, http.StatusAccepted, "POST", "/jobs", "\ufeff"+`{"prompt": "a red fox"}`)
	})
}

func TestServerThatOnlyShowsTakesNoOrders(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Submitter = nil
		h.open()
		want[api.JobList](h, http.StatusOK, "GET", "/jobs", "")
		want[api.ModelList](h, http.StatusOK, "GET", "/models", "")
		want[api.Problem](h, http.StatusMethodNotAllowed, "POST", "/jobs", `{"prompt": "a red fox"}`)
		want[api.Problem](h, http.StatusNotFound, "POST", "/jobs/7/cancel", "")
	})
}

func TestAddressesBeginWithTheBase(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Base = "https://easel.example.com/prod"
		h.open()
		response, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a red fox"}`)
		if self := "https://easel.example.com/prod/jobs/" + j.ID; j.URLs.Self != self || response.Header.Get("Location") != self {
			t.Errorf("got %+v, %v", j.URLs, response.Header)
		}
	})
}

func TestKeysNameTheirOwners(t *testing.T) {
	keys, err := api.LoadKeys(strings.NewReader("\ufeffann 0123456789abcdefgh\r\n# who may order\r\n\r\nann  0123456789abcdef # old\r\nann\tfedcba9876543210\nbob 0123456789abcdeF"))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Bearer 0123456789abcdef": "ann", "Bearer 0123456789abcdefgh": "ann", "bearer fedcba9876543210": "ann", "Bearer  0123456789abcdeF ": "bob",
		"Bearer 0123456789abcde": "", "Bearer 0123456789abcdef0": "", "0123456789abcdef": "", "Bearer": "", "": "", "Bearer #": "",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		caller, err := keys.Identify(r)
		if caller != (job.Caller{Owner: want}) || (err == nil) != (want != "") {
			t.Errorf("%q: got %+v, %v", header, caller, err)
		}
	}
}

func TestKeysAreRefusedByLine(t *testing.T) {
	for file, want := range map[string]string{
		"":                                       "openssl rand -hex 32",
		"# nobody":                               "there is no key",
		"\nann short-secret":                     "line 2",
		"ann 0123456789abcdef extra":             "3 word(s)",
		"0123456789abcdef":                       "1 word(s)",
		"a 0123456789abcdef\nb 0123456789abcdef": "line 2",
		"a 0123456789abcdef\nb\xff 012345678":    "line 2: this is no UTF-8",
		"\xff\xfea\x00 \x000\x001\x002\x003\x00": "line 1: this is no UTF-8",
	} {
		_, err := api.LoadKeys(strings.NewReader(file))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "0123456789abcdef") || strings.Contains(err.Error(), "short-secret") {
			t.Errorf("%q: got %v, want %q", file, err, want)
		}
	}
}

func TestEverybodyOnLoopbackIsLocal(t *testing.T) {
	if c, err := api.Local(nil); err != nil || c.Owner != "local" || c.Operator {
		t.Errorf("got %+v, %v", c, err)
	}
}
