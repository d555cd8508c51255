package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
)

// page is a browser on a page of the server, with its cookies.
type page struct {
	*harness
	cookie string
	last   *http.Cookie
}

// do sends a request as the page does.
func (p *page) do(method, path, body string, header ...string) (*http.Response, []byte) {
	p.t.Helper()
	sent := append([]string{"Authorization", "", "Sec-Fetch-Site", "same-origin", "Cookie", p.cookie}, header...)
	response, data := p.call(method, path, body, sent...)
	for _, c := range response.Cookies() {
		if p.last = c; c.MaxAge < 0 {
			p.cookie = ""
		} else {
			p.cookie = c.Name + "=" + c.Value
		}
	}
	return response, data
}

// gets expects a status.
func (p *page) gets(status int, method, path, body string, header ...string) []byte {
	p.t.Helper()
	response, data := p.do(method, path, body, header...)
	if response.StatusCode != status {
		p.t.Errorf("%s %s: got %d, want %d: %s", method, path, response.StatusCode, status, data)
	}
	return data
}

func (p *page) login(key string) {
	p.t.Helper()
	p.gets(http.StatusNoContent, "POST", "/session", `{"key": "`+key+`"}`)
}

func TestAKeyIsChangedForACookie(t *testing.T) {
	inHouse(t, func(h *harness) {
		p := &page{harness: h}
		for _, c := range []struct{ before, after string }{
			{"", `{"required":true,"signed_in":false}`}, {annKey, `{"required":true,"signed_in":true}`},
		} {
			if c.before != "" {
				p.login(c.before)
			}
			if got := strings.TrimSpace(string(p.gets(http.StatusOK, "GET", "/session", ""))); got != c.after {
				t.Errorf("got %s, want %s", got, c.after)
			}
		}
		c := p.last
		if c.Name != "easel_session_8080" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure || len(c.Value) < 40 {
			t.Errorf("got the cookie %s", c)
		}
		if strings.Contains(p.cookie, annKey) || strings.Contains(h.log.String(), annKey) || strings.Contains(h.log.String(), c.Value) {
			t.Error("the key is in the cookie, or key or token are in the log")
		}
		id := h.made("k").ID
		p.gets(http.StatusOK, "GET", "/jobs/"+id, "")
		p.gets(http.StatusOK, "GET", "/jobs/"+id, "", "Sec-Fetch-Site", "none")
		p.gets(http.StatusOK, "PATCH", "/jobs/"+id, `{"starred": true}`)
		bob := &page{harness: h}
		bob.login(bobKey)
		bob.gets(http.StatusNotFound, "GET", "/jobs/"+id, "")
		if bob.cookie == p.cookie {
			t.Error("two sessions have one token")
		}
	})
}

func TestACookieIsTakenFromPagesOfTheServerAlone(t *testing.T) {
	inHouse(t, func(h *harness) {
		p := &page{harness: h}
		for _, site := range []string{"", "same-site", "cross-site", "Same-Origin"} {
			p.gets(http.StatusForbidden, "POST", "/session", `{"key": "`+annKey+`"}`, "Sec-Fetch-Site", site)
		}
		p.login(annKey)
		for _, site := range []string{"", "same-site", "cross-site"} {
			p.gets(http.StatusForbidden, "GET", "/jobs", "", "Sec-Fetch-Site", site)
			p.gets(http.StatusForbidden, "POST", "/jobs", `{"prompt": "a fox"}`, "Sec-Fetch-Site", site)
		}
		p.gets(http.StatusNoContent, "DELETE", "/session", "", "Sec-Fetch-Site", "")
		if !strings.Contains(string(p.gets(http.StatusUnauthorized, "GET", "/jobs", "")), "missing_key") {
			t.Error("the cookie is still there")
		}
	})
}

func TestASessionEnds(t *testing.T) {
	inHouse(t, func(h *harness) {
		p := &page{harness: h}
		p.login(annKey)
		for range 3 {
			pass(12*time.Hour - time.Second)
			p.gets(http.StatusOK, "GET", "/jobs", "")
		}
		pass(12 * time.Hour)
		p.gets(http.StatusUnauthorized, "GET", "/jobs", "")
		p.login(annKey)
		kept := p.cookie
		p.gets(http.StatusNoContent, "DELETE", "/session", "")
		if p.cookie != "" {
			t.Error("the cookie was not taken away")
		}
		p.cookie = kept
		p.gets(http.StatusUnauthorized, "GET", "/jobs", "")
		p.cookie = "easel_session_8080=guessed"
		p.gets(http.StatusUnauthorized, "GET", "/jobs", "")
	})
}

