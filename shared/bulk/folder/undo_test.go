package folder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAFolderForWhichNothingWasOrderedLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		before string // a file that is there
		within func(f *Folder) error
		want   []string
	}{
		"new": {"", nil, nil},
		"new with a server of its own": {"", func(f *Folder) error {
			return os.MkdirAll(filepath.Join(f.Path, inner, "data-sim"), 0o777)
		}, nil},
		"somebody's":       {"a/b/cat.png", nil, []string{"a", "a/b", "a/b/cat.png"}},
		"empty":            {"a/x", nil, []string{"a", "a/x"}},
		"used before":      {"a/b/.easel/x", nil, []string{"a", "a/b", "a/b/.easel", "a/b/.easel/lock", "a/b/.easel/part", "a/b/.easel/x", "a/b/manifest.jsonl"}},
		"with an order":    {"", func(f *Folder) error { return f.SetBatch(Batch{Server: "s"}) }, []string{"a", "a/b", "a/b/.easel", "a/b/.easel/batch.json", "a/b/.easel/lock", "a/b/.easel/part", "a/b/manifest.jsonl"}},
		"with a row":       {"", func(f *Folder) error { return f.Record(Entry{Key: "k", Status: "failed"}) }, []string{"a", "a/b", "a/b/.easel", "a/b/.easel/lock", "a/b/.easel/part", "a/b/manifest.jsonl"}},
		"with other files": {"", func(f *Folder) error { return os.WriteFile(filepath.Join(f.Path, "note"), nil, 0o600) }, []string{"a", "a/b", "a/b/note"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.before != "" {
				file := filepath.Join(dir, filepath.FromSlash(c.before))
				if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f, err := Open(filepath.Join(dir, "a", "b"))
			if err == nil && c.within != nil {
				err = c.within(f)
			}
			if err != nil {
				t.Fatal(err)
			}
			if busy, err := Open(f.Path); err == nil {
				t.Error("two have it", busy.Close())
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			var there []string
			err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
				if name, _ := filepath.Rel(dir, path); name != "." {
					there = append(there, filepath.ToSlash(name))
				}
				return err
			})
			if diff := cmp.Diff(c.want, there); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}
