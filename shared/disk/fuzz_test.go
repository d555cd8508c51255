package disk

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"easel/shared/job"
)

// outside is the content of every file that must not be served.
const outside = "for nobody"

// vault is a store with one picture, beside files and links that lead out of it.
func vault(f *testing.F) *Store {
	f.Helper()
	dir := f.TempDir()
	s, err := NewStore(filepath.Join(dir, "files"), bytes.Repeat([]byte{1}, keyBytes))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	s.Now = newClock().Now // the seeds hold real signatures
	s.SetBase("http://h")
	if err := s.Put(f.Context(), sample, []byte("picture"), job.ImageInfo{ContentType: "image/png"}); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(outside), 0o600); err != nil {
		f.Fatal(err)
	}
	_ = os.Symlink(filepath.Join("..", "..", "secret"), filepath.Join(dir, "files", "images", "link")) // some systems make none
	return s
}

// Nothing is served but what was signed; and of what was signed, whatever it says, nothing but what the store holds.
func FuzzHandler(f *testing.F) {
	s := vault(f)
	given, _, err := s.URL(f.Context(), sample, "image/png", 0)
	if err != nil {
		f.Fatal(err)
	}
	genuine, err := url.Parse(given)
	if err != nil {
		f.Fatal(err)
	}
	expires, err := strconv.ParseInt(genuine.Query().Get(paramExpires), 10, 64)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine.Path, genuine.RawQuery, "image/png")
	f.Add(genuine.Path+"x", genuine.RawQuery, "")
	f.Add(genuine.Path, strings.Replace(genuine.RawQuery, "png", "svg", 1), "")
	f.Add(genuine.Path, strings.Replace(genuine.RawQuery, "expires=1", "expires=2", 1), "")
	f.Fuzz(func(t *testing.T, path, query, kind string) {
		status, body := fetch(s, &url.URL{Path: path, RawQuery: query})
		values, err := url.ParseQuery(query)
		same := err == nil && path == genuine.Path && reflect.DeepEqual(values, genuine.Query())
		if same != (status == http.StatusOK) || (!same && status != http.StatusForbidden) || strings.Contains(body, outside) {
			t.Errorf("path %q: status %d, that it is signed as it stands is %t", path, status, same)
		}
		key := strings.TrimPrefix(path, prefix)
		stamp := strconv.FormatInt(expires, 10)
		signed := url.Values{paramExpires: {stamp}, paramType: {kind}, paramSignature: {s.sign(key, stamp, kind)}}
		status, body = fetch(s, &url.URL{Path: prefix + key, RawQuery: signed.Encode()})
		if (status == http.StatusOK) != (key == sample) || strings.Contains(body, outside) {
			t.Errorf("signed key %q: status %d", key, status)
		}
	})
}

func fetch(s *Store, u *url.URL) (status int, body string) {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}})
	return w.Code, w.Body.String()
}
