package sign_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"easel/shared/awstest"
	"easel/shared/sign"
)

func TestRegionIsReadFromTheName(t *testing.T) {
	for host, want := range map[string]string{
		"abc123.execute-api.us-west-2.amazonaws.com":           "us-west-2",
		"ABC123.Execute-API.EU-Central-1.amazonaws.com.":       "eu-central-1",
		"abc123.execute-api.us-gov-west-1.amazonaws.com":       "us-gov-west-1",
		"abc123.execute-api.cn-north-1.amazonaws.com.cn":       "cn-north-1",
		"abc123-vpce-0a1b.execute-api.us-east-1.amazonaws.com": "us-east-1",
		"easel.example.com":                   "",
		"127.0.0.1":                           "",
		"":                                    "",
		"execute-api.us-east-1.amazonaws.com": "",
		"abc123.execute-api.amazonaws.com":    "",
		"abc123.execute-api.us-east-1.amazonaws.com.example.com": "",
		"abc123.execute-api.us-east-1.amazonaws.com.cn.example":  "",
		"abc123.execute-api.us-east-1.amazonaws.community":       "",
		"abc123.execute-api.us-east-1.evil-amazonaws.com":        "",
		"a.b.execute-api.us-east-1.amazonaws.com":                "",
		"abc123.lambda-url.us-east-1.amazonaws.com":              "",
		"abc123.execute-api.us-east-1.amazonaws.com\n":           "",
	} {
		if got := sign.Region(host); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}

// front answers 204 to a request with a signature that holds, and 403 with what is wrong with any other.
func front(t *testing.T, now time.Time) *httptest.Server {
	t.Helper()
	secret := func(id string) string { return map[string]string{"AKID": "secret"}[id] }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = awstest.Verify(r, body, "execute-api", "us-west-2", secret, now)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server
}

// send signs a request and sends it, changed by what happens on the way. It returns what the front finds wrong.
func send(t *testing.T, s *sign.Signer, method, url, body string, onTheWay func(*http.Request)) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "easel/test")
	if err := s.Authorize(r, []byte(body)); err != nil {
		t.Fatal(err)
	}
	if onTheWay != nil {
		onTheWay(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}

func signer(token string) *sign.Signer {
	return &sign.Signer{Region: "us-west-2", Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", token)}
}

func TestTheServerAcceptsTheSignature(t *testing.T) {
	server := front(t, time.Now())
	for _, path := range []string{"/jobs", "/prod/jobs?status=queued%2Crunning&limit=20&cursor=a%2Bb%3D", "/jobs/a%20b%2Fc/image", "/"} {
		for _, token := range []string{"", "a session"} {
			for method, body := range map[string]string{http.MethodGet: "", http.MethodPost: `{"prompt": "ein Fuchs für dich"}`} {
				if said := send(t, signer(token), method, server.URL+path, body, nil); said != "" {
					t.Errorf("%s %s: %s", method, path, said)
				}
			}
		}
	}
}

func TestTheSignatureCoversTheRequest(t *testing.T) {
	server := front(t, time.Now())
	for name, change := range map[string]func(*http.Request){
		"method":  func(r *http.Request) { r.Method = http.MethodPut },
		"path":    func(r *http.Request) { r.URL.Path = "/jobs/8" },
		"query":   func(r *http.Request) { r.URL.RawQuery = "wait=21" },
		"body":    func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"prompt": "a cat"}`)) },
		"session": func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "another") },
		"type":    func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		if said := send(t, signer("a session"), http.MethodPost, server.URL+"/jobs/7?wait=20", `{"prompt": "a fox"}`, change); said == "" {
			t.Errorf("the %s may be changed on the way", name)
		}
	}
}

func TestTheSignatureIsOfTheMoment(t *testing.T) {
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	server := front(t, noon)
	s := signer("")
	for age, want := range map[time.Duration]string{0: "", time.Hour: "expired", -time.Hour: "not valid yet"} {
		s.Now = func() time.Time { return noon.Add(-age) }
		if said := send(t, s, http.MethodGet, server.URL+"/jobs", "", nil); (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("signed %s ago: got %q, want %q", age, said, want)
		}
	}
}

func TestWithoutCredentialsNothingIsSigned(t *testing.T) {
	cause := errors.New("the session has ended")
	s := &sign.Signer{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, cause })}
	r := httptest.NewRequest(http.MethodGet, "/jobs", nil)
	if err := s.Authorize(r, nil); !errors.Is(err, sign.ErrCredentials) || !errors.Is(err, cause) || len(r.Header) > 0 {
		t.Errorf("got %v and %v", err, r.Header)
	}
}
