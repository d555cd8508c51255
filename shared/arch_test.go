// Package shared holds no code of its own. This test keeps the packages below it in their layers: the catalogue
// under the core, the core under the adapters and the API, and all of them under the programs that wire them. It reads
// the import lines of every file, whatever its build tags, and leaves tests alone: they may import what they like,
// because the embedded adapters are the fakes of everything else.
package shared

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "easel"

// A place says what the files of a package may import besides the standard library.
type place struct {
	inside  []string // packages of this module
	outside []string // third-party packages with what lies below them
	tests   bool     // whether the package is made for tests and may import testing
}

// anything stands for every third-party package.
var anything = []string{""}

// places is the import rule: every package of the module has a line here, and a line grants the least that does.
var places = map[string]place{
	// The core, from what it stands on to what works on it.
	"shared/model":    {},
	"shared/picture":  {},
	"shared/usd":      {},
	"shared/spelling": {inside: []string{"shared/model"}},
	"shared/pace":     {},
	"shared/backoff":  {},
	"shared/request":  {inside: []string{"shared/model", "shared/picture", "shared/spelling"}},
	"shared/job": {
		inside:  []string{"shared/backoff", "shared/model", "shared/pace", "shared/picture", "shared/request", "shared/spelling", "shared/usd"},
		outside: []string{"github.com/google/uuid"},
	},
	"shared/worker":      {inside: []string{"shared/backoff", "shared/job", "shared/model", "shared/pace", "shared/picture", "shared/request"}},
	"shared/sweep":       {inside: []string{"shared/job", "shared/model", "shared/pace"}},
	"shared/read":        {inside: []string{"shared/job", "shared/model", "shared/pace", "shared/request", "shared/usd"}},
	"shared/job/jobtest": {inside: []string{"shared/gate", "shared/job", "shared/model", "shared/pace", "shared/request"}, outside: []string{"github.com/google/go-cmp"}, tests: true},

	// Around the core.
	"shared/prompt":    {inside: []string{"shared/job", "shared/model", "shared/request", "shared/spelling"}, outside: []string{"golang.org/x/text"}},
	"shared/template":  {inside: []string{"shared/job", "shared/model", "shared/prompt", "shared/request"}},
	"shared/config":    {inside: []string{"shared/model", "shared/pace", "shared/usd"}},
	"shared/upright":   {inside: []string{"shared/model", "shared/picture", "shared/request"}, outside: []string{"golang.org/x/image"}},
	"shared/thumbnail": {inside: []string{"shared/model"}, outside: []string{"golang.org/x/image"}},
	"shared/feed":      {inside: []string{"shared/job"}},
	"shared/web":       {inside: []string{"shared/api"}},
	"shared/sign":      {outside: []string{"github.com/aws/aws-sdk-go-v2"}},
	"shared/run":       {inside: []string{"shared/job", "shared/model", "shared/usd"}},
	"shared/gate":      {tests: true},
	"shared/smalldisk": {tests: true},
	"shared/awstest":   {outside: anything, tests: true},

	// Adapters.
	"shared/sqlite":          {inside: []string{"shared/job", "shared/pace"}, outside: anything},
	"shared/disk":            {inside: []string{"shared/job", "shared/thumbnail"}, outside: []string{"github.com/gofrs/flock", "golang.org/x/sys"}},
	"shared/bedrocksim":      {inside: []string{"shared/backoff", "shared/bedrocksim/draw", "shared/model"}, outside: anything},
	"shared/bedrocksim/draw": {outside: anything},
	"shared/bedrock":         {inside: []string{"shared/job", "shared/model"}, outside: anything},
	"shared/dynamostore":     {inside: []string{"shared/backoff", "shared/job", "shared/pace"}, outside: anything},
	"shared/sqsqueue":        {inside: []string{"shared/job"}, outside: anything},
	"shared/s3blob":          {inside: []string{"shared/job"}, outside: anything},
	"shared/eventbus":        {inside: []string{"shared/job", "shared/usd"}, outside: anything},

	// Faces, homes and programs.
	"shared/api": {
		inside:  []string{"shared/feed", "shared/job", "shared/model", "shared/prompt", "shared/read", "shared/request", "shared/spelling", "shared/template", "shared/usd"},
		outside: anything,
	},
	"shared/api/client": {inside: []string{"shared/api", "shared/backoff", "shared/job"}, outside: []string{"github.com/google/uuid"}},
	"shared/bulk": {
		inside:  []string{"shared/api", "shared/api/client", "shared/backoff", "shared/bulk/folder", "shared/job", "shared/model", "shared/prompt", "shared/request", "shared/spelling", "shared/template", "shared/upright", "shared/usd"},
		outside: []string{"github.com/google/uuid"},
	},
	"shared/bulk/folder": {
		inside:  []string{"shared/api", "shared/job", "shared/model", "shared/picture", "shared/prompt", "shared/request", "shared/web"},
		outside: []string{"github.com/gofrs/flock", "github.com/google/uuid", "golang.org/x/image", "golang.org/x/text"},
	},
	"shared/lambdahandler": {inside: []string{"shared/config", "shared/job", "shared/run", "shared/usd"}, outside: anything},
	"functions/*": {
		inside:  []string{"shared/api", "shared/bedrock", "shared/config", "shared/dynamostore", "shared/eventbus", "shared/job", "shared/lambdahandler", "shared/pace", "shared/read", "shared/run", "shared/s3blob", "shared/sqsqueue", "shared/sweep", "shared/worker"},
		outside: anything,
	},
	"shared/local": {
		inside:  []string{"shared/api", "shared/backoff", "shared/bedrock", "shared/bedrocksim", "shared/disk", "shared/feed", "shared/job", "shared/model", "shared/pace", "shared/read", "shared/run", "shared/sqlite", "shared/sweep", "shared/web", "shared/worker"},
		outside: anything,
	},
	"shared/cli": {
		inside:  []string{"shared/api", "shared/api/client", "shared/backoff", "shared/bulk", "shared/bulk/folder", "shared/config", "shared/job", "shared/local", "shared/model", "shared/picture", "shared/prompt", "shared/request", "shared/sign", "shared/spelling", "shared/template", "shared/upright", "shared/usd", "shared/web"},
		outside: anything,
	},
	"cmd/easel":     {inside: []string{"shared/cli"}},
	"cmd/sam-local": {inside: []string{"shared/awstest", "shared/bedrocksim", "shared/dynamostore"}, outside: anything},
}

