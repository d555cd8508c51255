package awstest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"easel/shared/awstest"
)

// The key of AWS's published examples.
const (
	exampleKey    = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var moment = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

func secret(key string) string { return map[string]string{exampleKey: exampleSecret}[key] }

// order is a request to be signed.
type order struct {
	method, address, body, service, token string
	payload                               string // empty: the body's hash
	bare                                  bool   // the length is not signed, as curl does not
	header                                http.Header
}

// arrived is a request as a server has it.
type arrived struct {
	*http.Request
	body    []byte
	service string
}

func (a arrived) verify(now time.Time) error {
	return awstest.Verify(a.Request, a.body, a.service, "us-east-1", secret, now)
}

// change returns the request after a change, which does not reach the original.
func (a arrived) change(change func(*arrived)) arrived {
	address := *a.URL
	a.Request = a.Clone(context.Background())
	a.URL = &address
	change(&a)
	return a
}

// send has the SDK sign a request, sends it and returns what arrives.
func send(t *testing.T, o order, presign bool) arrived {
	t.Helper()
	var got arrived
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = arrived{Request: r, body: body, service: o.service}
	}))
	defer server.Close()
	req := sign(t, o, server.URL, presign)
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return got
}

func sign(t *testing.T, o order, base string, presign bool) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), o.method, base+o.address, strings.NewReader(o.body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, o.header)
	sum := sha256.Sum256([]byte(o.body))
	hash := hex.EncodeToString(sum[:])
	if o.payload != "" {
		hash = o.payload
	}
	if o.service == "s3" && !presign {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	key := aws.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret, SessionToken: o.token}
	signer := v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = o.service == "s3" })
	if o.bare {
		req.ContentLength = 0
		defer func() { req.ContentLength = int64(len(o.body)) }()
	}
	if !presign {
		if err := signer.SignHTTP(t.Context(), key, req, hash, o.service, "us-east-1", moment); err != nil {
			t.Fatal(err)
		}
		return req
	}
	query := req.URL.Query()
	query.Set("X-Amz-Expires", "900")
	req.URL.RawQuery = query.Encode()
	address, _, err := signer.PresignHTTP(t.Context(), key, req, hash, o.service, "us-east-1", moment)
	if err != nil {
		t.Fatal(err)
	}
	if req.URL, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	return req
}

var (
	submit = order{
		method: "POST", address: "/jobs/a%2Fb%20c/?limit=3&b=two+words&b=a%2Fb&b=a-b", body: `{"prompt":"a  lighthouse"}`,
		service: "execute-api", token: "token/with+signs=",
		header: http.Header{"Content-Type": {"application/json"}, "X-Odd": {" two   spaces ", "and more"}},
	}
	store = order{
		method: "PUT", address: "/bucket/images/a%20b+c/%C3%BC.png?x-id=PutObject", body: "picture", service: "s3",
		header: http.Header{"X-Amz-Meta-Seed": {"7"}, "If-None-Match": {"*"}},
	}
	fetch = order{
		method: "GET", address: "/bucket/images/1.png?response-content-type=image%2Fpng&x-id=GetObject", service: "s3",
		payload: "UNSIGNED-PAYLOAD", token: "token/with+signs=",
	}
)

