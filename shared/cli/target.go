package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"easel/shared/api"
)

// target is where pictures are saved: in one file, or in a folder under names of their own.
type target struct {
	folder string
	file   string // empty: a name for each picture
	force  bool
}

// aim makes a target of --out. What exists as a folder, or ends like one, is a folder.
func aim(out string, force bool) (target, error) {
	if out == "" {
		return target{folder: ".", force: force}, nil
	}
	info, err := os.Stat(out)
	if isFolder := err == nil && info.IsDir(); isFolder {
		return target{folder: out, force: force}, nil
	}
	if os.IsPathSeparator(out[len(out)-1]) {
		return target{}, fmt.Errorf("there is no folder %s; make it first", out)
	}
	folder := filepath.Dir(out)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return target{}, fmt.Errorf("%s cannot be saved: there is no folder %s", out, folder)
	}
	return target{folder: folder, file: out, force: force}, nil
}

// free reports a file that stands in the way, before anything is ordered.
func (t target) free() error {
	if t.file == "" || t.force {
		return nil
	}
	if _, err := os.Lstat(t.file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return taken(t.file)
}

func taken(file string) error {
	return fmt.Errorf("%s exists already. Give another name, or overwrite it with --force", file)
}

// path is the file for the n-th picture of a job.
func (t target) path(j api.Job, n int) string {
	if t.file != "" {
		return t.file
	}
	name := safe(j.CustomID)
	if name == "" {
		name = j.ID
	}
	name = fmt.Sprintf("%s-%d", name, j.Images[n].Seed)
	if n > 0 {
		name = fmt.Sprintf("%s-%d", name, n+1)
	}
	return filepath.Join(t.folder, name+extension(j.Images[n]))
}

// safe keeps of a name what every file system takes as it is.
func safe(name string) string {
	keep := func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return '_'
	}
	name = strings.Trim(strings.Map(keep, name), "-_")
	for len(name) > 120 {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return name
}

func extension(img api.Image) string {
	if format(img) == "jpeg" {
		return ".jpg"
	}
	return "." + format(img)
}

// formatOf is the format that a file's name promises, or nothing.
func formatOf(file string) string {
	switch ext := strings.ToLower(filepath.Ext(file)); ext {
	case ".png", ".jpeg", ".webp":
		return ext[1:]
	case ".jpg":
		return "jpeg"
	}
	return ""
}
