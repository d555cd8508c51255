package disk

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

func TestTheAnswerSaysWhatTheFileIs(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, "0123456789", job.ImageInfo{ContentType: "image/png", SHA256: "abc"})
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		resp := ask(t, s, method, address(t, s, sample), nil)
		got := headers(resp, "Content-Type", "Content-Length", "Content-Disposition", "Cache-Control", "Etag", "X-Content-Type-Options")
		want := []string{
			"image/png", "10", "inline; filename=0191f4c7-8a3e-7000-8000-000000000001-1-1763836313123.png",
			"private, max-age=300", `"abc"`, "nosniff",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
		if resp.Header().Get("Last-Modified") == "" {
			t.Errorf("%s: no Last-Modified", method)
		}
		if body := resp.Body.String(); method == http.MethodGet && body != "0123456789" || method == http.MethodHead && body != "" {
			t.Errorf("%s: body %q", method, body)
		}
	}
}

func TestPartsAndFreshCopiesAreServed(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, "0123456789", job.ImageInfo{ContentType: "image/png", SHA256: "abc"})
	part := ask(t, s, http.MethodGet, address(t, s, sample), http.Header{"Range": {"bytes=2-4"}})
	if part.Code != http.StatusPartialContent || part.Body.String() != "234" {
		t.Errorf("range: status %d, body %q, want 206 and 234", part.Code, part.Body)
	}
	same := ask(t, s, http.MethodGet, address(t, s, sample), http.Header{"If-None-Match": {`"abc"`}})
	if same.Code != http.StatusNotModified || same.Body.Len() > 0 {
		t.Errorf("same entity tag: status %d, %d bytes, want 304 and none", same.Code, same.Body.Len())
	}
}

func TestRangesAreAnsweredAsTheStandardSays(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, "0123456789", job.ImageInfo{ContentType: "image/png", SHA256: "abc"})
	for _, c := range []struct {
		method, asked string
		status        int
		body          string
	}{
		{"GET", "bytes=2-4", 206, "234"},
		{"GET", "Bytes=2-4", 206, "234"},
		{"GET", "bytes=-2", 206, "89"},
		{"GET", "bytes=8-99", 206, "89"},
		{"GET", "lines=2-4", 200, "0123456789"},
		{"GET", "none", 200, "0123456789"},
		{"GET", "=", 200, "0123456789"},
		{"GET", "bytes=99-", 416, ""},
		{"GET", "bytes=x", 416, ""},
		{"GET", "bytes=4-2", 416, ""},
		{"HEAD", "bytes=2-4", 200, ""},
		{"HEAD", "bytes=99-", 200, ""},
	} {
		resp := ask(t, s, c.method, address(t, s, sample), http.Header{"Range": {c.asked}})
		if c.status == http.StatusRequestedRangeNotSatisfiable {
			isProblem(t, c.asked, resp, c.status, "range_not_satisfiable")
			if size := resp.Header().Get("Content-Range"); c.asked == "bytes=99-" && size != "bytes */10" {
				t.Errorf("%s: Content-Range is %q", c.asked, size)
			}
			continue
		}
		if resp.Code != c.status || resp.Body.String() != c.body {
			t.Errorf("%s %s: got %d %q, want %d %q", c.method, c.asked, resp.Code, resp.Body, c.status, c.body)
		}
	}
}

func TestTheTypeComesFromTheAddressOrElseFromTheSidecar(t *testing.T) {
	s, _ := serveStore(t)
	put(t, s, sample, "picture", job.ImageInfo{ContentType: "image/webp"})
	if err := s.PutInput(t.Context(), "inputs/one", []byte("<html>")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, signed, want string }{
		{sample, "image/png", "image/png"},
		{sample, "", "image/webp"},
		{"inputs/one", "", "application/octet-stream"},
	} {
		u, _, err := s.URL(t.Context(), c.key, c.signed, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, http.MethodGet, u, nil).Header().Get("Content-Type"); got != c.want {
			t.Errorf("%s signed as %q: %q, want %q", c.key, c.signed, got, c.want)
		}
	}
}

