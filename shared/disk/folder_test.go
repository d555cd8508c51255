package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// childFolder names the folder that a second process of this test tries to open.
const childFolder = "EASEL_TEST_FOLDER"

func TestASecondProcessIsToldWhoHasTheFolder(t *testing.T) {
	if path := os.Getenv(childFolder); path != "" {
		_, err := OpenFolder(path, "sim")
		fmt.Println(err)
		os.Exit(0)
	}
	f := openFolder(t, t.TempDir())
	if err := f.Announce("http://127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childFolder+"="+f.Path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := fmt.Sprintf("data folder %s is in use by easel serve, process %d at http://127.0.0.1:8080 (started %s). "+
		"Stop it, or choose another folder with --data.\n", f.Path, os.Getpid(), f.holder.Started.Local().Format("2006-01-02 15:04"))
	if string(out) != want {
		t.Errorf("the second process says\n%swant\n%s", out, want)
	}
}

func TestTheFolderIsHeldUntilItIsClosed(t *testing.T) {
	path := t.TempDir()
	first := openFolder(t, path)
	var held *HeldError
	if _, err := OpenFolder(path, "sim"); !errors.As(err, &held) || held.Holder.PID != os.Getpid() {
		t.Fatalf("opening a held folder: %v, want a HeldError with this process", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openFolder(t, path)
}

func TestARefusedFolderIsNotHeld(t *testing.T) {
	path := t.TempDir()
	closeFolder(t, openFolder(t, path))
	for range 2 {
		var held *HeldError
		if _, err := OpenFolder(path, "bedrock"); err == nil || errors.As(err, &held) {
			t.Fatalf("opening for another generator: %v, want to be told which it belongs to", err)
		}
	}
	openFolder(t, path)
}

func TestAHolderThatIsUnknownIsStillAHolder(t *testing.T) {
	f := openFolder(t, t.TempDir())
	for _, content := range []string{"", "{", "null"} {
		if err := os.WriteFile(filepath.Join(f.Path, holderFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenFolder(f.Path, "sim")
		if err == nil || !strings.Contains(err.Error(), "in use by another easel process. Stop it") {
			t.Errorf("with a holder file %q: %v", content, err)
		}
	}
}

func TestAFolderBelongsToOneGenerator(t *testing.T) {
	path := t.TempDir()
	closeFolder(t, openFolder(t, path))
	_, err := OpenFolder(path, "bedrock")
	if err == nil {
		t.Fatal("a folder of simulated pictures was opened for real ones")
	}
	for _, part := range []string{path, `"sim"`, `"bedrock"`, "--data"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v: %s is missing", err, part)
		}
	}
}

func TestAFolderIsCreatedForThisUserOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes mean nothing on Windows")
	}
	f := openFolder(t, filepath.Join(t.TempDir(), "a", "data"))
	if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v, want 0700", info.Mode(), err)
	}
	for _, name := range []string{keyFile, lockFile, holderFile, generatorFile} {
		info, err := os.Stat(filepath.Join(f.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, want 0600", name, info.Mode())
		}
	}
}

func TestTheKeysStayTheSameAndDifferByPurposeAndFolder(t *testing.T) {
	path := t.TempDir()
	f := openFolder(t, path)
	links, cursors := f.Key("links"), f.Key("cursors")
	if len(links) != keyBytes || bytes.Equal(links, cursors) || bytes.Equal(links, f.secret) {
		t.Error("keys are short or not apart")
	}
	closeFolder(t, f)
	if again := openFolder(t, path); !bytes.Equal(again.Key("links"), links) {
		t.Error("the key changed with a restart")
	}
	if other := openFolder(t, t.TempDir()); bytes.Equal(other.Key("links"), links) {
		t.Error("two folders have one key")
	}
}

func TestAKeyFileThatIsNoSecretIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(file string) error{
		"cut short": func(file string) error { return os.Truncate(file, 31) },
		"empty":     func(file string) error { return os.Truncate(file, 0) },
		"readable":  func(file string) error { return os.Chmod(file, 0o644) },
	} {
		if name == "readable" && runtime.GOOS == "windows" {
			continue
		}
		path := t.TempDir()
		closeFolder(t, openFolder(t, path))
		file := filepath.Join(path, keyFile)
		if err := spoil(file); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFolder(path, "sim"); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("%s: %v, want an error that names the file and says what to do", name, err)
		}
	}
}

func TestAFolderThatCannotBeCreatedIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "data")
	if _, err := OpenFolder(path, "sim"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("OpenFolder: %v, want an error that names %s", err, path)
	}
}

func TestTheStoreOfAFolderKeepsItsAddressesOverARestart(t *testing.T) {
	path := t.TempDir()
	f := openFolder(t, path)
	u := signed(t, openStore(t, f))
	closeFolder(t, f)
	if _, ok := openStore(t, openFolder(t, path)).verify(u); !ok {
		t.Error("an address given out before the restart is refused")
	}
}

func TestAHolderSaysWhatIsKnown(t *testing.T) {
	started := time.Date(2025, 11, 22, 10, 2, 0, 0, time.Local)
	for want, h := range map[string]Holder{
		"another easel process":                                           {},
		"easel, process 7 (started 2025-11-22 10:02)":                     {PID: 7, Started: started},
		"easel serve, process 7 at http://h:1 (started 2025-11-22 10:02)": {PID: 7, Started: started, Address: "http://h:1"},
	} {
		if got := h.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func openFolder(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := OpenFolder(path, "sim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func closeFolder(t *testing.T, f *Folder) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func openStore(t *testing.T, f *Folder) *Store {
	t.Helper()
	s, err := f.Store()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.SetBase("http://localhost")
	return s
}
