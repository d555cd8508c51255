// Package spelling tells what people mean by what they write: anime for Anime, 16:9 for 1920x1080, a member's name with a
// letter too many. It proposes and corrects; whether a correction is taken is up to the caller.
package spelling

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"easel/shared/model"
)

// Meant returns the value of a member that people mean by what they write, where that is one thing: anime for Anime, 16:9
// for 16x9 and 1920x1080, jpeg for JPG. Any other text comes back as it is. Requests are refused all the same: files and
// flags are read so, and a refusal names what was meant.
func Meant(member, given string) string {
	meant := ""
	switch word := letters(given); member {
	case "model":
		meant = modelOf(given, word)
	case "aspect_ratio":
		meant = ratioOf(given)
	case "style_preset":
		meant = spelt(word, model.Styles())
	case "output_format":
		meant = formatOf(given)
	case "embed":
		meant = spelt(word, []string{"all", "none"})
	}
	if meant == "" {
		return given
	}
	return meant
}

// letters are those of a word in lower case, and its digits: what people spell in one way.
func letters(word string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, word)
}

func spelt(word string, allowed []string) string {
	if n := slices.IndexFunc(allowed, func(a string) bool { return letters(a) == word }); n >= 0 {
		return allowed[n]
	}
	return ""
}

// modelOf finds a current model by its names, with and without its version. What the catalogue finds is left as it is.
func modelOf(given, word string) string {
	if _, known := model.Find(given); known || word == "" {
		return ""
	}
	for _, m := range model.Current() {
		if spelt(word, namesOf(m)) != "" {
			return m.Alias
		}
	}
	return ""
}

// namesOf are the names of a model, the short one first.
func namesOf(m model.Model) []string {
	names := []string{m.Alias, m.Name, m.ID}
	if n := strings.LastIndexByte(m.Name, ' '); n > 0 {
		names = append(names, m.Name[:n]) // without the version
	}
	return names
}

// sidesIn are two numbers and what people write between them.
var sidesIn = regexp.MustCompile(`(?i)^\s*(\d{1,5})\s*(?:px)?\s*(?:[:x×*/∶：-]|by|to)\s*(\d{1,5})\s*(?:px|pixels)?\s*$`)

// ratioOf reads two sides. Only what is exactly a ratio, or what a model draws for one, is meant by them.
func ratioOf(given string) string {
	ratios := model.Current()[0].AspectRatios
	if letters(given) == "square" {
		return "1:1"
	}
	m := sidesIn.FindStringSubmatch(given)
	if m == nil || slices.Contains(ratios, given) {
		return ""
	}
	w, _ := strconv.Atoi(m[1]) // five digits at most
	h, _ := strconv.Atoi(m[2])
	for _, ratio := range ratios {
		var a, b int
		_, _ = fmt.Sscanf(ratio, "%d:%d", &a, &b) // all are written so
		wide, high := model.Size(ratio)
		if w > 0 && w*b == h*a || w == wide && h == high {
			return ratio
		}
	}
	return ""
}

// formatOf reads the end of a file's name and a media type as well.
func formatOf(given string) string {
	word := letters(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(given)), "image/"))
	if word == "jpg" {
		word = "jpeg"
	}
	return spelt(word, []string{"png", "jpeg", "webp"})
}

// MeantModel proposes the alias of a current model whose alias, name or ID was nearly given.
func MeantModel(given string) string {
	for _, m := range model.Current() {
		if Meant("model", given) == m.Alias || Near(given, namesOf(m)) != "" {
			return fmt.Sprintf(" Did you mean %s?", m.Alias)
		}
	}
	return ""
}

// MeantBy proposes in a sentence, with a blank before it, one of the values that are allowed.
func MeantBy(member, given string, allowed []string) string {
	if meant := Meant(member, given); slices.Contains(allowed, meant) {
		return " Did you mean " + meant + "?"
	}
	if member == "aspect_ratio" {
		return ""
	}
	return DidYouMean(given, allowed)
}