// unlinked is what no Lambda binary carries, by whatever way: it would cost megabytes and slow the cold start.
var unlinked = []string{
	"testing", "modernc.org/*", "github.com/spf13/cobra", module + "/shared/sqlite", module + "/shared/bedrocksim", module + "/shared/upright", module + "/shared/thumbnail",
}

func TestImportsFollowTheRule(t *testing.T) {
	gomod, err := os.ReadFile("../go.mod")
	if err != nil || !strings.HasPrefix(string(gomod), "module "+module+"\n") {
		t.Fatalf("../go.mod does not name the module %s (%v): adapt the constant, or nothing is checked", module, err)
	}
	used := map[string]bool{}
	found, err := broken(os.DirFS(".."), used)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append(found, idle(used)...) {
		t.Error(line)
	}
}

func TestRuleRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, imports, want string }{
		"an adapter in an adapter":      {"shared/disk/a.go", "easel/shared/sqlite", "shared/disk may import"},
		"an adapter in the API":         {"shared/api/a.go", "easel/shared/s3blob", "shared/api may import"},
		"the core in the catalogue":     {"shared/model/a.go", "easel/shared/job", "shared/model may import no"},
		"a library in the catalogue":    {"shared/model/a.go", "github.com/google/uuid", "no third-party package"},
		"an SDK in the core":            {"shared/job/a.go", "github.com/aws/aws-sdk-go-v2/aws", "only github.com/google/uuid"},
		"a library of a similar name":   {"shared/job/a.go", "github.com/google/uuidx", "only github.com/google/uuid"},
		"the command line in a package": {"shared/local/a.go", "easel/shared/cli", "shared/local may import"},
		"the simulator in a function":   {"functions/submit/main.go", "easel/shared/bedrocksim", "functions/submit may"},
		"testing in what is shipped":    {"shared/api/a.go", "testing/fstest", "packages made for tests"},
		"a file of another system":      {"shared/disk/a_plan9.go", "easel/shared/sqlite", "shared/disk may import"},
		"a package without a place":     {"shared/media/a.go", "strings", "shared/media has no place"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{c.file: {Data: fmt.Appendf(nil, "package p\n\nimport _ %q\n", c.imports)}}
			found, err := broken(tree, map[string]bool{})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || !strings.Contains(found[0], c.want) {
				t.Errorf("got %q, want one line with %q", found, c.want)
			}
		})
	}
}

func TestRuleIsOfThisModuleAlone(t *testing.T) {
	tree := fstest.MapFS{"docs/go/a.go": {Data: []byte("package p\n")}, "docs/go/go.mod": {Data: []byte("module example.com/p\n")}}
	if found, err := broken(tree, map[string]bool{}); err != nil || len(found) != 0 {
		t.Errorf("got %q, %v", found, err)
	}
}

func TestFunctionsCarryNoDeadWeight(t *testing.T) {
	graph := linked(t, module+"/functions/...")
	for _, program := range slices.Sorted(maps.Keys(graph)) {
		if !strings.HasPrefix(program, module+"/functions/") {
			continue
		}
		for _, chain := range chains(graph, program) {
			t.Errorf("cut one of these imports, no function may link the last:\n\t%s", strings.Join(chain, "\n\t→ "))
		}
	}
}

