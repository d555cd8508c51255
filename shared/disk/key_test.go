package disk

import (
	"errors"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/job"
)

var goodKeys = []string{
	sample,
	"images/batch/0191f4c7-8a3e-7000-8000-000000000001/2-1763836313123.jpeg",
	"inputs/0191f4c7-8a3e-7000-8000-000000000001",
	"a", "A_b-c.d", "a..b/c", "x.json/y",
	strings.Repeat("a", maxName),
	strings.Repeat("a/", maxKey/2-1) + "aa",
}

var badKeys = []string{
	"", "/", "/etc/passwd", "//x", "a//b", "a/", ".", "..", "../x", "a/../b", "a/..", "a/./b", "./a", "...", "a/.../b",
	".tmp/x", ".hidden", "a/.hidden", "a.", "a./b", `..\x`, `a\b`, `C:\x`, "C:x", "a:b", "a b", "a%2e%2e/b", "a\x00b",
	"a\nb", "ä", "a\xff", "a?b", "a#b", "a*", "~", "$HOME", "x.json", "x.JSON", sample + ".json",
	strings.Repeat("a", maxName+1), strings.Repeat("a/", maxKey/2) + "a",
}

func TestGoodKeysAreTaken(t *testing.T) {
	for _, key := range goodKeys {
		if err := check(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestBadKeysAreRefusedEverywhere(t *testing.T) {
	s := newStore(t, t.TempDir())
	s.SetBase("http://localhost")
	put(t, s, "kept.png", "picture", job.ImageInfo{})
	ctx := t.Context()
	for _, key := range badKeys {
		_, stat := s.Stat(ctx, key)
		_, get := s.GetInput(ctx, key)
		_, _, sign := s.URL(ctx, key, "image/png", 0)
		for call, err := range map[string]error{
			"Put": s.Put(ctx, key, nil, job.ImageInfo{}), "Stat": stat, "Delete": s.Delete(ctx, []string{"kept.png", key}),
			"PutInput": s.PutInput(ctx, key, nil), "GetInput": get, "DeleteInput": s.DeleteInput(ctx, key), "URL": sign,
		} {
			if !errors.Is(err, job.ErrInvalid) {
				t.Errorf("%s(%q): %v, want ErrInvalid", call, key, err)
			}
		}
	}
	if _, err := s.Stat(ctx, "kept.png"); err != nil {
		t.Errorf("a delete with a bad key removed a good one: %v", err)
	}
}

func FuzzKeysStayInside(f *testing.F) {
	for _, key := range append(goodKeys, badKeys...) {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		err := check(key)
		if err != nil {
			if !errors.Is(err, job.ErrInvalid) || len(err.Error()) > 1000 {
				t.Errorf("%q: %v, want a short ErrInvalid", key, err)
			}
			return
		}
		local, err := filepath.Localize(key)
		if err != nil || !filepath.IsLocal(local) || path.Clean(key) != key {
			t.Errorf("%q was taken: it becomes %q, %v", key, local, err)
		}
		if key[0] == '.' || strings.Contains(key, "/.") || strings.ContainsAny(key, "\\:%?#\x00") {
			t.Errorf("%q was taken", key)
		}
	})
}
