package awstest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// S3Front puts what S3 does and the emulator leaves out in front of the emulator's S3: it verifies every request's
// signature and expiry, and answers a signed address with the headers that its response- parameters ask for. It goes
// by the clock given, nil meaning the real one, until the test ends. Addresses name the bucket in their path.
func S3Front(t testing.TB, behind aws.Config, now func() time.Time) aws.Config {
	t.Helper()
	target, err := url.Parse(aws.ToString(behind.BaseEndpoint))
	if err != nil {
		t.Fatal(err)
	}
	if now == nil {
		now = time.Now
	}
	known := func(accessKey string) string { return map[string]string{"test": "test"}[accessKey] } // of [Config]
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: override,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = Verify(r, body, "s3", Region, known, now())
		}
		if err != nil {
			refuse(w, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return Config(server.URL)
}

// override sets the headers that the request asks for, as S3 does where it was signed.
func override(reply *http.Response) error {
	if reply.StatusCode != http.StatusOK {
		return nil
	}
	for name, values := range reply.Request.URL.Query() {
		if header, ok := strings.CutPrefix(name, "response-"); ok {
			reply.Header.Set(header, values[0])
		}
	}
	return nil
}

// refuse answers as S3 does.
func refuse(w http.ResponseWriter, err error) {
	reply := struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: "AccessDenied", Message: err.Error()}
	status := http.StatusForbidden
	switch {
	case errors.Is(err, ErrSignature):
		reply.Code = "SignatureDoesNotMatch"
	case errors.Is(err, ErrKey):
		reply.Code = "InvalidAccessKeyId"
	case errors.Is(err, ErrScope), errors.Is(err, ErrMalformed):
		reply.Code, status = "AuthorizationHeaderMalformed", http.StatusBadRequest
	case errors.Is(err, ErrBody):
		reply.Code, status = "XAmzContentSHA256Mismatch", http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(reply) // the client has gone
}
