package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/request"
)

func TestNamesThatAPersonWantsToSee(t *testing.T) {
	f := openAt(t, t.TempDir())
	fox := request.Request{Settings: request.Settings{Prompt: "A red Fox, in the snow!"}}
	var n Namer
	first := n.Key("", fingerprintOf(fox))
	second := n.Key("", fingerprintOf(fox))
	short := first[2:8]
	for want, c := range map[string]struct {
		pattern, key, id, prompt, ext string
	}{
		"fox-7.png": {DefaultPattern, "fox", "fox", "a fox", "png"},
		"a-red-fox-in-the-snow-" + short + "-7.png":   {DefaultPattern, first, "", fox.Prompt, "png"},
		"a-red-fox-in-the-snow-" + short + "-2-7.png": {DefaultPattern, second, "", fox.Prompt, "png"},
		"ein-füchslein-" + "0123" + "45-7.webp":       {DefaultPattern, "h-0123456789abcdef-1", "", "Ein Füchslein 🦊", "webp"},
		"012345-7.jpg":                                {DefaultPattern, "h-0123456789abcdef-1", "", "🦊", "jpg"},
		"🦊 👩‍🚀-7.png":                                 {DefaultPattern, "emoji", "🦊 👩‍🚀", "x", "png"},
		"core/00002 a-fox.png":                        {"{model}/{line} {prompt}", "c", "c", "a fox", "png"},
		"core/d.jpg":                                  {`.\{model}\\{custom_id}.jpg`, "d", "d", "a fox", "jpeg"},
		"e.jpg.png":                                   {"{custom_id}.jpg", "e", "e", "a fox", "png"},
		"f-1.png":                                     {"{custom_id}-{n}.{ext}", "f", "f", "a fox", "png"},
	} {
		e := success(c.key, c.prompt, 7)
		e.CustomID = c.id
		if got, err := f.Place(c.pattern, e, c.ext); got != want || err != nil {
			t.Errorf("%s for %s: got %q, %v, want %q", c.pattern, c.key, got, err, want)
		}
	}
}

func TestNamesThatNoSystemTakes(t *testing.T) {
	for id, want := range map[string]string{
		"../../etc/passwd":    "_._.._etc_passwd",
		"/etc/passwd":         "_etc_passwd",
		`C:\Windows\a`:        "C__Windows_a",
		"CON":                 "_CON",
		"con.tar":             "_con.tar",
		"Com1":                "_Com1",
		"LPT²":                "_LPT²",
		"COM10":               "COM10",
		"console":             "console",
		".hidden":             "_hidden",
		"-rf":                 "_rf",
		"  a  ":               "a",
		"a. . .":              "a",
		"...":                 "_",
		"":                    "_",
		"a\x00b\nc\x7f\u0085": "a_b_c__",
		`a*b?c"d<e>f|g:h`:     "a_b_c_d_e_f_g_h",
		"right\u202eleft":     "right_left",
		"no\u00a0break":       "no break",
		"e\u0301":             "é",
		"bad\xffutf":          "bad_utf",
	} {
		if got := safe(id); got != want {
			t.Errorf("%q becomes %q, want %q", id, got, want)
		}
	}
}

func TestPatternsThatAreRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                       "is empty",
		"{foo}.png":              "{custom_id}, {prompt}",
		"{CUSTOM_ID}.png":        "names {CUSTOM_ID}",
		"{{custom_id}}":          "brace",
		"a}.png":                 "brace",
		"/tmp/{seed}.png":        "within the folder",
		`\\server\{seed}.png`:    "within the folder",
		`c:{seed}.png`:           "within the folder",
		"../{seed}.png":          "leads out",
		`a\..\..\{seed}.png`:     "leads out",
		"{seed}/":                "names no file",
		"./.":                    "names no file",
		strings.Repeat("a", 201): "200 bytes",
		"\xff":                   "UTF-8",
		"a/a/a/a/a/a/a/a/a":      "9 parts",
	} {
		if err := CheckPattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", pattern, err, want)
		}
	}
}

func TestRowsNeverShareAFile(t *testing.T) {
	for pattern, ids := range map[string][]string{
		"{custom_id}.png":     {"A", "a", "a ", "a."},
		"{custom_id}.{ext}":   {"\u00e9", "e\u0301", "É"},
		"{custom_id}-x.{ext}": {"a/b", "a:b", "a_b", "ſ", "s", "ß", "ss", "👩🚀", "👩‍🚀"},
		"same.{ext}":          {"1", "2", "3"},
		"{model}.{ext}":       {"1", "2"},
		"{seed}.{ext}":        {"1", "2"},
		"{custom_id}":         {strings.Repeat("x", 300) + "1", strings.Repeat("x", 300) + "2"},
	} {
		f := openAt(t, t.TempDir())
		taken := map[string]string{}
		for _, id := range ids {
			path, err := f.Place(pattern, success(id, "a fox", 1), "png")
			if err != nil {
				t.Fatal(err)
			}
			if other, there := taken[foldPath(path)]; there {
				t.Errorf("%s: %q and %q are both %s", pattern, other, id, path)
			}
			taken[foldPath(path)] = id
		}
	}
}

