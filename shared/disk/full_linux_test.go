package disk

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/smalldisk"
)

func TestAFullDiskLeavesNothingHalfWritten(t *testing.T) {
	s := newStore(t, smalldisk.Make(t, "size=256k"))
	put(t, s, sample, "picture", job.ImageInfo{Seed: 1})
	before := files(t, s)
	tooLarge := make([]byte, 1<<20)
	for name, err := range map[string]error{
		"picture": s.Put(t.Context(), "images/b.png", tooLarge, job.ImageInfo{}),
		"input":   s.PutInput(t.Context(), "inputs/b", tooLarge),
	} {
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), s.tree.path) || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("%s: %v, want an error that names the folder and asks for space", name, err)
		}
	}
	if diff := cmp.Diff(before, files(t, s)); diff != "" {
		t.Errorf("failed puts changed the folder (-before +after):\n%s", diff)
	}
	put(t, s, "images/small.png", "picture", job.ImageInfo{})
}

func TestAReadOnlyFolderIsReadAndSaysThatItIsReadOnly(t *testing.T) {
	dir := smalldisk.Make(t, "size=256k")
	s := newStore(t, dir)
	put(t, s, sample, "picture", job.ImageInfo{Seed: 1})
	smalldisk.Protect(t, dir)
	_, reopened := NewStore(dir, bytes.Repeat([]byte{1}, keyBytes))
	_, folder := OpenFolder(dir, "sim")
	for name, err := range map[string]error{
		"Put": s.Put(t.Context(), "images/b.png", []byte("b"), job.ImageInfo{}), "PutInput": s.PutInput(t.Context(), "inputs/b", []byte("b")),
		"Delete": s.Delete(t.Context(), []string{sample}), "NewStore": reopened, "OpenFolder": folder,
	} {
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "must be able to write") {
			t.Errorf("%s: %v, want an error that names the folder and says what it needs", name, err)
		}
	}
	if info, err := s.Stat(t.Context(), sample); err != nil || info.Seed != 1 {
		t.Errorf("Stat: %+v, %v, want the picture that is there", info, err)
	}
}
