package folder

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a pattern.
const (
	maxPattern = 200 // bytes
	maxParts   = 8
)

// placeholders are what a pattern may name, in the order of messages.
var placeholders = []string{"custom_id", "prompt", "seed", "model", "line", "n", "ext"}

// wordy are the placeholders that may be long, and are cut where a name is too long.
var wordy = []string{"custom_id", "prompt", "model"}

var (
	braces = regexp.MustCompile(`\{([^{}]*)\}`)
	drive  = regexp.MustCompile(`^[A-Za-z]:`)
)

// pattern is a path with placeholders.
type pattern struct {
	parts    []string // folders, then the file
	distinct bool     // whether it names anything that tells rows apart as a rule
}

func parsePattern(text string) (*pattern, error) {
	if err := checkText(text); err != nil {
		return nil, fmt.Errorf("the name pattern %q %w", clip(text, maxPattern), err)
	}
	p := &pattern{}
	for part := range strings.SplitSeq(strings.ReplaceAll(text, `\`, "/"), "/") {
		if part != "" && part != "." {
			p.parts = append(p.parts, part)
		}
	}
	if len(p.parts) > maxParts {
		return nil, fmt.Errorf("the name pattern %q has %d parts between slashes, and %d is the most", text, len(p.parts), maxParts)
	}
	for _, name := range []string{"custom_id", "prompt", "seed", "line"} {
		p.distinct = p.distinct || strings.Contains(text, "{"+name+"}")
	}
	return p, nil
}

// checkText returns the second half of a sentence.
func checkText(text string) error {
	slashed := strings.ReplaceAll(text, `\`, "/")
	switch {
	case text == "":
		return fmt.Errorf("is empty: name a file, such as %s", DefaultPattern)
	case len(text) > maxPattern || !utf8.ValidString(text):
		return fmt.Errorf("has more than %d bytes or is not UTF-8", maxPattern)
	case strings.HasPrefix(slashed, "/") || drive.MatchString(text):
		return fmt.Errorf("is no path within the folder: leave out what stands before the first slash and choose the folder itself instead")
	case slices.Contains(strings.Split(slashed, "/"), ".."):
		return fmt.Errorf("leads out of the folder: leave out the .. and choose another folder instead")
	case strings.HasSuffix(slashed, "/") || strings.Trim(slashed, "./") == "":
		return fmt.Errorf("names no file: add one, such as %s", DefaultPattern)
	}
	return checkBraces(text)
}

func checkBraces(text string) error {
	known := "{" + strings.Join(placeholders, "}, {") + "}"
	for _, found := range braces.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(placeholders, found[1]) {
			return fmt.Errorf("names {%s}, which there is not. There are %s", found[1], known)
		}
	}
	if strings.ContainsAny(braces.ReplaceAllString(text, ""), "{}") {
		return fmt.Errorf("has a brace that stands alone. Braces go around one of %s", known)
	}
	return nil
}

// path fills the pattern in. suffix goes before the ending; a part may have room bytes.
func (p *pattern) path(v map[string]string, suffix string, room int) string {
	var done []string
	last := len(p.parts) - 1
	for _, part := range p.parts[:last] {
		done = append(done, shrink(part, v, room, "", digestName(v)))
	}
	file, ext := parted(p.parts[last], "."+v["ext"])
	return strings.Join(append(done, shrink(file, v, room-len(ext), suffix, digestName(v))+ext), "/")
}

// parted takes the ending off a file's name, if it has the one that it should.
func parted(file, ext string) (name, end string) {
	ends := []string{".{ext}", ext}
	if ext == ".jpeg" || ext == ".jpg" {
		ends = append(ends, ".jpeg", ".jpg")
	}
	for i, end := range ends {
		if name, ok := strings.CutSuffix(file, end); ok && i > 0 {
			return name, end
		} else if ok {
			return name, ext
		}
	}
	return file, ext
}

// digestName tells values apart of which only the beginnings go into a name.
func digestName(v map[string]string) string {
	return "-" + shortOf(v["custom_id"]+"\x00"+v["prompt"])
}

// shrink fills in one part so that it has at most room bytes, suffix and all: the longest of the wordy values is cut, or
// else the whole, and what tells it apart is added if suffix does not do so.
func shrink(part string, v map[string]string, room int, suffix, apart string) string {
	name := safe(fill(part, v))
	if len(name)+len(suffix) <= room {
		return name + suffix
	}
	if suffix == "" {
		suffix = apart
	}
	name = safe(fill(part, shorter(part, v, len(name)+len(suffix)-room)))
	return safe(clip(name, room-len(suffix))) + suffix
}

func fill(part string, v map[string]string) string {
	return braces.ReplaceAllStringFunc(part, func(found string) string { return v[found[1:len(found)-1]] })
}

// shorter cuts the longest of the values that a part names by so many bytes, but to no less than 8.
func shorter(part string, v map[string]string, over int) map[string]string {
	longest := ""
	for _, name := range wordy {
		if strings.Contains(part, "{"+name+"}") && len(v[name]) > len(v[longest]) {
			longest = name
		}
	}
	cut := map[string]string{}
	for name, value := range v {
		if name == longest {
			value = clip(value, max(8, len(value)-over))
		}
		cut[name] = value
	}
	return cut
}
