package bedrock_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// doer is a transport made of a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// dialing is a client none of whose connections come about.
func dialing(err error) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err },
	}}
}

// looksAgain does what net/http does with a kept connection that turns out to be closed before a byte of
// the request was on it: it asks for another one, which here cannot be had.
func looksAgain(r *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(r.Context())
	trace.GetConn("bedrock:443")
	trace.WroteHeaders()
	trace.GetConn("bedrock:443")
	return nil, errors.New("connection refused")
}

// again is a middleware that sends everything twice.
func again(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	_, _, _ = next.HandleFinalize(ctx, in)
	if err := in.Request.(*smithyhttp.Request).RewindStream(); err != nil {
		panic(err)
	}
	return next.HandleFinalize(ctx, in)
}

// pending looks for the end of a request when its reply is read, as a transport may that is not done with
// writing when the answer comes.
type pending struct{ request io.Reader }

func (p *pending) Read(b []byte) (int, error) { return p.request.Read(b) }
