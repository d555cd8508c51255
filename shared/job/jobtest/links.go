package jobtest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
)

// LinksHarness is a signer of addresses as [Links] tests it, with the store whose pictures it signs for.
type LinksHarness struct {
	Links  job.Links
	Images job.Images
	// Do sends a request; nil means http.DefaultClient.
	Do func(*http.Request) (*http.Response, error)
	// Now is the signer's clock; nil means time.Now.
	Now func() time.Time
	// Advance moves the clock that signer and server go by. Nil leaves unproved that addresses expire.
	Advance func(time.Duration)
	// Trusting says that the server behind the addresses takes any signature, as some emulators do. The suite then
	// does not prove that an altered address is refused.
	Trusting bool
}

// Links holds a signer of addresses against the contract of [job.Links]. It calls open for every case and may get
// the same signer each time.
var Links = Suite[LinksHarness]{
	"an address fetches exactly the picture":          linkFetches,
	"pictures have addresses of their own":            linkDiffers,
	"an address lasts until it expires and no longer": linkExpires,
	"an address lasts as long as was asked":           linkLasts,
	"an address cannot be turned to another picture":  linkTurned,
	"no part of an address can be altered":            linkAltered,
	"no part of an address can be left out":           linkCut,
}

func linkFetches(t *testing.T, h LinksHarness) {
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp"} {
		key, data := imageKey(), bytes.Repeat([]byte(contentType), 20_000)
		h.store(t, key, data, contentType)
		address, expires := h.link(t, key, contentType)
		if left := expires.Sub(h.now()); left < time.Minute || left > 7*24*time.Hour {
			t.Errorf("the address holds for %v, want between a minute and a week", left)
		}
		h.serves(t, address, data, contentType)
	}
}

func linkDiffers(t *testing.T, h LinksHarness) {
	one, other := imageKey(), imageKey()
	h.store(t, one, []byte("one"), "image/png")
	h.store(t, other, []byte("other"), "image/png")
	first, _ := h.link(t, one, "image/png")
	second, _ := h.link(t, other, "image/png")
	if first == second {
		t.Error("two pictures have one address")
	}
	h.serves(t, first, []byte("one"), "image/png")
	h.serves(t, second, []byte("other"), "image/png")
}

func linkExpires(t *testing.T, h LinksHarness) {
	if h.Advance == nil {
		t.Skip("this server's clock cannot be moved")
	}
	key := imageKey()
	h.store(t, key, []byte("picture"), "image/png")
	address, expires := h.link(t, key, "image/png")
	h.Advance(expires.Sub(h.now()) - time.Second)
	h.serves(t, address, []byte("picture"), "image/png")
	h.Advance(2 * time.Second)
	h.refuses(t, address, "expired", http.StatusForbidden)
	again, _ := h.link(t, key, "image/png")
	h.serves(t, again, []byte("picture"), "image/png")
}

func linkLasts(t *testing.T, h LinksHarness) {
	key := imageKey()
	h.store(t, key, []byte("picture"), "image/png")
	for _, d := range []time.Duration{time.Minute, time.Hour, 12 * time.Hour} {
		asked := h.now()
		address, expires := h.linkFor(t, key, "image/png", d)
		if left := expires.Sub(asked); left < d-time.Second || left > d+5*time.Minute {
			t.Errorf("the address holds for %v, want %v and at most five minutes more", left, d)
		}
		h.serves(t, address, []byte("picture"), "image/png")
	}
}

func linkTurned(t *testing.T, h LinksHarness) {
	if h.Trusting {
		t.Skip("this server takes any signature")
	}
	mine, theirs := imageKey(), imageKey()
	h.store(t, mine, []byte("mine"), "image/png")
	h.store(t, theirs, []byte("theirs"), "image/png")
	address, _ := h.link(t, mine, "image/png")
	turned := strings.Replace(address, mine, theirs, 1)
	if turned == address {
		t.Fatal("the address does not hold the key")
	}
	h.refuses(t, turned, "path", http.StatusForbidden)
}

