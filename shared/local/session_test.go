package local

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestASessionEndsWhenItsKeyLeavesTheFile logs in, takes the key out of the file and has it read again.
func TestASessionEndsWhenItsKeyLeavesTheFile(t *testing.T) {
	file, reload := keyFile(t), make(chan os.Signal)
	r := up(t, Options{KeysFile: file, Reload: reload})
	var cookie *http.Cookie
	send := func(method, path, body string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
		if cookie != nil {
			request.AddCookie(cookie)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if all := response.Cookies(); len(all) > 0 {
			cookie = all[0]
		}
		return response.StatusCode
	}
	if status := send("GET", "/jobs", ""); status != http.StatusUnauthorized {
		t.Errorf("before the login: %d", status)
	}
	if status := send("POST", "/session", `{"key":"`+pageKey+`"}`); status != http.StatusNoContent {
		t.Fatalf("the login: %d", status)
	}
	if status := send("GET", "/jobs", ""); status != http.StatusOK {
		t.Errorf("with the session: %d", status)
	}
	if err := os.WriteFile(file, []byte("ann another-key-of-ann-for-tests\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reload <- syscall.SIGHUP
	for end := time.Now().Add(10 * time.Second); send("GET", "/jobs", "") != http.StatusUnauthorized; {
		if time.Now().After(end) {
			t.Fatal("the session goes on without its key")
		}
	}
	if log := r.log.String(); strings.Contains(log, pageKey) || strings.Contains(log, cookie.Value) {
		t.Error("the log holds the key or the token")
	}
}
