package lambdahandler

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// recorder keeps an answer until the handler has ended. A gateway takes it in one piece.
type recorder struct {
	header http.Header
	sent   http.Header // as it was when the status was written; what is set later has no effect
	status int
	body   bytes.Buffer
}

// Header is what the answer will carry, until the status is written.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader settles status and headers. Only the first final one counts.
func (w *recorder) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

// Write adds to the body.
func (w *recorder) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(data)
}

// response is the answer as a gateway wants it: one line for each header, cookies apart, and bytes that are no text in
// base64.
func (w *recorder) response(method string) events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	data := w.body.Bytes()
	if w.sent.Get("Content-Type") == "" && len(data) > 0 { // the gateway would call it JSON
		w.sent.Set("Content-Type", http.DetectContentType(data))
	}
	if method == http.MethodHead || w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		data = nil
	}
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: map[string]string{}, Cookies: w.sent.Values("Set-Cookie")}
	for name, values := range w.sent {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	if !utf8.Valid(data) {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(data), true
		return out
	}
	out.Body = string(data)
	return out
}
