package shared

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// link is a reference of one paper to another, to a part of it, or to a file.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// mention is a file in code, perhaps with what it declares: `job/submit.go: Submit`.
var mention = regexp.MustCompile("`([a-z]+/[a-z0-9/_]+(?:\\.[a-z]+)?)(?:: ([A-Za-z]+))?`")

// A reader who follows a link finds what it promises: the file, and the heading in it.
func TestLinksOfThePapersLeadSomewhere(t *testing.T) {
	for name, text := range papers(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, ":") {
				continue
			}
			file := name
			if target != "" {
				file = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(file); err != nil || anchor != "" && !headings(t, file)[anchor] {
				t.Errorf("%s leads to %s, which is not there: %v", name, found[1], err)
			}
		}
	}
}

// The architecture names files and functions. Each is where it says, and the page names enough to be of use.
func TestTheArchitectureNamesWhatIsThere(t *testing.T) {
	text := papers(t)[filepath.Join("..", "docs", "ARCHITECTURE.md")]
	all := mention.FindAllStringSubmatch(text, -1)
	for _, found := range all {
		if !declares(found[1], found[2]) {
			t.Errorf("docs/ARCHITECTURE.md names %s, which is not there", found[0])
		}
	}
	if len(all) < 50 {
		t.Errorf("docs/ARCHITECTURE.md names %d files and functions", len(all))
	}
}

// Each package has a line in the map of CONTRIBUTING.md.
func TestTheMapHasEveryPackage(t *testing.T) {
	text := read(t, "../CONTRIBUTING.md")
	for name := range places {
		if name, _, _ = strings.Cut(name, "/*"); !strings.Contains(text, "\n    "+name+" ") {
			t.Errorf("CONTRIBUTING.md has no line for %s", name)
		}
	}
}

// declares reports whether a path below this folder is there, and the name is declared in it. A name may be empty.
func declares(path, name string) bool {
	if name == "" {
		_, err := os.Stat(path)
		return err == nil
	}
	source, err := os.ReadFile(path)
	declared := regexp.MustCompile(`(?m)^(?:func (?:\([^)]*\) )?|type |var |const )` + name + `\b`)
	return err == nil && declared.Match(source)
}

// papers are the texts of this repository that people read, by their paths from here.
func papers(t *testing.T) map[string]string {
	t.Helper()
	all, err := filepath.Glob("../*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("../docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range all {
		texts[name] = read(t, name)
	}
	return texts
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// headings are the anchors that a paper has, as GitHub makes them of its headings.
func headings(t *testing.T, name string) map[string]bool {
	t.Helper()
	dropped := regexp.MustCompile(`[^\p{L}\p{N}\- ]`)
	anchors := map[string]bool{}
	for line := range strings.Lines(read(t, name)) {
		if words, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			anchors[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(words)), ""), " ", "-")] = true
		}
	}
	return anchors
}

func TestHeadingsBecomeAnchors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.md")
	if err := os.WriteFile(file, []byte("# Why not call InvokeModel in a loop?\n\ntext\n## What `easel` prints …\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"what-easel-prints-", "why-not-call-invokemodel-in-a-loop"}
	if got := slices.Sorted(maps.Keys(headings(t, file))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