// A row keeps its name on the next run, be its picture lost, its line elsewhere, or the run before killed before it wrote
// its line.
func TestARowKeepsItsName(t *testing.T) {
	f := openAt(t, t.TempDir())
	one, two := success("A", "a fox", 1), success("a", "a fox", 1)
	one = deliver(t, f, one, []byte("one"))
	two = deliver(t, f, two, []byte("two"))
	lost := success("lost", "an owl", 2)
	lost.SHA256, lost.SizeBytes = job.HashOf([]byte("lost")), 4
	path, err := f.Place(DefaultPattern, lost, "png")
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, path, []byte("lost")) // and killed
	f = again(t, f)
	if err := os.Remove(filepath.Join(f.Path, one.File)); err != nil {
		t.Fatal(err)
	}
	if err := f.Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range []Entry{two, one, {Key: "lost", CustomID: "lost", Seed: 2, File: path, SHA256: lost.SHA256}} {
		e.Line += 100
		if got, err := f.Place(DefaultPattern, e, "png"); got != e.File || err != nil {
			t.Errorf("row %s is now %q, %v, and was %q", e.Key, got, err, e.File)
		}
	}
}

func TestNoFileOfSomebodyElseIsReplaced(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a file":   func(p string) error { return os.WriteFile(p, []byte("mine"), 0o600) },
		"a folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"a link":   func(p string) error { return os.Symlink("elsewhere", p) },
	} {
		f := openAt(t, t.TempDir())
		if err := make(filepath.Join(f.Path, "fox-1.png")); err != nil {
			t.Fatal(err)
		}
		e := deliver(t, f, success("fox", "a fox", 1), []byte("picture"))
		if e.File == "fox-1.png" || !strings.HasPrefix(e.File, "fox-1-") {
			t.Errorf("%s: the picture is %s", name, e.File)
		}
	}
}

func TestAnEmptyFileIsNobodys(t *testing.T) {
	f := openAt(t, t.TempDir())
	if err := os.WriteFile(filepath.Join(f.Path, "fox-1.png"), nil, 0o600); err != nil { // as a power cut leaves it
		t.Fatal(err)
	}
	if e := deliver(t, f, success("fox", "a fox", 1), []byte("picture")); e.File != "fox-1.png" {
		t.Errorf("the picture is %s", e.File)
	}
}

// A picture made anew takes the place of the old one; one that was retouched by hand is kept.
func TestAPictureIsReplacedUnlessSomebodyHasWorkedOnIt(t *testing.T) {
	f := openAt(t, t.TempDir())
	before := deliver(t, f, success("fox", "a fox", 1), []byte("picture"))
	after := deliver(t, f, success("fox", "a better fox", 1), []byte("better"))
	if before.File != after.File || read(t, f, after.File) != "better" {
		t.Errorf("the picture was %s and is %s", before.File, after.File)
	}
	put(t, f, after.File, []byte("retouched"))
	third := deliver(t, f, success("fox", "the best fox", 1), []byte("best"))
	if third.File == after.File || read(t, f, after.File) != "retouched" || read(t, f, third.File) != "best" {
		t.Errorf("the retouched picture is gone, or the new one: %s", third.File)
	}
}

func TestNoPictureGoesThroughALinkThatLeadsOut(t *testing.T) {
	f := openAt(t, t.TempDir())
	if err := os.Symlink(t.TempDir(), filepath.Join(f.Path, "core")); err != nil {
		t.Skip(err)
	}
	if path, err := f.Place("{model}/{custom_id}.{ext}", success("fox", "a fox", 1), "png"); err == nil {
		t.Errorf("placed at %s", path)
	}
}

func TestAFileWhereAFolderIsNeededIsTold(t *testing.T) {
	f := openAt(t, t.TempDir())
	if err := os.WriteFile(filepath.Join(f.Path, "core"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Place("{model}/{custom_id}.{ext}", success("fox", "a fox", 1), "png"); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("got %v", err)
	}
}

func TestLongNamesKeepSeedAndEnding(t *testing.T) {
	f := openAt(t, t.TempDir())
	for _, id := range []string{strings.Repeat("a", 500), strings.Repeat("ü", 300), strings.Repeat("👩‍🚀", 128)} {
		e := success("long", "a fox", 1234567)
		e.CustomID = id
		path, err := f.Place(DefaultPattern, e, "png")
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`-1234567-[0-9a-f]{6}\.png$`).MatchString(path) || len(path) > maxName || len(path) < maxName-40 && len(f.Path) < 10 {
			t.Errorf("%d bytes: %s", len(path), path)
		}
		if full := len([]rune(filepath.Join(f.Path, path))); full > 259 {
			t.Errorf("the whole path has %d characters", full)
		}
	}
}

