package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

const sample = "images/single/0191f4c7-8a3e-7000-8000-000000000001/1-1763836313123.png"

// TestImages runs the contract with each way to make files durable.
func TestImages(t *testing.T) {
	for _, alone := range []bool{false, true} {
		t.Run(fmt.Sprintf("each file alone %t", alone), func(t *testing.T) {
			jobtest.Images.Run(t, func(t *testing.T) jobtest.ImagesHarness {
				s := newStore(t, t.TempDir())
				if alone {
					s.tree.all = nil
				}
				return jobtest.ImagesHarness{Images: s, Read: func(key string) ([]byte, error) {
					return os.ReadFile(filepath.Join(s.tree.path, key))
				}}
			})
		})
	}
}

func TestInputs(t *testing.T) {
	jobtest.Inputs.Run(t, func(t *testing.T) job.Inputs { return newStore(t, t.TempDir()) })
}

func TestWhatWasStoredIsThereAfterARestart(t *testing.T) {
	root := t.TempDir()
	first := newStore(t, root)
	info := job.ImageInfo{ContentType: "image/png", Seed: 7, Model: "m"}
	put(t, first, sample, "picture", info)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := newStore(t, root)
	if got, err := second.Stat(t.Context(), sample); err != nil || got != info {
		t.Errorf("Stat: %+v, %v, want %+v", got, err, info)
	}
}

