package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/smalldisk"
)

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		folder, file os.FileMode
		called       string
		refused      bool
	}{
		"for this user alone":            {0o755, 0o600, "keys", false},
		"to be read alone":               {0o755, 0o400, "keys", false},
		"for everybody":                  {0o755, 0o644, "keys", true},
		"for the group":                  {0o755, 0o640, "keys", true},
		"for everybody but the group":    {0o755, 0o604, "keys", true},
		"in a closed folder":             {0o700, 0o644, "keys", false},
		"in a folder that can be listed": {0o744, 0o644, "keys", false},
		"in a folder of the group":       {0o710, 0o640, "keys", true},
		"with a name for a shell":        {0o755, 0o644, "ann's keys", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "folder")
			file := filepath.Join(dir, c.called)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("ann 0123456789abcdef\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, c.file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, c.folder); err != nil {
				t.Fatal(err)
			}
			link := filepath.Join(t.TempDir(), "link")
			if err := os.Symlink(file, link); err != nil {
				t.Fatal(err)
			}
			for _, given := range []string{file, link} {
				_, err := Options{KeysFile: given}.keys()
				if refused := err != nil && strings.Contains(err.Error(), "chmod 600 "+quoted(given)); refused != c.refused {
					t.Errorf("%s: got %v, want refused: %v", given, err, c.refused)
				}
			}
		})
	}
}

func TestKeysOnAReadOnlyMountAreTakenAsTheyAre(t *testing.T) {
	dir := smalldisk.Make(t, "size=64k,mode=755")
	file := filepath.Join(dir, "keys")
	if err := os.WriteFile(file, []byte("ann 0123456789abcdef\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	if _, err := (Options{KeysFile: file}).keys(); err == nil {
		t.Error("keys that others can read were taken")
	}
	smalldisk.Protect(t, dir)
	if _, err := (Options{KeysFile: file}).keys(); err != nil {
		t.Error(err)
	}
}

func TestNamesAreQuotedForAShell(t *testing.T) {
	for name, want := range map[string]string{"/etc/easel/keys": "/etc/easel/keys", "my keys": "'my keys'", "ann's": `'ann'\''s'`, "$(x)": "'$(x)'"} {
		if got := quoted(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
