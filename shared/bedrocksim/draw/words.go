package draw

import (
	"slices"
	"strings"
	"unicode"
)

// traits is what a prompt asks for, as far as this package can read.
type traits struct {
	setting string // one of settings
	subject string // one of subjects, "" for the setting alone
	has     map[string]bool
	moods   []string
	hues    []rgb
	count   int  // of the subject; 0 where the prompt does not say
	own     bool // the hues are the subject's, not the picture's
	hash    uint64
}

// The settings and subjects among the motifs. A bust is drawn down to its chest only, large and in front.
var (
	settings = strings.Fields("mountain field desert sea forest city space celestial garden table abstract emblem")
	beasts   = strings.Fields("lion tiger cat fox wolf dog bear panda rabbit owl bird deer horse monkey")
	busts    = append(strings.Fields("portrait robot"), beasts...)
	subjects = append(strings.Fields("people car house castle rocket boat balloon fish butterfly"), busts...)
)

// reach is how many words after an amount the creature may come: two small red cats.
const reach = 3

// amount reads the number that begins a list of words. A couple is a number before "of" and else people.
func amount(words []string) int {
	if (words[0] == "couple" || words[0] == "pair") && len(words) > 1 && words[1] == "of" {
		return 2
	}
	for _, name := range book().words[words[0]] {
		if n, ok := strings.CutPrefix(name, "count-"); ok {
			return int(number(n))
		}
	}
	return 0
}

// read finds the first setting and the first subject and collects the rest.
func read(prompt string) traits {
	t := traits{has: map[string]bool{}, hash: hash(prompt)}
	words := strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	count, since := 0, 0
	for i, w := range words {
		if n := amount(words[i:]); n > 0 {
			count, since = n, i
			continue
		}
		before := t.subject
		t.take(w)
		if before != "" || t.subject == "" {
			continue
		}
		if i-since <= reach {
			t.count = count
		}
		t.own = slices.Contains(beasts, t.subject) && i > 0 && len(t.hues) == 1 && slices.ContainsFunc(book().words[words[i-1]], func(name string) bool { return name[0] == '#' })
	}
	t.settle()
	return t
}

func (t *traits) take(word string) {
	meanings := book().words[word]
	if meanings == nil {
		meanings = book().words[strings.TrimSuffix(word, "s")]
	}
	for _, name := range meanings {
		mood, ok := strings.CutPrefix(name, "mood-")
		switch {
		case ok && !t.has[name]:
			t.moods = append(t.moods, mood)
		case name[0] == '#':
			t.hues = append(t.hues, named(name)(nil))
		case t.setting == "" && slices.Contains(settings, name):
			t.setting = name
		case t.subject == "" && slices.Contains(subjects, name):
			t.subject = name
		}
		t.has[name] = true
	}
}

// suits says which settings suit a prompt that names none, or a table among mountains.
var suits = []struct{ asked, settings string }{
	{"fish boat beacon", "sea"},
	{"rocket", "space"},
	{"car", "city mountain desert"},
	{"house castle balloon people", "field mountain forest"},
	{"snowy", "forest mountain field"},
	{"creature", "emblem"},
	{"river lake snow cloud", "mountain forest"},
	{"moon stars", "mountain sea field celestial"},
	{"sun", "sea mountain field desert"},
	{"", "abstract"},
}

// settle picks a setting where the prompt named none: what suits the subject,
// and else one by hash.
func (t *traits) settle() {
	if t.setting == "table" {
		t.outdoors()
	}
	if t.subject == "" && t.has["sitter"] {
		t.subject = "portrait"
	}
	if t.setting != "" {
		return
	}
	t.has["creature"] = t.subject != ""
	t.has["snowy"] = t.subject != "" && t.has["snow"]
	asked := func(name string) bool { return t.has[name] && (t.subject == name || !slices.Contains(subjects, name)) }
	for _, s := range suits {
		if s.asked == "" || slices.ContainsFunc(strings.Fields(s.asked), asked) {
			fitting := strings.Fields(s.settings)
			t.setting = fitting[t.hash%uint64(len(fitting))]
			return
		}
	}
}

// outdoors takes food and drink to the place that the prompt names besides.
func (t *traits) outdoors() {
	if t.subject == "people" {
		t.setting = "field"
	}
	for _, s := range []string{"sea", "forest", "mountain"} {
		if t.has[s] {
			t.setting = s
		}
	}
}