func TestASidecarWithoutItsPictureCountsAsNothing(t *testing.T) {
	s := newStore(t, t.TempDir())
	if err := s.tree.write(sample+sidecar, []byte(`{"seed":1,"sha256":"of a picture that never came"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), sample); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat: %v, want ErrNotFound", err)
	}
	info := job.ImageInfo{ContentType: "image/png", Seed: 2, SHA256: "of the picture that came"}
	put(t, s, sample, "picture", info)
	if got, err := s.Stat(t.Context(), sample); err != nil || got != info {
		t.Errorf("Stat: %+v, %v, want %+v", got, err, info)
	}
}

func TestAPictureIsNotThereWithoutItsSidecar(t *testing.T) {
	s := newStore(t, t.TempDir())
	if err := s.tree.mkdir(sample + sidecar + "/in-the-way"); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), sample, []byte("picture"), job.ImageInfo{}); err == nil {
		t.Error("Put succeeded without a sidecar")
	}
	if _, err := s.Stat(t.Context(), sample); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat: %v, want ErrNotFound", err)
	}
}

func TestALeftoverSidecarIsDeleted(t *testing.T) {
	s := newStore(t, t.TempDir())
	if err := s.tree.write(sample+sidecar, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), []string{sample}); err != nil {
		t.Fatal(err)
	}
	onlyStaging(t, s)
}

func TestDeleteLeavesNoEmptyDirectories(t *testing.T) {
	s := newStore(t, t.TempDir())
	other := "images/single/another/1-1.png"
	put(t, s, sample, "picture", job.ImageInfo{})
	put(t, s, other, "picture", job.ImageInfo{})
	if err := s.Delete(t.Context(), []string{sample}); err != nil {
		t.Fatal(err)
	}
	want := []string{".tmp", "images", "images/single", "images/single/another", other, other + ".json"}
	if diff := cmp.Diff(want, files(t, s)); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
	if err := s.Delete(t.Context(), []string{other, "images/single"}); err != nil {
		t.Fatal(err)
	}
	onlyStaging(t, s)
}

func TestADirectoryIsNoPicture(t *testing.T) {
	s := newStore(t, t.TempDir())
	put(t, s, sample, "picture", job.ImageInfo{})
	for _, key := range []string{"images/single", "images", sample + "/deeper"} {
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("Stat %s: %v, want ErrNotFound", key, err)
		}
		if _, err := s.GetInput(t.Context(), key); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("GetInput %s: %v, want ErrNotFound", key, err)
		}
		if err := s.Delete(t.Context(), []string{key}); err != nil {
			t.Errorf("Delete %s: %v", key, err)
		}
	}
	if _, err := s.Stat(t.Context(), sample); err != nil {
		t.Errorf("the picture in the directory is gone: %v", err)
	}
}

func TestHalfWrittenFilesAreClearedAtTheStart(t *testing.T) {
	root := t.TempDir()
	first := newStore(t, root)
	if _, err := first.tree.stage([]byte("half a picture")); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	onlyStaging(t, newStore(t, root))
}

func TestFailuresNameTheFolderAndLeaveNothing(t *testing.T) {
	s := newStore(t, t.TempDir())
	put(t, s, "a/picture.png", "picture", job.ImageInfo{})
	before := files(t, s)
	under := "a/picture.png/b.png"
	failures := map[string]error{
		"picture": s.Put(t.Context(), under, []byte("data"), job.ImageInfo{}),
		"input":   s.PutInput(t.Context(), under, []byte("data")),
	}
	for name, err := range failures {
		if err == nil || !strings.Contains(err.Error(), s.tree.path) || !strings.Contains(err.Error(), under) {
			t.Errorf("%s below a file: %v, want an error with folder and key", name, err)
		}
	}
	if diff := cmp.Diff(before, files(t, s)); diff != "" {
		t.Errorf("failed puts changed the folder (-before +after):\n%s", diff)
	}
}

func TestAFolderThatCannotBeIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{file, filepath.Join(file, "below")} {
		_, err := NewStore(root, make([]byte, keyBytes))
		if err == nil || !strings.Contains(err.Error(), root) {
			t.Errorf("NewStore(%s): %v, want an error that names the folder", root, err)
		}
	}
	if _, err := NewStore(t.TempDir(), []byte("short")); err == nil {
		t.Error("a key of five bytes was taken")
	}
}

func TestSymlinksDoNotLeadOut(t *testing.T) {
	s := newStore(t, t.TempDir())
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.png")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	symlink(t, outside, filepath.Join(s.tree.path, "out"))
	symlink(t, secret, filepath.Join(s.tree.path, "link.png"))
	for _, key := range []string{"out/secret.png", "link.png"} {
		if data, err := s.GetInput(t.Context(), key); err == nil {
			t.Errorf("GetInput %s returned %q", key, data)
		}
		if _, err := s.Stat(t.Context(), key); err == nil {
			t.Errorf("Stat %s found it", key)
		}
	}
	if err := s.Put(t.Context(), "out/new.png", []byte("data"), job.ImageInfo{}); err == nil {
		t.Error("Put wrote through a link")
	}
	_ = s.Delete(t.Context(), []string{"out/secret.png", "link.png"})
	if got := names(t, outside); !cmp.Equal(got, []string{"secret.png"}) {
		t.Errorf("outside there is now %v", got)
	}
	if data, err := os.ReadFile(secret); err != nil || !bytes.Equal(data, []byte("secret")) {
		t.Errorf("the file outside now holds %q, %v", data, err)
	}
}

func TestADamagedSidecarIsAnErrorThatNamesIt(t *testing.T) {
	s := newStore(t, t.TempDir())
	put(t, s, sample, "picture", job.ImageInfo{})
	if err := s.tree.write(sample+sidecar, []byte("{")); err != nil {
		t.Fatal(err)
	}
	_, err := s.Stat(t.Context(), sample)
	if err == nil || errors.Is(err, job.ErrNotFound) || !strings.Contains(err.Error(), sample+sidecar) {
		t.Errorf("Stat: %v, want an error that names the sidecar", err)
	}
}

func newStore(t *testing.T, root string) *Store {
	t.Helper()
	s, err := NewStore(root, bytes.Repeat([]byte{1}, keyBytes))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s *Store, key, data string, info job.ImageInfo) {
	t.Helper()
	if err := s.Put(t.Context(), key, []byte(data), info); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
}

func onlyStaging(t *testing.T, s *Store) {
	t.Helper()
	if diff := cmp.Diff([]string{".tmp"}, files(t, s)); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
}

// files lists all that lies in the store's folder.
func files(t *testing.T, s *Store) []string { return names(t, s.tree.path) }

func names(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
		if name != "." {
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAFolderThatSomebodyElseRemovedIsMadeAgain(t *testing.T) {
	s := newStore(t, t.TempDir())
	put(t, s, sample, "picture", job.ImageInfo{})
	for _, folder := range []string{"images/single", "images"} {
		if err := os.RemoveAll(filepath.Join(s.tree.path, folder)); err != nil {
			t.Fatal(err)
		}
		put(t, s, sample, "picture", job.ImageInfo{})
	}
}
