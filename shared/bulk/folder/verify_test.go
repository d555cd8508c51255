package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// TestVerify changes one of three pictures.
func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		made   bool
	}{
		"gone":        {os.Remove, false},
		"shorter":     {func(p string) error { return os.Truncate(p, 3) }, false},
		"other bytes": {func(p string) error { return os.WriteFile(p, []byte("PICTURE 1"), 0o600) }, false},
		"a folder":    {func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, false},
		"a link to the like": {func(p string) error {
			like := filepath.Join(filepath.Dir(p), "copy1.png") // the link, too, is 9 bytes long
			return errors.Join(os.Rename(p, like), os.Symlink("copy1.png", p))
		}, false},
		"shorter, with its time": {func(p string) error {
			info, err := os.Stat(p)
			return errors.Join(err, os.Truncate(p, 3), os.Chtimes(p, info.ModTime(), info.ModTime()))
		}, false},
		"untouched":               {func(string) error { return nil }, true},
		"only its time is new":    {func(p string) error { return os.Chtimes(p, time.Now(), time.Unix(1_700_000_000, 0)) }, true},
		"written anew as it was":  {func(p string) error { return os.WriteFile(p, []byte("picture 1"), 0o600) }, true},
		"its folder is a file":    {func(p string) error { return errors.Join(os.Remove(p), os.WriteFile(p, []byte("x"), 0o600)) }, false},
		"an hour is not a second": {func(p string) error { return os.Chtimes(p, time.Time{}, time.Unix(1_700_003_600, 0)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := openAt(t, t.TempDir())
			for i := range 3 {
				deliver(t, f, success(fmt.Sprint("fox", i), "a fox", int64(i)), fmt.Append(nil, "picture ", i))
			}
			f = again(t, f)
			if err := c.change(filepath.Join(f.Path, "fox1-1.png")); err != nil {
				t.Fatal(err)
			}
			if err := f.Verify(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{}
			for i := range 3 {
				s, _ := f.Known(fmt.Sprint("fox", i))
				got[fmt.Sprint("fox", i)] = s.Made
			}
			if diff := cmp.Diff(map[string]bool{"fox0": true, "fox1": c.made, "fox2": true}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVerifyTellsItsProgress(t *testing.T) {
	f := openAt(t, t.TempDir())
	for i := range 20 {
		deliver(t, f, success(fmt.Sprint("fox", i), "a fox", int64(i)), fmt.Append(nil, "picture ", i))
		record(t, f, failure(fmt.Sprint("owl", i), "an owl", "internal"))
	}
	var told []int
	if err := f.Verify(t.Context(), func(done, all int) { told = append(told, done, all) }); err != nil {
		t.Fatal(err)
	}
	var want []int
	for i := range 20 {
		want = append(want, i+1, 20)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// A folder that was copied has new times; it must not be read in full for every run.
func TestAPictureIsReadOnceForItsNewTime(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := deliver(t, f, success("fox", "a fox", 1), []byte("picture"))
	moved := time.Unix(1_700_000_000, 0)
	if err := os.Chtimes(filepath.Join(f.Path, e.File), moved, moved); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f = again(t, f)
		if err := f.Verify(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	last, _, err := f.Last("fox")
	if err != nil || !last.ModifiedAt.Equal(moved) || strings.Count(read(t, f, manifestFile), "\n") != 2 {
		t.Errorf("%v, the manifest is\n%s", err, read(t, f, manifestFile))
	}
	if err := f.Report(t.Context()); err != nil || there(f, failedFile) {
		t.Errorf("%v", err)
	}
}

func TestAPictureThatCannotBeReadIsNoLostPicture(t *testing.T) {
	f := openAt(t, t.TempDir())
	e := success("fox", "a fox", 1)
	e.File, e.SHA256, e.SizeBytes = "deep/fox.png", job.HashOf([]byte("picture")), 7
	put(t, f, e.File, []byte("picture"))
	record(t, f, e)
	outside := t.TempDir() // a link out of the folder is refused by the system, even to root
	if err := errors.Join(os.RemoveAll(filepath.Join(f.Path, "deep")), os.Symlink(outside, filepath.Join(f.Path, "deep"))); err != nil {
		t.Skip(err)
	}
	err := f.Verify(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "deep/fox.png") {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if s, _ := f.Known("fox"); !s.Made {
		t.Error("the picture counts as lost")
	}
}

func TestVerifyStopsWhenItIsTold(t *testing.T) {
	f := openAt(t, t.TempDir())
	for i := range 50 {
		deliver(t, f, success(fmt.Sprint("fox", i), "a fox", int64(i)), fmt.Append(nil, "picture ", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	err := f.Verify(ctx, func(done, _ int) {
		if done == 3 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := len(f.index.with(flagMade)); got != 50 {
		t.Errorf("%d pictures are made, want all 50", got)
	}
}
