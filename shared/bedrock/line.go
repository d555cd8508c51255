package bedrock

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

var errSecondRequest = errors.New("a second request for one call was refused")

// line carries the one request of one call. It notes whether any of the request may have left and whether an
// answer came, and bounds the reply. It stands between SDK and transport, where the SDK's own requests for credentials
// do not pass: a trace in the call's context would see those as well.
type line struct {
	client bedrockruntime.HTTPClient
	body   []byte // of the request
	used   atomic.Bool
	wrote  atomic.Bool
	heard  atomic.Bool
}

// Do sends the request, once in the line's life.
func (l *line) Do(r *http.Request) (*http.Response, error) {
	if l.used.Swap(true) {
		return nil, errSecondRequest
	}
	trace := &httptrace.ClientTrace{
		// The transport looks for another connection only when it knows that nothing was sent on the last.
		GetConn:      func(string) { l.wrote.Store(false) },
		WroteHeaders: func() { l.wrote.Store(true) },
	}
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
	// The SDK closes its body once there is an answer. If the transport has not looked for the body's end by
	// then, it takes that for a failed request and drops the connection, with the picture still on it.
	r.Body = io.NopCloser(bytes.NewReader(l.body))
	resp, err := l.client.Do(r)
	l.heard.Store(resp != nil)
	if resp != nil && resp.Body != nil {
		resp.Body = &bounded{ReadCloser: resp.Body, left: maxReply}
	}
	return resp, err
}

// bounded fails where a reply is larger than any picture, rather than ending it there.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read returns an error once more bytes came than the bound allows.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("the reply is larger than %d bytes", maxReply)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	b.left -= int64(n)
	return n, err
}
