package awstest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// What can be wrong with a signed request, by errors.Is.
var (
	ErrUnsigned  = errors.New("no signature")
	ErrMalformed = errors.New("malformed signature")
	ErrScope     = errors.New("signed for another service, region or day")
	ErrKey       = errors.New("unknown access key")
	ErrUncovered = errors.New("header left out of the signature")
	ErrBody      = errors.New("body differs from the signed hash")
	ErrSignature = errors.New("signature does not match")
	ErrExpired   = errors.New("signature has expired")
	ErrEarly     = errors.New("signature is not valid yet")
)

// skew is how far a signer's clock may be from the service's.
const skew = 15 * time.Minute

const (
	algorithm = "AWS4-HMAC-SHA256"
	stampForm = "20060102T150405Z"
	unsigned  = "UNSIGNED-PAYLOAD"
	hashField = "X-Amz-Content-Sha256"
)

// claim is what a request says of its own signature.
type claim struct {
	query     url.Values
	presigned bool // in the query, with an expiry of its own

	accessKey string
	scope     string // date/region/service/aws4_request
	headers   []string
	signature string
	stamp     string
	at        time.Time
	life      time.Duration // presigned: how long it holds from then on
}

// Verify holds the signature of a request that a server received against AWS Signature Version 4, in the Authorization
// header or in the query. The body is what was read of the request's. secret returns the secret of an access key, or
// nothing for one that it does not know; a session token need not be known, but has to be signed. It returns one of the
// errors above, which never hold the signature, or nil. The signature comes first and the time after: what has
// expired was genuine. S3's paths are taken as they were sent, those of other services are escaped once more.
func Verify(r *http.Request, body []byte, service, region string, secret func(accessKey string) string, now time.Time) error {
	c, err := read(r)
	if err != nil {
		return err
	}
	if want := strings.Join([]string{c.stamp[:8], region, service, "aws4_request"}, "/"); c.scope != want {
		return fmt.Errorf("credential for %s, want %s: %w", c.scope, want, ErrScope)
	}
	key := aws.Credentials{AccessKeyID: c.accessKey, SecretAccessKey: secret(c.accessKey)}
	if key.SecretAccessKey == "" {
		return fmt.Errorf("access key %q: %w", c.accessKey, ErrKey)
	}
	if err := c.covers(r); err != nil {
		return err
	}
	hash, err := c.hash(r, body, service)
	if err != nil {
		return err
	}
	want, err := c.sign(r, key, hash, service, region)
	if err != nil {
		return err
	}
	if !hmac.Equal([]byte(want), []byte(c.signature)) {
		return ErrSignature
	}
	return c.timely(now)
}

// read takes the signature from where it is. Go drops parameters that it cannot read, so that they would be covered by
// no signature: such a query is refused.
func read(r *http.Request) (claim, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return claim{}, fmt.Errorf("query: %w", ErrMalformed)
	}
	header, inQuery := r.Header.Values("Authorization"), query.Has("X-Amz-Signature")
	switch {
	case len(header) == 0 && !inQuery:
		return claim{}, ErrUnsigned
	case len(header) == 1 && !inQuery:
		return readHeader(header[0], strings.Join(r.Header.Values("X-Amz-Date"), ","), query)
	case len(header) == 0:
		return readQuery(query)
	}
	return claim{}, fmt.Errorf("more than one signature: %w", ErrMalformed)
}

func readHeader(value, stamp string, query url.Values) (claim, error) {
	rest, ok := strings.CutPrefix(value, algorithm+" ")
	if !ok {
		return claim{}, fmt.Errorf("the Authorization header does not begin with %s: %w", algorithm, ErrUnsigned)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; twice {
			return claim{}, fmt.Errorf("two of %q in the Authorization header: %w", name, ErrMalformed)
		}
		parts[name] = value
	}
	c := claim{query: query, signature: parts["Signature"]}
	err := c.fill(parts["Credential"], parts["SignedHeaders"], stamp)
	return c, err
}

