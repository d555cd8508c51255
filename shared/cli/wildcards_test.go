package cli

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"easel/shared/template"
)

func folderOf(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

// What dynamic-prompts 0.31 makes of the same folder, but for the order, in which it sorts, and for what it drops with a
// line in its log: years and other entries that are no words.
func TestListsAreReadAsTheirProgramKeepsThem(t *testing.T) {
	got, err := readLists(folderOf(map[string]string{
		"colours.txt":     "\ufeffred\r\n# a comment\n\n  blue  # a tail\n#hidden\nC# minor\nteam #1\n3::green #\n",
		"art/styles.yaml": "modern:\n  - cubism\n  - {text: pop art, weight: 2}\n  - 1990\n  - yes\n  -\nold:\n  deep:\n  - \"{oil|ink}\"\n  one: etching\nnone:\n",
		"animals.json":    `{"wild": ["fox", "2::hare", {"content": "owl", "weight": 1.5}], "tame": {"farm": ["hen"]}, "count": 7}`,
		"flat.json":       `["a 🦊", "b"]`,
		"more.yml":        "list: &l [x, y]\nsame: *l\n",
		".git/x.txt":      "hidden",
		"read.me":         "nothing",
	}))
	want := template.Lists{
		"colours": {"red", "blue", "C# minor", "team #1", "3::green"}, "art/modern": {"cubism", "2::pop art", "1990", "yes"},
		"art/old/deep": {"{oil|ink}"}, "art/old/one": {"etching"}, "wild": {"fox", "2::hare", "1.5::owl"}, "tame/farm": {"hen"}, "count": {"7"},
		"flat": {"a 🦊", "b"}, "list": {"x", "y"}, "same": {"x", "y"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestListsThatCannotBeReadAreNamed(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += strings.NewReplacer("NEW", string(c), "OLD", string(c-1)).Replace("NEW: &NEW [*OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD, *OLD]\n")
	}
	for says, files := range map[string]map[string]string{
		"there is no .txt file":                {"a.doc": "x"},
		"a.yaml cannot be read":                {"a.yaml": "l:\n - {red|blue} car\n"},
		"An entry with braces needs quotes":    {"a.yaml": "l:\n - {red|blue} car\n"},
		"b.json cannot be read":                {"b.json": "{"},
		"the list a is in a.json and in a.txt": {"a.txt": "x", "a.json": `["y"]`},
		"a.txt, line 2 is not UTF-8":           {"a.txt": "x\n\xff"},
		"an entry has no text":                 {"a.yaml": "l:\n - a fox: red\n"},
		"an entry is a list itself":            {"a.json": `[["x"]]`},
		"unfolds to too many entries":          {"a.yaml": bomb},
	} {
		if _, err := readLists(folderOf(files)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}
