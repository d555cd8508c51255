package gate

import (
	"os"
	"strings"
	"testing"
)

// What the short run leaves out is tested nowhere unless a command that is written down asks for it.
func TestTheCommandsAreThere(t *testing.T) {
	for file, command := range map[string]string{
		"../../.ci/run":   " go test ./...\n",
		"../../Makefile":  "\nlong: ## the tests at their full size, and then so under the race detector\n\tgo test -tags long ",
		"../../README.md": "`make long`",
	} {
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), command) {
			t.Errorf("%s does not hold %q: %v", file, command, err)
		}
	}
}

func TestSizeFollowsTheTag(t *testing.T) {
	skipped := !t.Run("left out", func(t *testing.T) {
		Only(t, "a check of what is left out")
		if !Long {
			t.Error("the short run does not leave it out")
		}
	})
	want := map[bool]int{false: 2, true: 30}[Long]
	if got := Size(2, 30); got != want || skipped {
		t.Errorf("size is %d, want %d", got, want)
	}
}
