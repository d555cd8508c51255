package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"easel/shared/api"
)

// target is where pictures are saved: in one file, or in a folder under names of their own.
type target struct {
	out    string // as it was given
	folder string
	file   string // empty: a name for each picture; without an ending: the picture's is added
	force  bool
	way    way // to the server that has them
}

// aim makes a target of --out. What exists as a folder is one; what ends like one is made.
func (a *app) aim(out string, force bool) (target, error) {
	t := target{out: out, folder: out, force: force, way: a.way}
	if out == "" {
		t.folder = "."
		return t, nil
	}
	if os.IsPathSeparator(out[len(out)-1]) {
		if err := os.MkdirAll(out, 0o755); err != nil {
			return target{}, fmt.Errorf("make the folder for the pictures: %w", err)
		}
	}
	if isFolder(out) {
		return t, nil
	}
	if filepath.Ext(out) != "" && formatOf(out) == "" {
		return target{}, fmt.Errorf("%s ends like no picture: use .png, .jpg, .jpeg or .webp, a folder that exists, or no ending, and the right one is added", out)
	}
	t.folder, t.file = filepath.Dir(out), out
	if !isFolder(t.folder) {
		return target{}, fmt.Errorf("%s cannot be saved: there is no folder %s", out, t.folder)
	}
	return t, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// free reports a file that stands in the way, before anything is ordered. Where no format is asked for,
// the models make a PNG.
func (t target) free(imageFormat string) error {
	if t.file == "" || t.force {
		return nil
	}
	file := t.named(cmp.Or(imageFormat, "png"))
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return taken(file)
}

// named is the one file, its name completed for a picture of that format.
func (t target) named(imageFormat string) string {
	if formatOf(t.file) != "" {
		return t.file
	}
	return t.file + extension(imageFormat)
}

// fetch is the command that saves the pictures of jobs here; resume waits for them first.
func (t target) fetch(ids ...string) string {
	args := append([]string{"download"}, ids...)
	if t.out != "" {
		args = append(args, "--out", quote(t.out))
	}
	if t.force {
		args = append(args, "--force")
	}
	return t.way.to(args...)
}

func (t target) resume(ids []string) string { return t.fetch(ids...) + " --wait" }

// way is the flags that lead to a server, for commands to be pasted. What the environment says leads them there by itself.
type way string

func wayOf(cmd *cobra.Command) (w way) {
	for _, name := range []string{"server", "sign", "region"} {
		if f := cmd.Flag(name); f != nil && f.Changed {
			w += way(" --" + name + " " + quote(f.Value.String()))
		}
	}
	return w
}

// to is a command for the same server.
func (w way) to(args ...string) string { return "easel " + strings.Join(args, " ") + string(w) }

// quote makes a name fit to be pasted into a shell.
func quote(name string) string {
	if !strings.ContainsAny(name, " \t\n'\"$&;()<>[]{}|*?!#~`\\") {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func taken(file string) error {
	return fmt.Errorf("%s exists already. Give another name, or overwrite it with --force", file)
}

// path is the file for the n-th picture of a job.
func (t target) path(j api.Job, n int) string {
	if t.file != "" {
		return t.named(format(j.Images[n]))
	}
	name := fmt.Sprintf("%s-%d", cmp.Or(safe(j.CustomID), j.ID), j.Images[n].Seed)
	if n > 0 {
		name = fmt.Sprintf("%s-%d", name, n+1)
	}
	return filepath.Join(t.folder, name+extension(format(j.Images[n])))
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

func extension(imageFormat string) string {
	if imageFormat == "jpeg" {
		return ".jpg"
	}
	return "." + imageFormat
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
