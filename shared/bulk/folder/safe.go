package folder

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"easel/shared/model"
)

// joiner makes one emoji of several. It shows nothing and is kept for that alone.
const joiner = '\u200d'

// device is a name that Windows keeps for itself, whatever follows after a dot.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\.|$)`)

// safe makes a part of a path that every file system takes: no separator or other character that means something to one,
// nothing that cannot be seen, no dot or dash in front, no dot or space at the end, and no name of a device. It may be
// longer than it was by a few bytes.
func safe(name string) string {
	name = plain(name)
	name = strings.TrimLeft(name, " "+string(joiner))
	name = strings.TrimRight(name, ". "+string(joiner))
	switch {
	case name == "":
		return "_"
	case name[0] == '.' || name[0] == '-':
		return "_" + name[1:]
	case device.MatchString(name):
		return "_" + name
	}
	return name
}

// plain is text in one line that shows all it holds, with accents written in one way.
func plain(text string) string { return norm.NFC.String(strings.Map(visible, text)) }

// visible replaces what a file system, a shell or an eye could take for something else.
func visible(r rune) rune {
	switch {
	case strings.ContainsRune(`/\:*?"<>|`, r), r == utf8.RuneError:
		return '_'
	case r == joiner:
		return r
	case unicode.Is(unicode.Zs, r):
		return ' '
	case !unicode.IsGraphic(r):
		return '_'
	}
	return r
}

// clip cuts text to at most so many bytes, between characters.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:max(0, most)]
}

// slug is the beginning of a prompt as a name: its words in small letters with dashes between, whole words as far as
// they have room.
func slug(prompt string, most int) string {
	words := strings.FieldsFunc(strings.ToLower(norm.NFC.String(clip(prompt, 8*most))), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.N)
	})
	name := ""
	for _, word := range words {
		if name != "" && len(name)+1+len(word) > most {
			break
		}
		name = strings.TrimPrefix(name+"-"+word, "-")
	}
	return clip(name, most)
}

// aliasOf is the short name of a model, if it has one.
func aliasOf(name string) string {
	if m, ok := model.Find(name); ok && m.Alias != "" {
		return m.Alias
	}
	return name
}

// ending is the ending of a file that holds a picture.
func ending(ext string) string {
	ext = strings.TrimPrefix(strings.ToLower(ext), ".")
	if slices.Contains([]string{"png", "jpg", "jpeg", "webp"}, ext) {
		return ext
	}
	return "bin"
}
