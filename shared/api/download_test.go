package api_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
)

func TestDownloadChecksWhatCame(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		j := h.made("one")
		long := strings.Repeat("x", int(j.Images[0].SizeBytes))
		for body, want := range map[string]string{"": "0 came", long + "x": "has not the", long: "SHA-256"} {
			l.do = func(int, *http.Request) (*http.Response, error) { return answerOf(http.StatusOK, body), nil }
			if err := c.Download(h.t.Context(), j, 0, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d bytes: got %v", len(body), err)
			}
		}
		if err := c.Download(h.t.Context(), j, 1, io.Discard); err == nil {
			t.Error("there is no second picture")
		}
	})
}

func TestDownloadGetsAFreshAddressOnce(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		j := h.made("one")
		pass(time.Hour) // signed addresses live 15 minutes
		if err := c.Download(h.t.Context(), j, 0, io.Discard); err != nil || l.n != 3 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
		l.n, l.do = 0, func(_ int, r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/files/") {
				return answerOf(http.StatusForbidden, ""), nil
			}
			return nil, nil
		}
		var p *api.Problem
		if err := c.Download(h.t.Context(), j, 0, io.Discard); !errors.As(err, &p) || p.Status != http.StatusForbidden || l.n != 3 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestFailedDownloadTellsNoSignature(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		j := h.made("one")
		l.do = func(n int, _ *http.Request) (*http.Response, error) { return nil, errBroken }
		err := c.Download(h.t.Context(), j, 0, io.Discard)
		if !errors.Is(err, client.ErrUnreachable) || strings.Contains(err.Error(), "signature") || l.n != 4 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
		full := errors.New("disk full")
		l.do = nil
		if err = c.Download(h.t.Context(), j, 0, failing{full}); !errors.Is(err, full) || errors.Is(err, client.ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestAPictureUnderANameThatIsNotReachedNamesTheWayOut(t *testing.T) {
	c, err := client.New("http://pics.example.com:9000", "")
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "3f2a9c"}}
	}}}
	for address, way := range map[string]bool{
		"http://3f2a9c:8080/files/images/one.png?signature=secret": true,
		"https://bucket.s3.amazonaws.com/images/one.png":           false,
		"http://pics.example.com:9000/files/images/one.png":        false,
	} {
		err := c.Download(t.Context(), api.Job{Images: []api.Image{{URL: address}}}, 0, io.Discard)
		if !errors.Is(err, client.ErrUnreachable) || strings.Contains(err.Error(), "--url http://pics.example.com:9000") != way || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}
