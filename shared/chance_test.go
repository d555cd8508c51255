package shared

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// outer are the ways in which the wall clock and chance come into a package: names of a package, or all of them.
var outer = map[string][]string{
	"time":                   {"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"},
	"context":                {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
	"math/rand":              {"*"},
	"math/rand/v2":           {"*"},
	"crypto/rand":            {"*"},
	"github.com/google/uuid": {"New", "NewString", "NewRandom", "NewRandomFromReader", "NewUUID", "NewV6", "NewV7", "NewV7FromReader", "NewDCEGroup", "NewDCEPerson", "NewDCESecurity"},
}

// coreRooms are the packages that decide about jobs.
var coreRooms = []string{"job", "worker", "sweep", "read", "request", "pace"}

// granted are the uses in the core that no decision about a job depends on, or that a field stands before: by function and
// what it uses, with the reason.
var granted = map[string]string{
	"Rate time.Now":                "it is shown to people and decides nothing",
	"Present time.Now":             "it is what the field Now stands before",
	"Draw rand.Int64N":             "it is what the field Chance stands before",
	"newID uuid.NewV7":             "it is what the field NewID stands before",
	"Breather time.Now":            "it measures how long a write has taken, whatever the time of day",
	"Breather time.Since":          "as time.Now",
	"rest time.After":              "as sleep: the length follows from the field Now",
	"poll time.After":              "as sleep: a caller is answered after the time that it asked for",
	"detach time.Now":              "deadlines of contexts are by the clock of the runtime, and the process ends by it",
	"detach context.WithDeadline":  "as time.Now",
	"runEnd time.Now":              "as detach",
	"runEnd context.WithDeadline":  "as detach",
	"Do time.Until":                "the deadline of the context is by the clock of the runtime; what is left of it is added to the field Now",
	"detached context.WithTimeout": "it bounds a length of time, whatever the time of day",
	"look context.WithTimeout":     "as detached: how long the store is asked for advice",
	"Flush context.WithTimeout":    "as detached: how long the store is given advice",
	"claim context.WithTimeout":    "as detached: the length follows from the field Now",
	"generate context.WithTimeout": "as detached: the length follows from the field Now",
}

func TestTheCoreKnowsTimeAndChanceByItsFieldsAlone(t *testing.T) {
	uses := map[string]string{}
	for _, room := range coreRooms {
		found, err := outerUses(os.DirFS(room))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(uses, found)
	}
	for _, use := range slices.Sorted(maps.Keys(uses)) {
		if granted[use] == "" {
			t.Errorf("%s: %s: the core takes time and chance from its fields Now, NewID, Chance and NewSeed, so that a test can repeat what it does. "+
				"Ask them, or grant it in shared/chance_test.go with the reason why nothing depends on it", uses[use], use)
		}
	}
	for _, use := range slices.Sorted(maps.Keys(granted)) {
		if uses[use] == "" {
			t.Errorf("nobody uses the grant %q: take it out of shared/chance_test.go", use)
		}
	}
}

func TestClockAndChanceAreFound(t *testing.T) {
	for source, want := range map[string]string{
		`import "time"; func f() { _ = time.Now() }`:                                       "f time.Now",
		`import "time"; var clock = time.Now`:                                              "package time.Now",
		`import watch "time"; type T int; func (T) m() { go func() { watch.Sleep(1) }() }`: "m time.Sleep",
		`import "math/rand/v2"; func f() int { return rand.N(4) }`:                         "f rand.N",
		`import "math/rand/v2"; func f() rand.Source { return nil }`:                       "f rand.Source",
		`import "math/rand"; func f() int { return rand.Intn(4) }`:                         "f rand.Intn",
		`import . "time"; func f() { _ = Now() }`:                                          "import . time",
		`import "github.com/google/uuid"; func f() { uuid.NewString() }`:                   "f uuid.NewString",
		`import "context"; func f(c context.Context) { context.WithTimeout(c, 1) }`:        "f context.WithTimeout",
		`import "time"; func f(time struct{ Now func() }) { _ = 1; g(time.Now) }`:          "",
		`import "time"; func f(d time.Duration) { _ = d + time.Second }`:                   "",
	} {
		uses, err := outerUses(fstest.MapFS{"a.go": {Data: []byte("package p; " + source)}, "a_test.go": {Data: []byte("no Go")}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(uses)), ", "); got != want {
			t.Errorf("%s: found %q, want %q", source, got, want)
		}
	}
}

// outerUses finds what the files of one folder, but for tests, use of the wall clock and of chance, and where.
func outerUses(tree fs.FS) (map[string]string, error) {
	names, err := fs.Glob(tree, "*.go")
	uses := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, source, 0)
		if err != nil {
			return nil, err
		}
		for use, at := range usesOf(file) {
			uses[use] = fmt.Sprint(files.Position(at))
		}
	}
	return uses, err
}

// usesOf finds them in one file.
func usesOf(file *ast.File) map[string]token.Pos {
	uses, packages := map[string]token.Pos{}, map[string]string{}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		switch {
		case outer[imported] == nil:
		case spec.Name == nil:
			packages[spoken(imported)] = imported
		case spec.Name.Name == ".":
			uses["import . "+imported] = spec.Pos()
		default:
			packages[spec.Name.Name] = imported
		}
	}
	for _, decl := range file.Decls {
		place := "package"
		if f, ok := decl.(*ast.FuncDecl); ok {
			place = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if use := useOf(n, packages); use != "" {
				uses[place+" "+use] = n.Pos()
			}
			return true
		})
	}
	return uses
}

// useOf names what a node uses, if it is one of those.
func useOf(n ast.Node, packages map[string]string) string {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	base, ok := selector.X.(*ast.Ident)
	if !ok || base.Obj != nil { // a variable hides the package
		return ""
	}
	imported := packages[base.Name]
	if names := outer[imported]; slices.Contains(names, "*") || slices.Contains(names, selector.Sel.Name) {
		return spoken(imported) + "." + selector.Sel.Name
	}
	return ""
}

// spoken is the name by which a package is called where an import gives no other.
func spoken(imported string) string { return path.Base(strings.TrimSuffix(imported, "/v2")) }
