package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"easel/shared/awstest"
	"easel/shared/job"
)

const someKey = "images/single/0191f4c7-8a3e-7000-8000-000000000001/1-1763836313123.png"

// service answers as told, keeps what it got, and never makes a client wait.
type service struct {
	answer func(n int) (status int, body string) // n: 0 for the first request
	got    []*http.Request
	bodies []string
}

func (s *service) store(t *testing.T) *Store {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.got, s.bodies = append(s.got, r), append(s.bodies, string(body))
		status, reply := s.answer(len(s.got) - 1)
		w.WriteHeader(status)
		fmt.Fprint(w, reply)
	}))
	t.Cleanup(server.Close)
	return New(s3.NewFromConfig(awstest.Config(server.URL), func(o *s3.Options) {
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}), bucket, "https://pictures.example.com")
}

// fails is the body of a reply with the code, or of one without.
func fails(code string) string {
	if code == "" {
		return ""
	}
	return "<Error><Code>" + code + "</Code><Message>no</Message></Error>"
}

func get(t *testing.T, address string) (*http.Response, []byte) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func TestAPutSaysWhatS3Needs(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusOK, "" }}
	info := job.ImageInfo{
		ContentType: "image/png", Width: 1024, Height: 768, SizeBytes: 7, SHA256: "abc", Seed: 4294967294, Model: "stability.core:1",
	}
	if err := s.store(t).Put(t.Context(), someKey, []byte("picture"), info); err != nil {
		t.Fatal(err)
	}
	r := s.got[0]
	want := map[string]string{
		"Content-Type": "image/png", "If-None-Match": "*", "X-Amz-Checksum-Crc32": "FttPiQ==",
		"X-Amz-Meta-Width": "1024", "X-Amz-Meta-Height": "768", "X-Amz-Meta-Sha256": "abc", "X-Amz-Meta-Seed": "4294967294",
		"X-Amz-Meta-Model": "stability.core:1",
	}
	got := map[string]string{}
	for name := range r.Header {
		if want[name] != "" || strings.HasPrefix(name, "X-Amz-Meta-") {
			got[name] = r.Header.Get(name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if line := r.Method + " " + r.URL.Path; line != "PUT /"+bucket+"/"+someKey || s.bodies[0] != "picture" {
		t.Errorf("%s with body %q", line, s.bodies[0])
	}
}

func TestAnInputReplacesAnother(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusOK, "" }}
	if err := s.store(t).PutInput(t.Context(), "inputs/1", []byte("input")); err != nil {
		t.Fatal(err)
	}
	if header := s.got[0].Header; header.Get("If-None-Match") != "" || header.Get("X-Amz-Checksum-Crc32") == "" {
		t.Errorf("If-None-Match %q, checksum %q, want none and one", header.Get("If-None-Match"), header.Get("X-Amz-Checksum-Crc32"))
	}
}

// TestAnInputIsCheckedOnItsWay asks for the checksum, by which the SDK finds what was damaged.
func TestAnInputIsCheckedOnItsWay(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusOK, "input" }}
	if data, err := s.store(t).GetInput(t.Context(), "inputs/1"); err != nil || string(data) != "input" {
		t.Fatalf("GetInput: %q, %v", data, err)
	}
	if mode := s.got[0].Header.Get("X-Amz-Checksum-Mode"); mode != "ENABLED" {
		t.Errorf("X-Amz-Checksum-Mode %q, want ENABLED", mode)
	}
}

func TestPutsThatMeetAreRepeated(t *testing.T) {
	const conflict, taken = "ConditionalRequestConflict", "PreconditionFailed"
	status := map[string]int{"": http.StatusOK, conflict: http.StatusConflict, taken: 412, "OperationAborted": 409}
	for name, c := range map[string]struct {
		codes  []string // of the answers, the last for all that follow
		exists bool
		calls  int
	}{
		"one gives way":         {[]string{conflict, conflict, ""}, false, 3},
		"the other was stored":  {[]string{conflict, taken}, true, 2},
		"neither gives way":     {[]string{conflict}, false, 5},
		"another kind of clash": {[]string{"OperationAborted"}, false, 1},
	} {
		last := c.codes[len(c.codes)-1]
		s := service{answer: func(n int) (int, string) {
			code := c.codes[min(n, len(c.codes)-1)]
			return status[code], fails(code)
		}}
		err := s.store(t).Put(t.Context(), someKey, []byte("picture"), job.ImageInfo{})
		if (err == nil) != (last == "") || errors.Is(err, job.ErrExists) != c.exists {
			t.Errorf("%s: %v", name, err)
		}
		if len(s.got) != c.calls || slices.ContainsFunc(s.bodies, func(b string) bool { return b != "picture" }) {
			t.Errorf("%s: %d requests with %q, want %d with the picture", name, len(s.got), s.bodies, c.calls)
		}
	}
}

