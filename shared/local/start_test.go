package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
)

func TestOriginsThatNoBrowserSendsAreRefused(t *testing.T) {
	for origin, says := range map[string]string{
		"*": "name each origin", "null": "name each origin", "": "no origin", "app.example.com": "no origin", "https://*.example.com": "no origin",
		"https://app.example.com/": "give https://app.example.com", "https://app.example.com/path": "give https://app.example.com",
		"https://app.example.com:443": "give https://app.example.com", "http://localhost:80": "give http://localhost",
		"https://APP.example.com": "give https://app.example.com", "https://a.example,https://b.example": "no origin",
		"https://ann@app.example.com": "no origin", "ftp://app.example.com": "no origin", "https://bücher.example": "xn--", "https://app.example.com?x": "no origin",
	} {
		err := Run(t.Context(), Options{Addr: "127.0.0.1:0", Data: t.TempDir(), KeysFile: keyFile(t), Pages: []string{page, origin}})
		if err == nil || !strings.Contains(err.Error(), "--cors-origin") || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", origin, err, says)
		}
	}
}

func TestWhatRefusesToStart(t *testing.T) {
	held := t.TempDir()
	r := up(t, Options{Data: held})
	empty := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(empty, []byte("ann short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	_ = up(t, Options{Data: other}).stop()
	for name, c := range map[string]struct {
		o    Options
		says []string
	}{
		"an open address without keys":  {Options{Addr: "0.0.0.0:0"}, []string{"0.0.0.0:0", "--keys"}},
		"every address without keys":    {Options{Addr: ":0"}, []string{"--keys"}},
		"a keys file that is not there": {Options{Addr: ":0", KeysFile: "/nowhere"}, []string{"/nowhere"}},
		"a keys file with a short key":  {Options{Addr: ":0", KeysFile: empty}, []string{empty}},
		"a folder in use":               {Options{Data: held}, []string{held, r.url, "--data"}},
		"a folder of the other kind":    {Options{Data: other, Generator: Bedrock}, []string{other, "--data"}},
		"a port in use":                 {Options{Addr: strings.TrimPrefix(r.url, "http://")}, []string{"--addr"}},
		"an unknown generator":          {Options{Generator: "crayons"}, []string{"crayons", "bedrock"}},
		"workers below none":            {Options{Workers: -3}, []string{"-3", "1 to"}},
		"a public address that is none": {Options{URL: "foo"}, []string{`"foo"`, "https://"}},
		"a public name without scheme":  {Options{URL: "pics.example.com"}, []string{"--url", "https://"}},
		"a public address with a path":  {Options{URL: "https://pics.example.com/easel"}, []string{"--url", "path", "name of its own"}},
		"a public address and a query":  {Options{URL: "https://pics.example.com?a=b"}, []string{"--url", "?"}},
		"a public address and a place":  {Options{URL: "https://pics.example.com/#a"}, []string{"--url", "#"}},
		"a public address and a user":   {Options{URL: "https://ann:secret@pics.example.com"}, []string{"--url", "@"}},
		"a public address of files":     {Options{URL: "ftp://pics.example.com"}, []string{"--url", "ftp"}},
		"a public address almost http":  {Options{URL: "httpx://pics.example.com"}, []string{"--url", "httpx"}},
		"a public address without host": {Options{URL: "https:///jobs"}, []string{"--url"}},
		"a public port that is none":    {Options{URL: "https://pics.example.com:0"}, []string{"--url", ":0"}},
		"a public port beyond all":      {Options{URL: "https://pics.example.com:70000"}, []string{"--url", "70000"}},
		"every name":                    {Options{URL: "https://*"}, []string{"--url", "*"}},
		"a name that no browser sends":  {Options{URL: "https://bücher.example"}, []string{"--url", "xn--"}},
		"an address without a host":     {Options{Addr: "8070"}, []string{`"8070"`, "127.0.0.1:8080"}},
		"a simulator with a guardrail":  {Options{GuardrailID: "a", GuardrailVersion: "1"}, []string{"guardrail", "bedrock"}},
		"a simulator with a region":     {Options{Region: "mars"}, []string{"region", "bedrock"}},
		"pages without keys":            {Options{Pages: []string{page}}, []string{"--cors-origin", "--keys"}},
		"a link for less than nothing":  {Options{Links: -1}, []string{"--max-expires-in"}},
		"half a guardrail":              {Options{Generator: Bedrock, GuardrailID: "abc"}, []string{"guardrail"}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.o.Data == "" {
				c.o.Data = t.TempDir()
			}
			if c.o.Addr == "" {
				c.o.Addr = "127.0.0.1:0"
			}
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			err := Run(t.Context(), c.o)
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestKeysAreNeededOnAnOpenAddress(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	const key = "0123456789abcdef0123456789abcdef"
	if err := os.WriteFile(keys, []byte("# who key\nann "+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := up(t, Options{Addr: "0.0.0.0:0", KeysFile: keys})
	if _, err := r.client.List(t.Context(), client.ListQuery{}); err == nil {
		t.Error("a caller without a key was let in")
	}
	c, err := client.New(r.url, key)
	if err != nil {
		t.Fatal(err)
	}
	if j, err := c.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 20*time.Second); err != nil || j.Status != "succeeded" {
		t.Errorf("got %+v, %v", j, err)
	}
}
