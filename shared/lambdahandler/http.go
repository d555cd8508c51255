package lambdahandler

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// answerTime is kept back from the time that an invocation has, so that a store that does not answer becomes a problem
// that the client can read, and not the gateway's own.
const answerTime = time.Second

// HTTP lets a handler of net/http answer the requests of an API Gateway, as its payload format 2.0 has them. The handler
// sees them as it would see them on a socket; what the gateway knows about the caller is for [Owners.Identify].
func HTTP(next http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if e.Version != "2.0" {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("an event of version %q came instead of a request of an HTTP API: set PayloadFormatVersion to 2.0", e.Version)
		}
		ctx, cancel := limit(ctx, answerTime)
		defer cancel()
		w := &recorder{header: http.Header{}}
		next.ServeHTTP(w, request(ctx, e))
		return w.response(e.RequestContext.HTTP.Method), nil
	}
}

// limit ends a context so much before its deadline.
func limit(ctx context.Context, before time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-before))
}

type gatewayKey struct{}

// request is what a server of net/http would have made of the same bytes.
func request(ctx context.Context, e events.APIGatewayV2HTTPRequest) *http.Request {
	about := e.RequestContext
	header := headers(e)
	r := &http.Request{
		Method: about.HTTP.Method, URL: address(e), Header: header, Host: about.DomainName,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		RemoteAddr: net.JoinHostPort(about.HTTP.SourceIP, "0"),
		TLS:        &tls.ConnectionState{}, // an API Gateway takes nothing else
	}
	if header.Get("X-Forwarded-Proto") == "http" { // so it is none: SAM CLI on this machine, which has its name in Host alone
		r.TLS, r.Host = nil, header.Get("Host")
	}
	header.Del("Host")
	r.RequestURI = r.URL.RequestURI()
	r.Body, r.ContentLength = body(e)
	return r.WithContext(context.WithValue(ctx, gatewayKey{}, about))
}

// address takes the path as it was sent. One that is no escaped path is taken literally, since gateways differ in
// whether they decode it.
func address(e events.APIGatewayV2HTTPRequest) *url.URL {
	u := &url.URL{Path: e.RawPath, RawQuery: e.RawQueryString}
	if plain, err := url.PathUnescape(e.RawPath); err == nil {
		u.Path, u.RawPath = plain, e.RawPath
	}
	return u
}

// headers are as the gateway joined them: of one that was sent several times the values stand in one line, as RFC 9110
// allows. Cookies travel apart.
func headers(e events.APIGatewayV2HTTPRequest) http.Header {
	header := http.Header{}
	for name, value := range e.Headers {
		header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return header
}

// body is the body, and its length in bytes. One that cannot be decoded breaks off where it is read.
func body(e events.APIGatewayV2HTTPRequest) (io.ReadCloser, int64) {
	data := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if data, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			r, w := io.Pipe()
			_ = w.CloseWithError(errBody) // it returns none
			return r, -1
		}
	}
	if len(data) == 0 {
		return http.NoBody, 0
	}
	return io.NopCloser(bytes.NewReader(data)), int64(len(data))
}

var errBody = errors.New("the gateway sent a body that is no base64")