// linkAltered changes the first and the last character of each parameter: signatures have been forged by bits that
// decoding throws away. A server may call an altered parameter malformed instead of forged.
func linkAltered(t *testing.T, h LinksHarness) {
	h.tamper(t, func(t *testing.T, address url.URL, name string) {
		value := address.Query().Get(name)
		if value == "" {
			return
		}
		for _, place := range []int{0, len(value) - 1} {
			query := address.Query()
			query.Set(name, value[:place]+string(neighbour(value[place]))+value[place+1:])
			address.RawQuery = query.Encode()
			h.refuses(t, address.String(), name+" altered", http.StatusForbidden, http.StatusBadRequest)
		}
	})
}

func linkCut(t *testing.T, h LinksHarness) {
	h.tamper(t, func(t *testing.T, address url.URL, name string) {
		query := address.Query()
		query.Del(name)
		address.RawQuery = query.Encode()
		h.refuses(t, address.String(), name+" left out", http.StatusForbidden, http.StatusBadRequest)
	})
}

// tamper calls try for each parameter of the address of a stored picture.
func (h LinksHarness) tamper(t *testing.T, try func(t *testing.T, address url.URL, name string)) {
	if h.Trusting {
		t.Skip("this server takes any signature")
	}
	key := imageKey()
	h.store(t, key, []byte("picture"), "image/png")
	address, _ := h.link(t, key, "image/png")
	u, err := url.Parse(address)
	succeeds(t, "parse the address", err)
	if len(u.Query()) == 0 {
		t.Fatal("the address has no parameters, so nothing protects it")
	}
	for name := range u.Query() {
		try(t, *u, name)
	}
}

// neighbour returns another character of the same kind, so that a value stays well formed.
func neighbour(c byte) byte {
	switch {
	case c == '9', c == 'z', c == 'Z':
		return c - 1
	case '0' <= c && c < '9', 'a' <= c && c < 'z', 'A' <= c && c < 'Z':
		return c + 1
	}
	return 'x'
}

func (h LinksHarness) store(t *testing.T, key string, data []byte, contentType string) {
	t.Helper()
	putImage(t, ImagesHarness{Images: h.Images}, key, data, job.ImageInfo{ContentType: contentType})
}

func (h LinksHarness) link(t *testing.T, key, contentType string) (string, time.Time) {
	t.Helper()
	return h.linkFor(t, key, contentType, 0)
}

func (h LinksHarness) linkFor(t *testing.T, key, contentType string, d time.Duration) (string, time.Time) {
	t.Helper()
	address, expires, err := h.Links.URL(t.Context(), key, contentType, d)
	succeeds(t, "URL of "+key, err)
	return address, expires
}

// serves checks that an address answers with the picture.
func (h LinksHarness) serves(t *testing.T, address string, want []byte, contentType string) {
	t.Helper()
	resp, body := h.get(t, address)
	if resp.StatusCode != http.StatusOK || !bytes.Equal(body, want) {
		t.Fatalf("status %d with %d bytes, want 200 with the %d stored", resp.StatusCode, len(body), len(want))
	}
	if got := resp.Header.Get("Content-Type"); got != contentType {
		t.Errorf("Content-Type %q, want %q", got, contentType)
	}
	if resp.ContentLength != int64(len(want)) {
		t.Errorf("Content-Length %d, want %d", resp.ContentLength, len(want))
	}
}

// refuses checks that an address answers with one of the statuses.
func (h LinksHarness) refuses(t *testing.T, address, what string, statuses ...int) {
	t.Helper()
	resp, _ := h.get(t, address)
	if slices.Contains(statuses, resp.StatusCode) {
		return
	}
	t.Errorf("%s: status %d, want %v", what, resp.StatusCode, statuses)
}

func (h LinksHarness) get(t *testing.T, address string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	succeeds(t, "request", err)
	do := h.Do
	if do == nil {
		do = http.DefaultClient.Do
	}
	resp, err := do(req)
	succeeds(t, "get", err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	succeeds(t, "read the answer", err)
	return resp, body
}

func (h LinksHarness) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}
