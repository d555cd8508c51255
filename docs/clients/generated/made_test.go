package generated_test

import (
	"os"
	"path/filepath"
	"testing"
)

// golang makes a client in Go with the tool that go.mod of its program pins.
func golang(t *testing.T, folder string) (said string, program []string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(folder, "easel"), 0o755); err != nil {
		t.Fatal(err)
	}
	said = run(t, folder, "go", "tool", "oapi-codegen", "-package", "easel", "-generate", "types,client", "-o", "easel/easel.go", absolute(t, description))
	run(t, folder, "go", "vet", "./...")
	run(t, folder, "go", "build", "-o", "order", ".")
	return said, []string{filepath.Join(folder, "order")}
}

// python makes a client in Python, in the environment that `make generated` has set up.
func python(t *testing.T, folder string) (said string, program []string) {
	t.Helper()
	bin := absolute(t, filepath.Join(root, ".bin", "generated", "bin"))
	said = run(t, folder, filepath.Join(bin, "openapi-python-client"), "generate", "--path", absolute(t, description), "--meta", "none", "--output-path", "easel", "--config", "config.yaml")
	return said, []string{filepath.Join(bin, "python"), "order.py"}
}

// typescript makes types and compiles the program with no other flag than --strict.
func typescript(t *testing.T, folder string) (said string, program []string) {
	t.Helper()
	if err := os.Symlink(absolute(t, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	said = run(t, folder, node(t, "openapi-typescript"), absolute(t, description), "-o", "easel.d.ts")
	run(t, folder, node(t, "tsc"), "--strict", "order.ts")
	return said, []string{"node", "order.js"}
}

func node(t *testing.T, name string) string {
	t.Helper()
	return absolute(t, filepath.Join("node_modules", ".bin", name))
}
