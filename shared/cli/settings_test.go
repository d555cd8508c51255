package cli_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/cli"
	"easel/shared/local"
)

// TestSettingsWithALineEndAreTrimmedOrNamed gives the settings as a file or a script of another system leaves them.
func TestSettingsWithALineEndAreTrimmedOrNamed(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	folder := t.TempDir()
	keys := filepath.Join(folder, "keys")
	if err := os.WriteFile(keys, []byte("\ufeffann "+key+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, stop := serve(local.Options{
		Addr: "127.0.0.1:0", Data: filepath.Join(folder, "data"), KeysFile: keys, Log: slog.New(slog.DiscardHandler),
	})
	if url == "" {
		t.Fatal(stop())
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for name, c := range map[string]struct {
		url, key, sign string
		args           []string
		code           int
		says           string
	}{
		"as they are":             {url: url, key: key},
		"a key with a line end":   {url: url, key: key + "\n"},
		"a key with CRLF":         {url: url, key: key + "\r\n"},
		"a key with a mark":       {url: url, key: "\ufeff" + key + "\r\n"},
		"a key in blanks":         {url: url, key: "  " + key + "\t"},
		"two keys":                {url: url, key: key + "\n" + key, code: 1, says: "the key (EASEL_KEY of the command line) cannot be sent: it holds a line end"},
		"a key with an accent":    {url: url, key: key + "é", code: 1, says: "beyond ASCII"},
		"an address with CRLF":    {url: url + "\r\n", key: key},
		"an address with a mark":  {url: "\ufeff" + url + "\n", key: key},
		"an address of two lines": {url: url + "\n" + url, key: key, code: 1, says: "is no server address"},
		"a flag with CRLF":        {url: "http://127.0.0.1:1", key: key, args: []string{"--server", url + "\r\n"}},
		"a word with CRLF":        {url: url, key: key, sign: "never\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EASEL_URL", c.url)
			t.Setenv("EASEL_KEY", c.key)
			t.Setenv("EASEL_SIGN", c.sign)
			var out, errs bytes.Buffer
			code := cli.Main(t.Context(), append([]string{"list"}, c.args...), strings.NewReader(""), &out, &errs)
			if code != c.code || !strings.Contains(errs.String(), c.says) || strings.Contains(errs.String(), "reached") {
				t.Errorf("exit %d, want %d: %s", code, c.code, errs.String())
			}
		})
	}
}

func TestSettingsOfAWSAreTrimmed(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_BEARER_TOKEN_BEDROCK"} {
		t.Setenv(name, "value\r\n")
	}
	cli.Main(t.Context(), []string{"version"}, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_BEARER_TOKEN_BEDROCK"} {
		if got := os.Getenv(name); got != "value" {
			t.Errorf("%s is %q", name, got)
		}
	}
}
