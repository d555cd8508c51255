package lambdahandler_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"easel/shared/lambdahandler"
)

// answered lets a handler answer an event.
func answered(t *testing.T, e events.APIGatewayV2HTTPRequest, handle http.HandlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := lambdahandler.HTTP(handle)(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRequestIsWhatWasSent(t *testing.T) {
	e := sample(t, "submit-core")
	e.Cookies = []string{"a=1", "b=2"}
	answered(t, e, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		got := []any{r.Method, r.RequestURI, r.Host, r.RemoteAddr, r.TLS != nil, r.Header.Get("Host"), r.Header.Get("Cookie"), string(body), r.ContentLength, err}
		want := []any{"POST", "/jobs", "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com", "203.0.113.7:0", true, "", "a=1; b=2", e.Body, int64(len(e.Body)), error(nil)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFrontDoorOfThisMachineHasItsNameInHost(t *testing.T) {
	e := ask(sample(t, "status-list"), "GET", "/jobs", "", "host", "127.0.0.1:3000", "x-forwarded-proto", "http")
	answered(t, e, func(_ http.ResponseWriter, r *http.Request) {
		if r.Host != "127.0.0.1:3000" || r.TLS != nil {
			t.Errorf("got %s, %v", r.Host, r.TLS)
		}
	})
}

func TestPathIsTakenEitherWay(t *testing.T) {
	for raw, want := range map[string]string{"/a%20b": "/a b", "/a b": "/a b", "/100%": "/100%", "/a%2Fb": "/a/b", "/?": "/?"} {
		answered(t, ask(sample(t, "status-list"), "GET", raw, "x=1"), func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != want || r.URL.RawQuery != "x=1" {
				t.Errorf("%s: got %q and %q", raw, r.URL.Path, r.URL.RawQuery)
			}
		})
	}
}

func TestDamagedBase64BreaksOff(t *testing.T) {
	e := sample(t, "submit-core")
	e.Body, e.IsBase64Encoded = "no base64!", true
	if out := build(t).call(t, e); out.StatusCode != http.StatusBadRequest || !strings.Contains(out.Body, "incomplete_body") {
		t.Errorf("got %+v", out)
	}
}

func TestHandlerEndsBeforeLambdaDoes(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	_, err := lambdahandler.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if own, ok := r.Context().Deadline(); !ok || deadline.Sub(own) != time.Second {
			t.Errorf("%v is left, want a second", deadline.Sub(own))
		}
	}))(ctx, sample(t, "status-list"))
	if err != nil {
		t.Fatal(err)
	}
}

func TestEventOfAnotherFormatIsRefused(t *testing.T) {
	_, err := lambdahandler.HTTP(http.NotFoundHandler())(t.Context(), events.APIGatewayV2HTTPRequest{Version: "1.0"})
	if err == nil || !strings.Contains(err.Error(), "PayloadFormatVersion") {
		t.Errorf("got %v", err)
	}
}

func TestResponse(t *testing.T) {
	bytes := string([]byte{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'})
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		want   events.APIGatewayV2HTTPResponse
	}{
		"nothing": {
			func(http.ResponseWriter, *http.Request) {},
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{}},
		},
		"text": {
			func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "schön") },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, Body: "schön"},
		},
		"bytes": {
			func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, bytes) },
			events.APIGatewayV2HTTPResponse{
				StatusCode: 200, Headers: map[string]string{"Content-Type": "image/png"},
				Body: base64.StdEncoding.EncodeToString([]byte(bytes)), IsBase64Encoded: true,
			},
		},
		"headers and cookies": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Vary"] = []string{"Origin", "Accept"}
				w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeader(http.StatusAccepted)
				w.WriteHeader(http.StatusTeapot)
				w.Header().Set("Late", "too late")
			},
			events.APIGatewayV2HTTPResponse{StatusCode: 202, Headers: map[string]string{"Vary": "Origin, Accept"}, Cookies: []string{"a=1", "b=2"}},
		},
		"no content": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNoContent)
				_, _ = io.WriteString(w, "none")
			},
			events.APIGatewayV2HTTPResponse{StatusCode: 204, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, answered(t, sample(t, "status-list"), c.handle)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPanicOfARouteIsAProblem(t *testing.T) {
	h := build(t)
	h.server.Reader = nil
	out := h.call(t, sample(t, "status-list"))
	if out.StatusCode != http.StatusInternalServerError || !strings.Contains(h.log.String(), "request panicked") {
		t.Errorf("got %+v, log %s", out, h.log)
	}
}

func TestNobodyIsToldHowToBeSomebody(t *testing.T) {
	e := sample(t, "submit-core")
	e.RequestContext.Authorizer = nil
	out := build(t).call(t, e)
	if out.StatusCode != http.StatusUnauthorized || !strings.Contains(out.Body, "no_identity") {
		t.Errorf("got %+v", out)
	}
}