func TestChainLeadsToTheWeight(t *testing.T) {
	graph := map[string][]string{"main": {"a", "b"}, "b": {"modernc.org/sqlite"}, "modernc.org/sqlite": {"testing"}}
	got := chains(graph, "main")
	if len(got) != 1 || !slices.Equal(got[0], []string{"main", "b", "modernc.org/sqlite"}) {
		t.Errorf("got %q, want the one chain that ends at the driver", got)
	}
}

// broken returns a line for each import that the rule forbids and for each package that it does not know, and notes the
// grants that are used.
func broken(tree fs.FS, used map[string]bool) ([]string, error) {
	var found []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(tree, name)
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		lines, err := judge(tree, name, used)
		found = append(found, lines...)
		return err
	})
	slices.Sort(found)
	return slices.Compact(found), err
}

// idle returns a line for each package in the rule that is not there, and for each grant that no file uses.
func idle(used map[string]bool) (found []string) {
	for pattern, at := range places {
		if !used[pattern] {
			found = append(found, fmt.Sprintf("%s is not there: take its line out of places", pattern))
			continue
		}
		for _, grant := range slices.Concat(at.inside, at.outside) {
			if grant != "" && !used[pattern+" "+grant] {
				found = append(found, fmt.Sprintf("%s imports no %s: take the grant out of places", pattern, grant))
			}
		}
	}
	return found
}

// enter skips the folders that the go command does not look into: a module below this one is another.
func enter(tree fs.FS, dir string) error {
	base := path.Base(dir)
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	if dir != "." && (err == nil || strings.ContainsAny(base[:1], "._")) || base == "testdata" || base == "vendor" || base == "node_modules" {
		return fs.SkipDir
	}
	return nil
}

// judge holds the imports of one file against the place of its package.
func judge(tree fs.FS, name string, used map[string]bool) ([]string, error) {
	pkg := path.Dir(name)
	pattern, at, known := lookup(pkg)
	if !known {
		return []string{pkg + " has no place in the import rule: give it a line in places (shared/arch_test.go), " +
			"with the least that it has to import"}, nil
	}
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var found []string
	used[pattern] = true
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		used[pattern+" "+at.grant(imported)] = true
		if complaint := at.refuse(pkg, imported); complaint != "" {
			found = append(found, fmt.Sprintf("%s imports %s: %s", files.Position(spec.Pos()), imported, complaint))
		}
	}
	return found, nil
}

func lookup(pkg string) (pattern string, at place, known bool) {
	for pattern, at := range places {
		if ok, _ := path.Match(pattern, pkg); ok {
			return pattern, at, true
		}
	}
	return "", place{}, false
}

// grant is what allows an import, or nothing.
func (p place) grant(imported string) string {
	if first, rest, _ := strings.Cut(imported, "/"); first == module && slices.Contains(p.inside, rest) {
		return rest
	}
	n := slices.IndexFunc(p.outside, func(allowed string) bool {
		return allowed == "" || imported == allowed || strings.HasPrefix(imported, allowed+"/")
	})
	if n < 0 || !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
		return ""
	}
	return p.outside[n]
}

// refuse returns what is wrong with an import and what to do about it, or nothing.
func (p place) refuse(pkg, imported string) string {
	first, rest, _ := strings.Cut(imported, "/")
	switch {
	case first == module && !slices.Contains(p.inside, rest):
		return fmt.Sprintf("%s may import %s of this module. Move the code up to where both are allowed, "+
			"or let shared/job name a port for it", pkg, list(p.inside))
	case first == "testing" && !p.tests:
		return "only packages made for tests may import testing. Move the code to a _test.go file or to shared/job/jobtest"
	case strings.Contains(first, ".") && p.grant(imported) == "" && !slices.Contains(p.outside, ""):
		return fmt.Sprintf("%s may import %s besides the standard library. "+
			"Move the code to an adapter, or do without the library", pkg, list(p.outside, "third-party"))
	}
	return ""
}

func list(allowed []string, kind ...string) string {
	if len(allowed) == 0 {
		return strings.Join(append([]string{"no"}, append(kind, "package")...), " ")
	}
	return "only " + strings.Join(allowed, ", ")
}

// linked returns what each package imports, for all that is linked into the programs as Lambda runs them.
func linked(t *testing.T, pattern string) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports", pattern)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, complaints.String())
	}
	graph := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return graph
		} else if err != nil {
			t.Fatal(err)
		}
		graph[listed.ImportPath] = listed.Imports
	}
}

// chains returns the shortest way from a program to each thing in unlinked that it reaches first.
func chains(graph map[string][]string, program string) [][]string {
	var found [][]string
	seen := map[string]bool{program: true}
	for ways := [][]string{{program}}; len(ways) > 0; ways = ways[1:] {
		way := ways[0]
		for _, next := range graph[way[len(way)-1]] {
			if seen[next] {
				continue
			}
			seen[next] = true
			longer := append(slices.Clone(way), next)
			if slices.ContainsFunc(unlinked, func(p string) bool { ok, _ := path.Match(p, next); return ok }) {
				found = append(found, longer)
				continue
			}
			ways = append(ways, longer)
		}
	}
	return found
}
