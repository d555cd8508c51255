package folder

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf16"
)

// DefaultPattern is how pictures are named if nothing else is asked for.
const DefaultPattern = "{custom_id}-{seed}.{ext}"

// Bounds of a path within the folder. A file system takes 255 bytes for one name; Windows programs take 259 UTF-16 units
// for a whole path, folder and all.
const (
	maxName    = 240 // bytes
	minName    = 40  // also where the folder itself lies so deep that this is too much for Windows programs
	maxPath    = 258
	maxTwins   = 1000 // names tried for one row
	shortPrint = 6    // hexadecimal digits that tell rows of one name apart
)

// CheckPattern refuses what [Folder.Place] would refuse, before anything is paid.
func CheckPattern(text string) error {
	_, err := parsePattern(text)
	return err
}

// Place returns where the picture of a row goes: a path within the folder, with slashes, for Save and Entry.File. It is
// safe on every system, belongs to this row alone and is the same on the next run. No file that holds anything else is
// there, but perhaps the same picture, or an older one of the same row. The entry needs Key, Input and what the pattern
// names, and SHA256.
func (f *Folder) Place(names string, e Entry, ext string) (path string, err error) {
	p, err := parsePattern(names)
	if err != nil {
		return "", err
	}
	room := f.room(len(p.parts))
	v := valuesOf(e, ext)
	for n := range maxTwins {
		path := p.path(v, tail(p, e.Key, n), room)
		if !f.claim(path, e.Key) {
			continue
		}
		usable, err := f.free(path, e)
		if err != nil || usable {
			return path, err
		}
	}
	return "", fmt.Errorf("there are %d files in folder %s that are named as %s and are not its picture: move them away", maxTwins, f.Path, e.Key)
}

func (m *manifest) claim(path, key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index.claim(path, key)
}

// room is how many bytes each part of a path may have.
func (f *Folder) room(parts int) int {
	left := maxPath - len(utf16.Encode([]rune(f.Path)))
	return min(maxName, max(minName, left/parts-1))
}

// tail is what is added to the name at the n-th try: nothing if it may do without, then what tells this row from others.
func tail(p *pattern, key string, n int) string {
	own := "-" + shortOf(key)
	switch {
	case n == 0 && p.distinct:
		return ""
	case n == 0 || n == 1 && p.distinct:
		return own
	}
	return fmt.Sprintf("%s-%d", own, n+1)
}

func shortOf(text string) string {
	return fmt.Sprintf("%016x", uint64(DigestOf(text)))[:shortPrint]
}

// free reports whether nothing is lost if the picture is put at a path: there is no file, an empty one, this very
// picture, or the one that the row had before, unchanged since. A simulated picture takes the place of no
// real one.
func (f *Folder) free(path string, e Entry) (bool, error) {
	info, err := f.root.Lstat(local(path))
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return false, fmt.Errorf("the picture %s has no place in folder %s: a part of its path is a file", path, f.Path)
	case absent(err):
		return true, nil
	case err != nil:
		return false, f.fail("look at", path, err)
	case !info.Mode().IsRegular():
		return false, nil
	case info.Size() == 0:
		return true, nil
	}
	hash, err := f.hash(path)
	if err != nil {
		return false, f.fail("read", path, err)
	}
	if hash == e.SHA256 {
		return true, nil
	}
	last, known, err := f.Last(e.Key)
	if err != nil || !known {
		return false, err
	}
	return filepath.ToSlash(last.File) == path && last.SHA256 == hash && (last.Simulated || !e.Simulated), nil
}

// valuesOf are what stands for the placeholders.
func valuesOf(e Entry, ext string) map[string]string {
	_, number := partsOf(e)
	return map[string]string{
		"custom_id": plain(idOf(e)),
		"prompt":    slug(e.Input.Prompt, 60),
		"seed":      fmt.Sprint(e.Seed),
		"model":     plain(aliasOf(e.Model)),
		"line":      fmt.Sprintf("%05d", e.Line),
		"n":         number,
		"ext":       ending(ext),
	}
}

// idOf is the custom_id, and behind it the beginning of what tells the members of a multiplied row apart. A row without a
// custom_id gets the first words of its prompt and the beginning of its key, which stay what they are when lines move.
func idOf(e Entry) string {
	print, number := partsOf(e)
	switch {
	case e.CustomID == "" && print == "":
		return e.Key
	case print == "":
		return e.CustomID
	}
	id := strings.TrimPrefix(cmp.Or(e.CustomID, slug(e.Input.Prompt, 40))+"-"+print[:shortPrint], "-")
	if number != "1" {
		id += "-" + number
	}
	return id
}

// partsOf are the digits of the fingerprint in a key and the number among equal rows; the digits are empty for a row that
// is known by its custom_id alone.
func partsOf(e Entry) (print, number string) {
	part := derived.FindStringSubmatch(e.Key)
	if rest, is := strings.CutPrefix(e.Key, e.CustomID); is && e.CustomID != "" {
		part = member.FindStringSubmatch(rest)
	}
	if part == nil {
		return "", "1"
	}
	return part[1], cmp.Or(part[2], "1")
}