func TestAnAddressThatIsNoGoodIsAProblem(t *testing.T) {
	s, c := serveStore(t)
	put(t, s, sample, "picture", job.ImageInfo{ContentType: "image/png"})
	good := address(t, s, sample)
	gone := address(t, s, "images/gone.png")
	expired := address(t, s, "images/also-gone.png")
	late, _, err := s.URL(t.Context(), sample, "image/png", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, method, address string
		status                int
		code                  string
	}{
		{"no parameters", "GET", "http://h/files/" + sample, 403, "link_invalid"},
		{"one more parameter", "GET", good + "&x=1", 403, "link_invalid"},
		{"a parameter twice", "GET", good + "&type=text/html", 403, "link_invalid"},
		{"a bad escape", "GET", strings.Replace(good, "type=", "type=%zz", 1), 403, "link_invalid"},
		{"another place", "GET", strings.Replace(good, "/files/", "/elsewhere/", 1), 403, "link_invalid"},
		{"a picture that is not there", "GET", gone, 404, "image_not_found"},
		{"another method", "POST", good, 405, "method_not_allowed"},
		{"forged and not there", "GET", strings.Replace(good, "1-", "2-", 1), 403, "link_invalid"},
		{"expired", "GET", expired, 403, "link_expired"},
		{"expired, forged as still good", "GET", strings.Replace(expired, "expires=1", "expires=2", 1), 403, "link_invalid"},
	} {
		if strings.HasPrefix(tt.name, "expired") {
			c.Advance(newClock().Now().Add(20 * time.Minute).Sub(c.Now()))
		}
		isProblem(t, tt.name, ask(t, s, tt.method, tt.address, nil), tt.status, tt.code)
	}
	if resp := ask(t, s, http.MethodGet, late, nil); resp.Code != http.StatusOK {
		t.Errorf("an address that still holds: status %d", resp.Code)
	}
}

func TestOtherMethodsAreToldWhichAreAllowed(t *testing.T) {
	s, _ := serveStore(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		resp := ask(t, s, method, address(t, s, sample), nil)
		if resp.Code != http.StatusMethodNotAllowed || resp.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, resp.Code, resp.Header().Get("Allow"))
		}
	}
}

func TestAFileThatCannotBeReadIsReported(t *testing.T) {
	s, _ := serveStore(t)
	var reported error
	s.Report = func(_ context.Context, err error) { reported = err }
	symlink(t, filepath.Join(t.TempDir(), "outside.png"), filepath.Join(s.tree.path, "out.png"))
	resp := ask(t, s, http.MethodGet, address(t, s, "out.png"), nil)
	isProblem(t, "a link that leads out", resp, http.StatusInternalServerError, "internal")
	if reported == nil {
		t.Error("nobody was told why")
	}
}

func isProblem(t *testing.T, name string, resp *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var got problem
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatalf("%s: status %d, body is no JSON: %v", name, resp.Code, err)
	}
	if got.Detail == "" {
		t.Errorf("%s: no detail", name)
	}
	got.Detail = ""
	want := problem{Type: "about:blank", Title: title(status), Status: status, Code: code}
	if diff := cmp.Diff(want, got); diff != "" || resp.Code != status {
		t.Errorf("%s: status %d (-want +got):\n%s", name, resp.Code, diff)
	}
	if diff := cmp.Diff([]string{"application/problem+json", "no-store"}, headers(resp, "Content-Type", "Cache-Control")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func address(t *testing.T, s *Store, key string) string {
	t.Helper()
	u, _, err := s.URL(t.Context(), key, "image/png", 0)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func ask(t *testing.T, s *Store, method, address string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, address, nil)
	maps.Copy(req.Header, header)
	resp := httptest.NewRecorder()
	s.Handler().ServeHTTP(resp, req)
	return resp
}

func headers(resp *httptest.ResponseRecorder, names ...string) (values []string) {
	for _, name := range names {
		values = append(values, resp.Header().Get(name))
	}
	return values
}
