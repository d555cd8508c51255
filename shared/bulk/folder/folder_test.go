package folder

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
)

// openAt opens a folder until the test ends, or until it is closed.
func openAt(t testing.TB, dir string) *Folder {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f.Now = func() time.Time { return time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC) }
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// again closes a folder and opens it as the next run does.
func again(t testing.TB, f *Folder) *Folder {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return openAt(t, f.Path)
}

// success is the entry of a picture that is yet to be put into the folder.
func success(key, prompt string, seed int64) Entry {
	return Entry{
		Key: key, CustomID: key, Line: 2, Input: api.JobRequest{Settings: api.Settings{Prompt: prompt}},
		JobID: "job-" + key, Model: "stability.stable-image-core-v1:1", Seed: seed, Status: "succeeded", CostUSD: "0.04",
	}
}

func failure(key, prompt, code string) Entry {
	e := success(key, prompt, 0)
	e.Status, e.Error = "failed", &api.JobError{Code: code, Message: "The model kept the picture back."}
	return e
}

// deliver does what a run does with a picture: place it, save it, record it.
func deliver(t testing.TB, f *Folder, e Entry, data []byte) Entry {
	t.Helper()
	e.SHA256, e.SizeBytes = job.HashOf(data), int64(len(data))
	file, err := f.Place(DefaultPattern, e, "png")
	if err != nil {
		t.Fatal(err)
	}
	e.File = file
	put(t, f, file, data)
	record(t, f, e)
	return e
}

func put(t testing.TB, f *Folder, name string, data []byte) {
	t.Helper()
	err := f.Save(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func record(t testing.TB, f *Folder, e Entry) {
	t.Helper()
	if err := f.Record(e); err != nil {
		t.Fatal(err)
	}
}

// pictureOf draws a PNG of one colour for each number.
func pictureOf(t testing.TB, width, height, number int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := range height {
		img.Set(0, y, color.NRGBA{R: uint8(number), G: uint8(number >> 8), B: 128, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, f *Folder, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.Path, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func there(f *Folder, name string) bool {
	_, err := os.Lstat(filepath.Join(f.Path, filepath.FromSlash(name)))
	return err == nil
}

func TestTheSecondRunSaysWhichFolderIsBusy(t *testing.T) {
	f := openAt(t, filepath.Join(t.TempDir(), "new", "pictures"))
	_, err := Open(f.Path)
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), f.Path) {
		t.Fatalf("got %v, want ErrBusy with the folder's name", err)
	}
	again(t, f)
}

func TestAFileIsNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pictures")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestTheLockIsNotTakenThroughALinkThatLeadsOut(t *testing.T) {
	for _, link := range []string{inner, lockFile} {
		dir, outside := t.TempDir(), t.TempDir()
		target, path := filepath.Join(outside, "new"), filepath.Join(dir, filepath.FromSlash(link))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(target, path)); err != nil {
			t.Skip(err)
		}
		if _, err := Open(dir); err == nil {
			t.Errorf("the folder was opened through %s", link)
		}
		if _, err := os.Lstat(target); err == nil {
			t.Errorf("%s made something outside of the folder", link)
		}
	}
}

func TestAFileAppearsWholeOrNotAtAll(t *testing.T) {
	f := openAt(t, t.TempDir())
	broken := errors.New("the line is dead")
	err := f.Save("a/b.png", func(w io.Writer) error {
		_, _ = w.Write([]byte("half of a pict"))
		return broken
	})
	if !errors.Is(err, broken) || there(f, "a/b.png") {
		t.Errorf("got %v and a file: %t", err, there(f, "a/b.png"))
	}
	put(t, f, "a/b.png", []byte("picture"))
	put(t, f, "a/b.png", []byte("another"))
	if got := read(t, f, "a/b.png"); got != "another" {
		t.Errorf("the file holds %q", got)
	}
	if names, _ := filepath.Glob(filepath.Join(f.Path, inner, "part", "*")); len(names) > 0 {
		t.Errorf("left over: %q", names)
	}
}

func TestNothingIsSavedOutside(t *testing.T) {
	parent := t.TempDir()
	f := openAt(t, filepath.Join(parent, "pictures"))
	if err := os.Symlink("..", filepath.Join(f.Path, "out")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"../a.png", "out/a.png", filepath.Join(parent, "a.png")} {
		if err := f.Save(name, func(io.Writer) error { return nil }); err == nil {
			t.Errorf("%s was saved", name)
		}
	}
	if _, err := os.Lstat(filepath.Join(parent, "a.png")); err == nil {
		t.Error("a file appeared outside of the folder")
	}
}

func TestWhatAKilledRunWasWritingIsRemoved(t *testing.T) {
	f := openAt(t, t.TempDir())
	half := filepath.Join(f.Path, filepath.FromSlash(staging), "half")
	if err := os.WriteFile(half, []byte("hal"), 0o600); err != nil {
		t.Fatal(err)
	}
	again(t, f)
	if _, err := os.Lstat(half); err == nil {
		t.Error("it is still there")
	}
}

func TestBatchesAreKeptForEachServer(t *testing.T) {
	f := openAt(t, t.TempDir())
	at := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	one := Batch{Server: "http://one", Batch: "b1", Key: "k1", Source: "a.csv", Header: []string{"Prompt"}, CreatedAt: at}
	two := Batch{Server: "local:sim", Batch: "b2", Key: "k2", CreatedAt: at}
	newer := Batch{Server: "http://one", Batch: "b3", Key: "k3", CreatedAt: at}
	for _, l := range []Batch{one, two, newer} {
		if err := f.SetBatch(l); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for _, want := range []Batch{newer, two} {
			got, ok := f.Batch(want.Server)
			if diff := cmp.Diff(want, got); diff != "" || !ok {
				t.Errorf("%t, %s", ok, diff)
			}
		}
		f = again(t, f)
	}
	if _, ok := f.Batch("http://three"); ok {
		t.Error("there is a batch of a server that was never asked")
	}
}

func TestABrokenListOfBatchesIsNotOverlooked(t *testing.T) {
	for content, want := range map[string]string{`{"v":1,"batches":[`: "paid again", `{"v":2,"batches":[]}`: "newer easel"} {
		f := openAt(t, t.TempDir())
		if err := os.WriteFile(filepath.Join(f.Path, filepath.FromSlash(batchFile)), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the lock is given back
			if _, err := Open(f.Path); err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrBusy) {
				t.Errorf("%s: got %v, want %q", content, err, want)
			}
		}
	}
}

func TestTheFolderMayBeMoved(t *testing.T) {
	parent := t.TempDir()
	f := openAt(t, filepath.Join(parent, "a"))
	deliver(t, f, success("fox", "a fox", 1), pictureOf(t, 8, 8, 1))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.Path, filepath.Join(parent, "b")); err != nil {
		t.Fatal(err)
	}
	f = openAt(t, filepath.Join(parent, "b"))
	if err := f.Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if s, _ := f.Known("fox"); !s.Made {
		t.Error("the picture is not known any more")
	}
}

func ExampleCheckPattern() {
	fmt.Println(CheckPattern("{number}.{ext}"))
	// Output: the name pattern "{number}.{ext}" names {number}, which there is not. There are {custom_id}, {prompt}, {seed}, {model}, {line}, {n}, {ext}
}
