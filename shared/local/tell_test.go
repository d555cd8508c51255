package local

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

func TestTheLineToTryWorksUnderEachName(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for url, typed := range map[string]bool{"": false, "https://pics.example.com": true} {
		var out bytes.Buffer
		Options{URL: url, Out: &out}.welcome(t.Context(), listener, "data", "http://x")
		if got := strings.Contains(out.String(), "-H 'Content-Type: application/json' http://x/jobs"); got != typed || !strings.Contains(out.String(), "try it") {
			t.Errorf("with --url %q: %s", url, out.String())
		}
	}
}