func readQuery(query url.Values) (claim, error) {
	for name, values := range query {
		if strings.HasPrefix(name, "X-Amz-") && len(values) != 1 {
			return claim{}, fmt.Errorf("%d of %s: %w", len(values), name, ErrMalformed)
		}
	}
	if query.Get("X-Amz-Algorithm") != algorithm {
		return claim{}, fmt.Errorf("X-Amz-Algorithm is not %s: %w", algorithm, ErrMalformed)
	}
	life, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || life < 1 || life > 604_800 {
		return claim{}, fmt.Errorf("X-Amz-Expires is not 1 to 604800: %w", ErrMalformed)
	}
	c := claim{query: query, presigned: true, life: time.Duration(life) * time.Second, signature: query.Get("X-Amz-Signature")}
	err = c.fill(query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Date"))
	return c, err
}

func (c *claim) fill(credential, headers, stamp string) (err error) {
	if c.at, err = time.Parse(stampForm, stamp); err != nil || len(stamp) != len(stampForm) {
		return fmt.Errorf("X-Amz-Date is not like %s: %w", stampForm, ErrMalformed)
	}
	var ok bool
	if c.accessKey, c.scope, ok = strings.Cut(credential, "/"); !ok {
		return fmt.Errorf("credential without a scope: %w", ErrMalformed)
	}
	c.stamp, c.headers = stamp, strings.Split(headers, ";")
	if headers != strings.ToLower(headers) || !slices.IsSorted(c.headers) || len(slices.Compact(slices.Clone(c.headers))) < len(c.headers) {
		return fmt.Errorf("signed headers are not in order, once each, in lower case: %w", ErrMalformed)
	}
	return nil
}

// covers sees to it that host and every x-amz- header are signed: the date and a session token are among them.
func (c *claim) covers(r *http.Request) error {
	needed := []string{"host"}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") {
			needed = append(needed, name)
		}
	}
	for _, name := range needed {
		if !slices.Contains(c.headers, name) {
			return fmt.Errorf("%s: %w", name, ErrUncovered)
		}
	}
	return nil
}

// hash returns what the signature holds for the body, which must be the body's own hash where it is one.
func (c *claim) hash(r *http.Request, body []byte, service string) (string, error) {
	sum := sha256.Sum256(body)
	own, said := hex.EncodeToString(sum[:]), r.Header.Get(hashField)
	if said == "" {
		said = c.query.Get(hashField)
	}
	switch {
	case said == own, said == unsigned:
		return said, nil
	case said == "" && service == "s3" && c.presigned:
		return unsigned, nil
	case said == "" && service == "s3":
		return "", fmt.Errorf("S3 wants %s: %w", hashField, ErrMalformed)
	case said == "":
		return own, nil
	}
	return "", ErrBody
}

// sign signs the request anew over the headers that were signed and returns the signature.
func (c *claim) sign(r *http.Request, key aws.Credentials, hash, service, region string) (string, error) {
	again := c.strip(r)
	signer := v4.NewSigner(func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = service == "s3"
		o.DisableHeaderHoisting = true
	})
	if !c.presigned {
		err := signer.SignHTTP(context.Background(), key, again, hash, service, region, c.at)
		_, signature, _ := strings.Cut(again.Header.Get("Authorization"), "Signature=")
		return signature, err
	}
	presigned, _, err := signer.PresignHTTP(context.Background(), key, again, hash, service, region, c.at)
	_, signature, _ := strings.Cut(presigned, "&X-Amz-Signature=")
	return signature, err
}

// strip returns the request without its signature and without what it does not cover.
func (c *claim) strip(r *http.Request) *http.Request {
	bare, query, header := *r.URL, url.Values{}, http.Header{}
	for name, values := range c.query {
		if !c.presigned || name != "X-Amz-Signature" {
			query[name] = values
		}
	}
	bare.RawQuery = query.Encode()
	for _, name := range c.headers {
		if values := r.Header.Values(name); len(values) > 0 {
			header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	again := &http.Request{Method: r.Method, URL: &bare, Host: r.Host, Header: header}
	if slices.Contains(c.headers, "content-length") {
		again.ContentLength = r.ContentLength
	}
	return again
}

func (c *claim) timely(now time.Time) error {
	end := c.at.Add(skew)
	if c.presigned {
		end = c.at.Add(c.life)
	}
	switch {
	case c.at.After(now.Add(skew)):
		return fmt.Errorf("signed at %s, it is %s: %w", c.stamp, now.UTC().Format(stampForm), ErrEarly)
	case !now.Before(end):
		return fmt.Errorf("signed at %s, it is %s: %w", c.stamp, now.UTC().Format(stampForm), ErrExpired)
	}
	return nil
}
