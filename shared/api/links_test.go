package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/disk"
)

// A page that asks for a job every second shows one address for minutes, and its browser loads the picture once.
func TestAPageThatPollsLoadsAPictureOnce(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("one").ID
		tags := map[string]string{} // the browser's cache
		loads := 0
		for range 4 * 60 {
			_, j := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id, "")
			u := j.Images[0].URL
			if left := time.Until(j.Images[0].URLExpiresAt); left < 15*time.Minute || left > 20*time.Minute {
				t.Fatalf("url_expires_at is in %v", left)
			}
			if tags[u] == "" {
				response, _ := h.call("GET", strings.TrimPrefix(u, base), "", "Authorization", "")
				if response.StatusCode != http.StatusOK || response.Header.Get("Cache-Control") != "private, max-age=300" {
					t.Fatalf("got %d %v", response.StatusCode, response.Header)
				}
				tags[u] = response.Header.Get("Etag")
				loads++
			}
			pass(time.Second)
		}
		if loads > 2 { // one change of the address may fall into these minutes
			t.Errorf("in four minutes the picture was loaded %d times", loads)
		}
		for u, tag := range tags {
			if response, data := h.call("GET", strings.TrimPrefix(u, base), "", "Authorization", "", "If-None-Match", tag); response.StatusCode != http.StatusNotModified || len(data) > 0 {
				t.Errorf("asked again with its tag: %d and %d bytes", response.StatusCode, len(data))
			}
		}
	})
}

// shared are the two addresses of a picture that hold as long as was asked: in the job, and where its image leads.
func (h *harness) shared(id, expiresIn string) []string {
	h.t.Helper()
	_, j := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id+"?expires_in="+expiresIn, "")
	response, _ := h.call("GET", "/jobs/"+id+"/image?expires_in="+expiresIn, "")
	return []string{strings.TrimPrefix(j.Images[0].URL, base), strings.TrimPrefix(response.Header.Get("Location"), base)}
}

// fetched is the status of an address without a credential.
func (h *harness) fetched(address string) int {
	h.t.Helper()
	response, _ := h.call("GET", address, "", "Authorization", "")
	return response.StatusCode
}

func TestALinkToShareHoldsAsLongAsWasAsked(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Reader.MaxLink = 48 * time.Hour
		h.open()
		id := h.made("one").ID
		for asked, d := range map[string]time.Duration{"172800": 48 * time.Hour, "3600": time.Hour, "60": time.Minute} {
			links := h.shared(id, asked)
			pass(d - time.Second)
			for _, u := range links {
				if got := h.fetched(u); got != http.StatusOK {
					t.Errorf("asked to hold for %v it is %d before the end", d, got)
				}
			}
			pass(5*time.Minute + time.Second)
			for _, u := range links {
				if got := h.fetched(u); got != http.StatusForbidden {
					t.Errorf("asked to hold for %v it is %d five minutes after the end", d, got)
				}
			}
		}
	})
}

func TestALinkToShareIsBoundedByTheOperator(t *testing.T) {
	for most, table := range map[time.Duration]map[string]int{
		0:                {"900": 200, "901": 422, "0": 422, "-1": 422, "": 422, "1h": 422, "99999999999999999999": 422, "1": 200},
		24 * time.Hour:   {"86400": 200, "86401": 422},
		10 * time.Second: {"900": 200, "901": 422},
	} {
		inHouse(t, func(h *harness) {
			h.server.Reader.MaxLink = most
			h.open()
			id := h.made("one").ID
			for asked, status := range table {
				for path, ok := range map[string]int{"/jobs/" + id: http.StatusOK, "/jobs/" + id + "/image": http.StatusFound} {
					response, body := h.call("GET", path+"?expires_in="+asked, "")
					if got := response.StatusCode; status == 200 && got != ok || status != 200 && got != status {
						t.Errorf("bound %v: %s?expires_in=%s: %d %s", most, path, asked, got, body)
					}
				}
			}
			response, body := h.call("GET", "/jobs/"+id+"?expires_in=999999", "")
			if bound := fmt.Sprint(max(most, 15*time.Minute).Seconds()); !strings.Contains(string(body), bound) || !strings.Contains(string(body), "--max-expires-in") {
				t.Errorf("%d %s does not name the bound %s", response.StatusCode, body, bound)
			}
		})
	}
}

// What takes a shared link back: DELETE of the job, and another key that signs.
func TestALinkToShareIsTakenBack(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Reader.MaxLink = 48 * time.Hour
		h.open()
		deleted, kept := h.made("one").ID, h.made("two").ID
		gone, other := h.shared(deleted, "172800")[0], h.shared(kept, "172800")[0]
		h.call("DELETE", "/jobs/"+deleted, "")
		if got := h.fetched(gone); got != http.StatusNotFound {
			t.Errorf("after DELETE the link is %d", got)
		}
		renewed, err := disk.NewStore(t.TempDir(), []byte(strings.Repeat("n", 32)))
		if err != nil {
			t.Fatal(err)
		}
		defer renewed.Close()
		old := h.store
		h.store = renewed
		h.open()
		if got := h.fetched(other); got != http.StatusForbidden {
			t.Errorf("after a new key the link is %d", got)
		}
		h.store = old
		h.open()
		if got := h.fetched(other); got != http.StatusOK {
			t.Errorf("with the key that signed it, the link is %d", got)
		}
	})
}

func TestAThumbnailIsNamedWhereThereIsOne(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("k").ID
		_, j := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id, "")
		if j.Images[0].ThumbnailURL == nil {
			t.Fatal("there is no address of a thumbnail")
		}
		if response, _ := h.call("GET", strings.TrimPrefix(*j.Images[0].ThumbnailURL, base), ""); response.StatusCode != http.StatusOK {
			t.Errorf("it is answered with %d", response.StatusCode)
		}
		h.server.Reader.Thumbs = nil
		if _, j = want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id, ""); j.Images[0].ThumbnailURL != nil {
			t.Errorf("a server that makes none names %s", *j.Images[0].ThumbnailURL)
		}
	})
}
