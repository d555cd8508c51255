// Bundle packs the template and the built functions for people who have neither Go nor make:
//
//	go run .ci/bundle.go ARCHITECTURE FUNCTIONS OUT.zip
//
// FUNCTIONS holds a folder for each function, named as in the template, with its program. What comes out is the same
// for the same input, to the byte. `sam deploy` takes it, unpacked, as it is.
package main

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go run .ci/bundle.go arm64|x86_64 FUNCTIONS OUT.zip")
		os.Exit(2)
	}
	if err := bundle(os.Args[1], os.DirFS(os.Args[2]), os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func bundle(arch string, functions fs.FS, out string) (err error) {
	source, err := os.ReadFile("template.yaml")
	if err != nil {
		return err
	}
	template, names, err := rewrite(string(source), arch)
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, file.Close()) }()
	w := zip.NewWriter(file)
	if err := add(w, "template.yaml", 0o644, []byte(template)); err != nil {
		return err
	}
	for _, name := range []string{"samconfig.toml", "LICENSE"} {
		if err := copied(w, os.DirFS("."), name, name, 0o644); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := copied(w, functions, path.Join(name, "bootstrap"), path.Join("functions", name, "bootstrap"), 0o755); err != nil {
			return err
		}
	}
	return w.Close()
}

func copied(w *zip.Writer, from fs.FS, source, target string, mode fs.FileMode) error {
	data, err := fs.ReadFile(from, source)
	if err != nil {
		return err
	}
	return add(w, target, mode, data)
}

// add writes a file under a time that is always the same, with the permission that a program needs.
func add(w *zip.Writer, name string, mode fs.FileMode, data []byte) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(mode)
	file, err := w.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return err
}

var (
	function     = regexp.MustCompile(`(?m)^  (\w+):\n    Type: AWS::Serverless::Function\n    Metadata:\n      BuildMethod: makefile\n((?:      .*\n|    Properties:\n)*?)      CodeUri: \.\n`)
	architecture = regexp.MustCompile(`(?m)^  Architecture:\n(?:    .*\n)+`)
)

// rewrite turns the template into that of a bundle: each function's code is a folder, there is nothing left to build, and
// the processor is the one that it was built for.
func rewrite(template, arch string) (string, []string, error) {
	var names []string
	for _, found := range function.FindAllStringSubmatch(template, -1) {
		names = append(names, found[1])
	}
	functions := strings.Count(template, "AWS::Serverless::Function\n")
	if len(names) == 0 || len(names) != functions || len(architecture.FindAllString(template, -1)) != 1 {
		return "", nil, fmt.Errorf("template.yaml has %d functions and %d of them look as expected: adapt the patterns of .ci/bundle.go", functions, len(names))
	}
	template = function.ReplaceAllString(template, "  $1:\n    Type: AWS::Serverless::Function\n$2      CodeUri: functions/$1\n")
	template = architecture.ReplaceAllString(template, fmt.Sprintf("  Architecture:\n    Type: String\n    Default: %[1]s\n    AllowedValues: [%[1]s]\n    Description: The processor that the functions of this bundle were built for.\n", arch))
	for _, left := range []string{"BuildMethod", "CodeUri: .\n", "make "} {
		if strings.Contains(template, left) {
			return "", nil, errors.New("template.yaml still holds " + left + " after it was rewritten: adapt .ci/bundle.go")
		}
	}
	return template, names, nil
}
