package shared

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every line of the threat model, and of the page about browsers, names the tests that hold it, and each of them is there.
func TestEveryThreatHasItsTest(t *testing.T) {
	there := tests(t)
	for _, name := range []string{"threats.md", "browser.md"} {
		holds(t, name, there)
	}
}

func holds(t *testing.T, document string, there map[string]bool) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| who") || strings.HasPrefix(line, "| a page") {
			continue
		}
		rows++
		names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("no test stands behind: %s", line)
		}
		for _, name := range names {
			if !there[name[1]] {
				t.Errorf("docs/%s names %s, which is no test", document, name[1])
			}
		}
	}
	if rows < 10 {
		t.Errorf("docs/%s has %d lines that a test holds", document, rows)
	}
}

// tests are the names of all tests and fuzz targets below this folder.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