func TestAPutWhoseReplyWasLostIsNotStoredTwice(t *testing.T) {
	s := service{answer: func(n int) (int, string) {
		return []int{500, 412}[n], fails([]string{"InternalError", "PreconditionFailed"}[n])
	}}
	if err := s.store(t).Put(t.Context(), someKey, nil, job.ImageInfo{}); !errors.Is(err, job.ErrExists) {
		t.Errorf("Put: %v, want ErrExists", err)
	}
}

func TestAccessIsNotAbsence(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusForbidden, fails("AccessDenied") }}
	store := s.store(t)
	if _, err := store.Stat(t.Context(), someKey); err == nil || errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat: %v", err)
	}
	if _, err := store.GetInput(t.Context(), "inputs/1"); err == nil || errors.Is(err, job.ErrNotFound) {
		t.Errorf("GetInput: %v", err)
	}
	if err := store.Put(t.Context(), someKey, nil, job.ImageInfo{}); err == nil || errors.Is(err, job.ErrExists) {
		t.Errorf("Put: %v", err)
	}
}

func TestAKeyThatStaysIsAnError(t *testing.T) {
	s := service{answer: func(n int) (int, string) {
		if n == 0 {
			return http.StatusOK, "<DeleteResult><Error><Key>images/7.png</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
		}
		return http.StatusOK, "<DeleteResult></DeleteResult>"
	}}
	keys := make([]string, 2001)
	for i := range keys {
		keys[i] = fmt.Sprintf("images/%d.png", i)
	}
	err := s.store(t).Delete(t.Context(), keys)
	if err == nil || err.Error() != "delete images/7.png: AccessDenied: no" {
		t.Errorf("Delete: %v", err)
	}
	var sizes []int
	for _, body := range s.bodies {
		sizes = append(sizes, strings.Count(body, "<Key>"))
		if !strings.Contains(body, "<Quiet>true</Quiet>") {
			t.Error("a reply names every key")
		}
	}
	if diff := cmp.Diff([]int{1000, 1000, 1}, sizes); diff != "" {
		t.Errorf("keys of the requests (-want +got):\n%s", diff)
	}
}

func TestADeletionThatFailsEndsTheWork(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusForbidden, fails("AccessDenied") }}
	if err := s.store(t).Delete(t.Context(), make([]string, 3000)); err == nil || len(s.got) != 1 {
		t.Errorf("Delete: %v after %d requests, want an error after 1", err, len(s.got))
	}
}

// TestAnAddressAsksForNothingElse sees to it that a browser can follow it.
func TestAnAddressAsksForNothingElse(t *testing.T) {
	c := newClock()
	s := (&service{}).store(t)
	s.now = c.Now
	address, expires, err := s.URL(t.Context(), someKey, "image/png", 90*time.Second+1)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Del("X-Amz-Signature")
	want := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {"test/20310203/us-east-1/s3/aws4_request"},
		"X-Amz-Date": {"20310203T040506Z"}, "X-Amz-Expires": {"90"}, "X-Amz-SignedHeaders": {"host"},
		"response-content-type": {"image/png"}, "x-id": {"GetObject"},
	}
	if diff := cmp.Diff(want, query); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if place := u.Scheme + "://" + u.Host + u.Path; place != "https://pictures.example.com/"+bucket+"/"+someKey {
		t.Errorf("the address is at %s", place)
	}
	if end := time.Date(2031, 2, 3, 4, 6, 36, 0, time.UTC); expires != end {
		t.Errorf("it holds until %v, want %v", expires, end)
	}
}

func TestLivesFitS3(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0: 15 * time.Minute, time.Millisecond: time.Second, time.Hour: time.Hour, 1 << 60: 7 * 24 * time.Hour, -1: time.Second,
	} {
		if got := life(asked); got != want {
			t.Errorf("asked for %v it is %v, want %v", asked, got, want)
		}
	}
}

func TestAnAddressDiesWithItsCredentials(t *testing.T) {
	c := newClock()
	for left, want := range map[time.Duration]time.Time{
		5 * time.Minute: c.Now().Add(5 * time.Minute), time.Hour: c.Now().Truncate(time.Second).Add(15 * time.Minute),
	} {
		settings := awstest.Config("http://127.0.0.1:1")
		settings.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b", CanExpire: true, Expires: c.Now().Add(left)}, nil
		})
		s := New(s3.NewFromConfig(settings), bucket, "")
		s.now = c.Now
		_, expires, err := s.URL(t.Context(), someKey, "image/png", 0)
		if err != nil || !expires.Equal(want) {
			t.Errorf("with %v left the address holds until %v, want %v: %v", left, expires, want, err)
		}
	}
}

// TestABucketHasItsOwnNameOnAWS is how S3 wants to be addressed where nothing else was said.
func TestABucketHasItsOwnNameOnAWS(t *testing.T) {
	settings := awstest.Config("")
	settings.BaseEndpoint = nil
	address, _, err := New(s3.NewFromConfig(settings), bucket, "").URL(t.Context(), someKey, "image/png", 0)
	if err != nil || !strings.HasPrefix(address, "https://easel.s3.us-east-1.amazonaws.com/"+someKey+"?") {
		t.Errorf("URL: %s, %v", address, err)
	}
}