// The folder itself may lie so deep that Windows programs would take no longer names.
func TestNamesAreShorterInADeepFolder(t *testing.T) {
	f := openAt(t, filepath.Join(t.TempDir(), strings.Repeat("deep", 50), "pictures"))
	path, err := f.Place(strings.Repeat("long", 40)+"{seed}.{ext}", success("fox", "a fox", 1), "png")
	if err != nil || len(path) > minName || !strings.HasPrefix(path, "longlong") || !strings.HasSuffix(path, ".png") {
		t.Errorf("got %q of %d bytes, %v", path, len(path), err)
	}
}

func TestPathsThatAreOneForSomeFileSystem(t *testing.T) {
	for _, pair := range [][2]string{
		{"Fox.png", "fOX.PNG"},
		{"\u00e9", "e\u0301"},
		{"É", "e\u0301"},
		{"straße", "STRASSE"},
		{"\u017fea", "sea"},
		{"\u212a", "k"},
		{"\u0131", "i"},
		{"👩\u200d🚀", "👩🚀"},
		{"❤\ufe0f", "❤"},
	} {
		if pathDigest(pair[0]) != pathDigest(pair[1]) {
			t.Errorf("%q and %q pass for two", pair[0], pair[1])
		}
	}
	if pathDigest("fox") == pathDigest("owl") {
		t.Error("all paths are one")
	}
}

// checkPath is what Windows, macOS and Linux together ask of a path.
func checkPath(path string) error {
	if !filepath.IsLocal(path) || !utf8.ValidString(path) {
		return errors.New("leads out or is not UTF-8")
	}
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == "" || len(part) > 255:
			return fmt.Errorf("a part has %d bytes", len(part))
		case strings.ContainsAny(part, `\:*?"<>|`) || strings.ContainsFunc(part, func(r rune) bool { return r < 32 || r == 127 }):
			return errors.New("a character that is not allowed")
		case strings.HasPrefix(part, "."), strings.HasPrefix(part, " "), strings.HasSuffix(part, "."), strings.HasSuffix(part, " "):
			return errors.New("a dot or space at one end")
		}
		base, _, _ := strings.Cut(strings.ToUpper(part), ".")
		if slices.Contains(strings.Fields("CON PRN AUX NUL CONIN$ CONOUT$ COM1 COM9 COM0 COM² LPT1 LPT0"), strings.TrimRight(base, " ")) {
			return errors.New("the name of a device")
		}
	}
	return nil
}

// Whatever pattern and row hold: either the pattern is refused, or the path is safe everywhere, the same the next time,
// and no other row's.
func FuzzPlace(f *testing.F) {
	for _, pattern := range []string{DefaultPattern, "{custom_id}", "x.{ext}", "{model}/{n}/{line}.png", `..\{seed}`, "{custom_id}/{prompt}{seed}", "CON/{custom_id}", "a./ b/{ext}"} {
		for _, id := range []string{"fox", "../../etc/passwd", "NUL", "a\x00", "A", "é ", strings.Repeat("👩‍🚀", 100), "\xff", ""} {
			f.Add(pattern, id, "B"+id, "a fox", int64(7), "png")
		}
	}
	folder := openAt(f, f.TempDir())
	f.Fuzz(func(t *testing.T, pattern, one, two, prompt string, seed int64, ext string) {
		folder.index = newManifestIndex()
		place := func(id string) string {
			e := Entry{Key: id, CustomID: id, Line: 3, Seed: seed, Model: two, Input: api.JobRequest{Settings: api.Settings{Prompt: prompt}}}
			path, err := folder.Place(pattern, e, ext)
			if refused := CheckPattern(pattern); (err != nil) != (refused != nil) {
				t.Fatalf("%q for %q: %v, but the pattern alone: %v", pattern, id, err, refused)
			}
			if err != nil {
				return ""
			}
			if err := checkPath(path); err != nil {
				t.Fatalf("%q for %q is %q: %v", pattern, id, path, err)
			}
			return path
		}
		a, b := place(one), place(two)
		if a != "" && one != two && foldPath(a) == foldPath(b) {
			t.Errorf("%q: %q and %q are both %q", pattern, one, two, a)
		}
		if diff := cmp.Diff([]string{a, b}, []string{place(one), place(two)}); diff != "" {
			t.Errorf("%q: the names changed:\n%s", pattern, diff)
		}
	})
}
