package web_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"easel/shared/web"
)

func ask(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestBrowsersGetThePageAndProgramsTheText(t *testing.T) {
	plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("plain")) })
	h := web.Page{Simulated: true}.Handler(plain)
	for accept, isPage := range map[string]bool{
		"text/html,application/xhtml+xml,*/*;q=0.8": true, "application/json, text/html ;q=0.5": true, "*/*": false, "": false, "text/plain": false, "image/text/html": false,
	} {
		w := ask(h, "/", "Accept", accept)
		if got := strings.Contains(w.Body.String(), "<!DOCTYPE html>"); got != isPage || w.Header().Get("Vary") != "Accept" {
			t.Errorf("Accept %q: the page %v, Vary %q", accept, got, w.Header().Get("Vary"))
		}
	}
	if body := ask(h, "/", "Accept", "text/html").Body.String(); !strings.Contains(body, `data-simulated="true"`) {
		t.Error("the page does not know that its pictures are simulated")
	}
	if body := ask(web.Page{}.Handler(nil), "/").Body.String(); strings.Contains(body, "data-simulated") {
		t.Error("the page of a real server says simulated")
	}
}

func TestThePolicyAllowsNothingInlineAndNothingForeign(t *testing.T) {
	policy := ask(web.Page{Images: []string{"https://bucket.example"}}.Handler(nil), "/").Header().Get("Content-Security-Policy")
	want := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https://bucket.example data: blob:; connect-src 'self' https://bucket.example; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	if policy != want {
		t.Errorf("got  %s\nwant %s", policy, want)
	}
}

func TestFilesAreKeptByBrowsersAndAskedFor(t *testing.T) {
	h := web.Page{}.Handler(nil)
	w := ask(h, "/web/app.js")
	tag := w.Header().Get("ETag")
	if w.Code != http.StatusOK || tag == "" || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if again := ask(h, "/web/app.js", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("the same file is %d with %d bytes", again.Code, again.Body.Len())
	}
	for _, path := range []string{"/web/", "/web/nothing.js", "/web/../web.go", "/web/testdata/axe/axe.min.js"} {
		if w := ask(h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// reach is what would lead elsewhere, or run what a prompt holds.
var reach = regexp.MustCompile(`https?://|innerHTML|outerHTML|insertAdjacentHTML|dangerously|document\.write|\beval\(|new Function|\son[a-z]+="|style="`)

// The page's own files are small, call no other origin and make HTML of nothing.
func TestTheFilesAreSmallAndKeepToThemselves(t *testing.T) {
	total := 0
	err := filepath.WalkDir("page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil || strings.HasPrefix(d.Name(), "LICENSE") {
			return err
		}
		if strings.Contains(name, "vendor") {
			return nil
		}
		total += len(data)
		if found := reach.FindString(strings.ReplaceAll(string(data), "http://www.w3.org/2000/svg", "")); found != "" {
			t.Errorf("%s has %q", name, found)
		}
		if lines := strings.Count(string(data), "\n"); lines > 300 {
			t.Errorf("%s has %d lines", name, lines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", total)
	if total > 150_000 {
		t.Errorf("the page's own files have %d bytes", total)
	}
}
