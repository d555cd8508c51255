package folder

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"easel/shared/api"
	"easel/shared/smalldisk"
)

func TestAFullDiskIsToldAndLeavesNothingHalfWritten(t *testing.T) {
	f := openAt(t, smalldisk.Make(t, "size=256k"))
	deliver(t, f, success("fox", "a fox", 1), []byte("picture"))
	before := read(t, f, manifestFile)
	large := make([]byte, 1<<20)
	saved := f.Save("owl.png", func(w io.Writer) error {
		_, err := w.Write(large)
		return err
	})
	e := failure("owl", "an owl", "internal")
	e.Input = api.JobRequest{Settings: api.Settings{Prompt: strings.Repeat("an owl ", 1<<17)}}
	for name, err := range map[string]error{"Save": saved, "Record": f.Record(e), "SetBatch": f.SetBatch(Batch{Source: string(large)})} {
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), f.Path) || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("%s: %v, want an error that names the folder and asks for space", name, err)
		}
	}
	if got := read(t, f, manifestFile); got != before || there(f, "owl.png") {
		t.Errorf("the manifest has %d bytes, and had %d", len(got), len(before))
	}
	record(t, f, failure("cat", "a cat", "internal"))
	f = again(t, f)
	if _, known := f.Known("cat"); !known || len(f.Warnings()) > 0 {
		t.Errorf("what was recorded afterwards is lost: %q", f.Warnings())
	}
}

func TestAReadOnlyFolderIsTold(t *testing.T) {
	f := openAt(t, smalldisk.Make(t, "size=256k"))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	smalldisk.Protect(t, f.Path)
	if _, err := Open(f.Path); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), f.Path) || !strings.Contains(err.Error(), "must be able to write") {
		t.Errorf("got %v, want an error that names the folder and says what it needs", err)
	}
}