func TestWhatTheSDKSignsVerifies(t *testing.T) {
	open, bare := store, submit
	open.payload, bare.bare = "UNSIGNED-PAYLOAD", true
	for name, got := range map[string]arrived{
		"a call of the API":          send(t, submit, false),
		"a call without its length":  send(t, bare, false),
		"a presigned call":           send(t, submit, true),
		"a stored picture":           send(t, store, false),
		"a picture of unsigned hash": send(t, open, false),
		"a presigned address":        send(t, fetch, true),
	} {
		if err := got.verify(moment.Add(time.Minute)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatAWSPublishedVerifies takes the two examples of "Authenticating Requests" in the S3 API reference.
func TestWhatAWSPublishedVerifies(t *testing.T) {
	const scope = exampleKey + "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
	presigned := httptest.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"+
		"&X-Amz-Credential="+scope+"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"+
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", nil)
	inHeader := httptest.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	inHeader.Header = http.Header{
		"Range":                {"bytes=0-9"},
		"X-Amz-Content-Sha256": {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		"X-Amz-Date":           {"20130524T000000Z"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=" + strings.ReplaceAll(scope, "%2F", "/") + "," +
			"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," +
			"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
	}
	for _, r := range []*http.Request{presigned, inHeader} {
		if err := (arrived{Request: r, service: "s3"}).verify(moment); err != nil {
			t.Errorf("%s: %v", r.URL.RawQuery, err)
		}
	}
}

func header(name, value string) func(*arrived) {
	return func(a *arrived) { a.Header.Set(name, value) }
}

// auth replaces a part of the Authorization header.
func auth(old, with string) func(*arrived) {
	return func(a *arrived) {
		a.Header.Set("Authorization", strings.Replace(a.Header.Get("Authorization"), old, with, 1))
	}
}

func TestEveryChangeOfASignedHeaderIsFound(t *testing.T) {
	got := send(t, submit, false)
	for name, c := range map[string]struct {
		change func(*arrived)
		want   error
	}{
		"the method":             {func(a *arrived) { a.Method = "PUT" }, awstest.ErrSignature},
		"the path":               {func(a *arrived) { a.URL.Path, a.URL.RawPath = "/jobs/a/b c/", "" }, awstest.ErrSignature},
		"the query":              {func(a *arrived) { a.URL.RawQuery += "&more=1" }, awstest.ErrSignature},
		"a query Go cannot read": {func(a *arrived) { a.URL.RawQuery += "&more;1" }, awstest.ErrMalformed},
		"the host":               {func(a *arrived) { a.Host = "example.com" }, awstest.ErrSignature},
		"the body":               {func(a *arrived) { a.body = []byte("other") }, awstest.ErrSignature},
		"its length":             {func(a *arrived) { a.ContentLength++ }, awstest.ErrSignature},
		"a header":               {header("Content-Type", "text/plain"), awstest.ErrSignature},
		"a header gone":          {func(a *arrived) { a.Header.Del("X-Odd") }, awstest.ErrSignature},
		"the session token":      {header("X-Amz-Security-Token", "another"), awstest.ErrSignature},
		"no session token":       {func(a *arrived) { a.Header.Del("X-Amz-Security-Token") }, awstest.ErrSignature},
		"the second":             {header("X-Amz-Date", "20130524T000001Z"), awstest.ErrSignature},
		"the day":                {header("X-Amz-Date", "20130525T000000Z"), awstest.ErrScope},
		"no date":                {func(a *arrived) { a.Header.Del("X-Amz-Date") }, awstest.ErrMalformed},
		"a date with a fraction": {header("X-Amz-Date", "20130524T000000.5Z"), awstest.ErrMalformed},
		"a second date":          {func(a *arrived) { a.Header.Add("X-Amz-Date", "20130524T000000Z") }, awstest.ErrMalformed},
		"another service":        {func(a *arrived) { a.service = "s3" }, awstest.ErrScope},
		"another region":         {auth("us-east-1", "us-west-2"), awstest.ErrScope},
		"an unknown key":         {auth(exampleKey, "AKIAOTHER"), awstest.ErrKey},
		"an unsigned token":      {auth(";x-amz-security-token", ""), awstest.ErrUncovered},
		"an unsigned date":       {auth(";x-amz-date", ""), awstest.ErrUncovered},
		"an unsigned host":       {auth(";host", ""), awstest.ErrUncovered},
		"an unsigned x-amz-":     {header("X-Amz-Meta-Seed", "7"), awstest.ErrUncovered},
		"a header not signed":    {auth("content-type;", ""), awstest.ErrSignature},
		"a header signed twice":  {auth("content-type;", "content-type;content-type;"), awstest.ErrMalformed},
		"the signature":          {auth("Signature=", "Signature=0"), awstest.ErrSignature},
		"no signature":           {auth("Signature=", "Sign="), awstest.ErrSignature},
		"two signatures":         {auth("Signature=", "Signature=0, Signature="), awstest.ErrMalformed},
		"another algorithm":      {auth("AWS4-HMAC-SHA256", "Bearer"), awstest.ErrUnsigned},
		"nothing":                {func(a *arrived) { a.Header.Del("Authorization") }, awstest.ErrUnsigned},
	} {
		if err := got.change(c.change).verify(moment); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestAnotherSecretDoesNotSign is also the case of a genuine access key in a forger's hand.
func TestAnotherSecretDoesNotSign(t *testing.T) {
	got := send(t, submit, false)
	err := awstest.Verify(got.Request, got.body, got.service, "us-east-1", func(string) string { return "other" }, moment)
	if !errors.Is(err, awstest.ErrSignature) {
		t.Errorf("verify: %v, want ErrSignature", err)
	}
}

func TestAStoredBodyMustHaveItsHash(t *testing.T) {
	got := send(t, store, false)
	for name, c := range map[string]struct {
		change func(*arrived)
		want   error
	}{
		"the body":        {func(a *arrived) { a.body = []byte("other") }, awstest.ErrBody},
		"body and header": {both("other"), awstest.ErrSignature},
		"the promise":     {header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"), awstest.ErrSignature},
		"a stream":        {header("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), awstest.ErrBody},
		"the metadata":    {header("X-Amz-Meta-Seed", "8"), awstest.ErrSignature},
		"no hash": {func(a *arrived) {
			a.Header.Del("X-Amz-Content-Sha256")
		}, awstest.ErrMalformed},
	} {
		if err := got.change(c.change).verify(moment); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// both changes the body and the header that holds its hash.
func both(body string) func(*arrived) {
	return func(a *arrived) {
		sum := sha256.Sum256([]byte(body))
		a.body = bytes.Clone([]byte(body))
		a.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	}
}

// set replaces a parameter of the query.
func set(name, value string) func(*arrived) {
	return func(a *arrived) {
		query := a.URL.Query()
		query.Set(name, value)
		a.URL.RawQuery = query.Encode()
	}
}

func TestEveryChangeOfAPresignedAddressIsFound(t *testing.T) {
	got := send(t, fetch, true)
	for name, c := range map[string]struct {
		change func(*arrived)
		want   error
	}{
		"the method":        {func(a *arrived) { a.Method = "HEAD" }, awstest.ErrSignature},
		"the path":          {func(a *arrived) { a.URL.Path = "/bucket/images/2.png" }, awstest.ErrSignature},
		"the host":          {func(a *arrived) { a.Host = "example.com" }, awstest.ErrSignature},
		"the type":          {set("response-content-type", "text/html"), awstest.ErrSignature},
		"one more":          {set("versionId", "1"), awstest.ErrSignature},
		"the signature":     {set("X-Amz-Signature", strings.Repeat("0", 64)), awstest.ErrSignature},
		"the date":          {set("X-Amz-Date", "20130524T000001Z"), awstest.ErrSignature},
		"the life":          {set("X-Amz-Expires", "901"), awstest.ErrSignature},
		"a life too long":   {set("X-Amz-Expires", "604801"), awstest.ErrMalformed},
		"no life":           {set("X-Amz-Expires", ""), awstest.ErrMalformed},
		"the token":         {set("X-Amz-Security-Token", "other"), awstest.ErrSignature},
		"the algorithm":     {set("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"), awstest.ErrMalformed},
		"the key":           {set("X-Amz-Credential", "AKIAOTHER/20130524/us-east-1/s3/aws4_request"), awstest.ErrKey},
		"the scope":         {set("X-Amz-Credential", exampleKey+"/20130524/us-east-1/s3/aws4_request/"), awstest.ErrScope},
		"no scope":          {set("X-Amz-Credential", exampleKey), awstest.ErrMalformed},
		"the headers":       {set("X-Amz-SignedHeaders", "host;host"), awstest.ErrMalformed},
		"no host":           {set("X-Amz-SignedHeaders", "range"), awstest.ErrUncovered},
		"a date too much":   {func(a *arrived) { a.URL.RawQuery += "&X-Amz-Date=20130524T000000Z" }, awstest.ErrMalformed},
		"two ways at once":  {header("Authorization", "AWS4-HMAC-SHA256 Signature=0"), awstest.ErrMalformed},
		"an unsigned x-amz": {header("X-Amz-Meta-Seed", "7"), awstest.ErrUncovered},
	} {
		if err := got.change(c.change).verify(moment); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestASignatureHasItsTime(t *testing.T) {
	inHeader, presigned := send(t, submit, false), send(t, fetch, true)
	for name, c := range map[string]struct {
		got  arrived
		at   time.Duration
		want error
	}{
		"too early":                {inHeader, -15*time.Minute - time.Second, awstest.ErrEarly},
		"early":                    {inHeader, -15 * time.Minute, nil},
		"late":                     {inHeader, 15*time.Minute - time.Second, nil},
		"too late":                 {inHeader, 15 * time.Minute, awstest.ErrExpired},
		"an address that is to be": {presigned, -15*time.Minute - time.Second, awstest.ErrEarly},
		"an address to the end":    {presigned, 900*time.Second - time.Nanosecond, nil},
		"an address that has been": {presigned, 900 * time.Second, awstest.ErrExpired},
	} {
		if err := c.got.verify(moment.Add(c.at)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestARefusalDoesNotSayWhatWouldHaveBeenRight: the right signature of a forged request is what the forger wants.
func TestARefusalDoesNotSayWhatWouldHaveBeenRight(t *testing.T) {
	err := send(t, fetch, true).change(set("versionId", "1")).verify(moment)
	if err == nil || err.Error() != awstest.ErrSignature.Error() {
		t.Errorf("verify: %v, want %q and no more", err, awstest.ErrSignature)
	}
}