// TestAStreamKeepsNoSessionOpen has a page without requests, but for its stream of events.
func TestAStreamKeepsNoSessionOpen(t *testing.T) {
	inHouse(t, func(h *harness) {
		p := &page{harness: h}
		p.login(annKey)
		for range 12 {
			pass(time.Hour)
			p.do("GET", "/events", "")
		}
		p.gets(http.StatusUnauthorized, "GET", "/jobs", "")
	})
}

func TestASessionEndsWithItsKey(t *testing.T) {
	inHouse(t, func(h *harness) {
		load := func(text string) *api.Keys {
			keys, err := api.LoadKeys(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return keys
		}
		now := load("ann " + annKey + "\nbob " + bobKey)
		h.besides.Sessions = api.NewSessions(func() *api.Keys { return now })
		h.server.Identify = h.besides.Sessions.Identify
		h.open()
		ann, bob := &page{harness: h}, &page{harness: h}
		ann.login(annKey)
		bob.login(bobKey)
		now = load("bob " + bobKey)
		ann.gets(http.StatusUnauthorized, "GET", "/jobs", "")
		bob.gets(http.StatusOK, "GET", "/jobs", "")
		now = load("ann " + bobKey) // it belongs to another owner
		bob.gets(http.StatusUnauthorized, "GET", "/jobs", "")
	})
}

func TestAWrongLoginIsRefused(t *testing.T) {
	inHouse(t, func(h *harness) {
		p := &page{harness: h}
		p.gets(http.StatusUnauthorized, "POST", "/session", `{"key": "not-a-key-that-is-known"}`)
		for _, body := range []string{`{}`, `{"key": 7}`, `{"key": "a", "user": "ann"}`, `[]`} {
			if data := p.gets(http.StatusUnprocessableEntity, "POST", "/session", body); !strings.Contains(string(data), `"/key"`) {
				t.Errorf("%s: %s", body, data)
			}
		}
		p.gets(http.StatusBadRequest, "POST", "/session", `{`)
		if p.cookie != "" {
			t.Error("a cookie was given out")
		}
	})
}

func TestLoginsAreBounded(t *testing.T) {
	inHouse(t, func(h *harness) {
		p := &page{harness: h}
		for range 10 {
			p.gets(http.StatusUnauthorized, "POST", "/session", `{"key": "not-a-key-that-is-known"}`)
		}
		response, _ := p.do("POST", "/session", `{"key": "`+annKey+`"}`)
		if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") != "3" {
			t.Errorf("the eleventh: %d, %v", response.StatusCode, response.Header)
		}
		pass(3 * time.Second)
		p.login(annKey)
	})
}

func TestSessionsAreBounded(t *testing.T) {
	inHouse(t, func(h *harness) {
		first, second := &page{harness: h}, &page{harness: h}
		first.login(annKey)
		pass(3 * time.Second)
		second.login(annKey)
		pass(time.Second)
		first.gets(http.StatusOK, "GET", "/jobs", "") // so the second was not used for longer
		for range 999 {
			pass(3 * time.Second)
			(&page{harness: h}).login(bobKey)
		}
		first.gets(http.StatusOK, "GET", "/jobs", "")
		second.gets(http.StatusUnauthorized, "GET", "/jobs", "")
	})
}

func TestASecureServerHasASecureCookie(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Base = "https://easel.example.com"
		h.open()
		p := &page{harness: h}
		p.gets(http.StatusNoContent, "POST", "/session", `{"key": "`+annKey+`"}`, "Host", "easel.example.com")
		if c := p.last; !c.Secure || c.Name != "easel_session" {
			t.Errorf("got the cookie %s", c)
		}
	})
}

func TestAServerWithoutKeysNeedsNoLogin(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.besides.Sessions = api.NewSessions(nil)
		h.server.Identify = h.besides.Sessions.Identify
		h.open()
		p := &page{harness: h}
		if got := strings.TrimSpace(string(p.gets(http.StatusOK, "GET", "/session", ""))); got != `{"required":false,"signed_in":true}` {
			t.Errorf("got %s", got)
		}
		p.gets(http.StatusUnprocessableEntity, "POST", "/session", `{"key": "a"}`)
		p.gets(http.StatusNoContent, "DELETE", "/session", "")
		p.gets(http.StatusOK, "GET", "/jobs", "")
	})
}
