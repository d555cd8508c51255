package template

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var (
	word    = rapid.SampledFrom([]string{"", "a", "b", "ab", " ", "red,", "é", "1", `\{`, `\_`, "{{title}}"})
	joiners = rapid.SampledFrom([]string{"", "$$", ", $$", " and $$", "a$$"})
	ranges  = rapid.SampledFrom([]string{"", "", "", "1$$", "2$$", "1-2$$", "0-1$$", "-2$$", "2-$$", "3$$"})
)

// drawn makes a template of so much depth.
func drawn(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			kinds := 2
			if depth == 0 {
				kinds = 1
			}
			switch rapid.IntRange(0, kinds).Draw(t, "kind") {
			case 0:
				b.WriteString(word.Draw(t, "word"))
			case 1:
				b.WriteString(rapid.SampledFrom([]string{"__one__", "__two__", "__t*__", "{2$$__two__}"}).Draw(t, "list"))
			case 2:
				b.WriteString(braces(t, depth))
			}
		}
		return b.String()
	})
}

func braces(t *rapid.T, depth int) string {
	options := rapid.SliceOfN(drawn(depth-1), 1, 4).Draw(t, "options")
	for i := range options {
		options[i] = rapid.SampledFrom([]string{"", "", "2::", "0::", " "}).Draw(t, "before") + options[i]
	}
	begin := ranges.Draw(t, "range")
	switch {
	case begin != "":
		begin += joiners.Draw(t, "joiner")
	case len(options) == 1:
		options = append(options, "") // {{a}} would be a column
	}
	return "{" + begin + strings.Join(options, "|") + "}"
}

// drawing draws a template with its scope that makes at most so many texts.
func drawing(t *rapid.T, most int64) (*textTemplate, scope, int) {
	text := drawn(3).Draw(t, "template")
	s := scope{
		Lists: Lists{
			"one": rapid.SliceOfN(drawn(1).Filter(unlisted), 1, 3).Draw(t, "one"),
			"two": append(rapid.SliceOfN(drawn(1).Filter(unlisted), 0, 2).Draw(t, "two"), "x", "__one__"),
		},
		Columns: map[string]string{"title": "{t|u}"},
	}
	s.Lists["one"] = append(s.Lists["one"], "y")
	parsed, err := parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	n, err := parsed.Count(s)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if n.Sign() <= 0 {
		t.Fatalf("%q makes %s texts", text, n)
	}
	if !n.IsInt64() || n.Int64() > most {
		t.Skip("too many")
	}
	return parsed, s, int(n.Int64())
}

func unlisted(text string) bool { return !strings.Contains(text, "__") }

func TestCountIsWhatIsMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parsed, s, n := drawing(t, 3000)
		if made := len(slices.Collect(parsed.All(s))); made != n {
			t.Errorf("counted %d, made %d", n, made)
		}
	})
}

func TestWhatIsPickedIsOneOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parsed, s, _ := drawing(t, 3000)
		all := map[string]bool{}
		for text := range parsed.All(s) {
			all[text] = true
		}
		seed := rapid.Uint64().Draw(t, "seed")
		first, again := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 0))
		for range 20 {
			text, err := parsed.Pick(s, first)
			if err != nil || !all[text] {
				t.Fatalf("%q is none of %d texts, %v", text, len(all), err)
			}
			if same, err := parsed.Pick(s, again); err != nil || same != text {
				t.Fatalf("the same seed picked %q and %q, %v", text, same, err)
			}
		}
	})
}

func TestStoppingIsHeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parsed, s, n := drawing(t, 1000)
		all := slices.Collect(parsed.All(s))
		stop := rapid.IntRange(1, n).Draw(t, "stop")
		var some []string
		for text := range parsed.All(s) {
			if some = append(some, text); len(some) == stop {
				break
			}
		}
		if !slices.Equal(some, all[:stop]) {
			t.Errorf("%q is not the beginning of %q", some, all)
		}
	})
}

// escaped writes a text so that a template holds it as it is, inside braces too.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune(escapable, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func TestEscapedTextIsItself(t *testing.T) {
	signs := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune(`{}|$_\%~@!:12.a -#`)), rapid.Rune()))
	rapid.Check(t, func(t *rapid.T) {
		text := signs.Draw(t, "text")
		for _, template := range []string{"%", "{%}", "{%|%}", "{2$$%}", "{{%|}}", "{b|{2$$%|%}}"} {
			parsed, err := parse(strings.ReplaceAll(template, "%", escaped(text)))
			if err != nil {
				t.Fatalf("%s of %q: %v", template, text, err)
			}
			want := text
			if template != "%" {
				want = strings.TrimLeft(text, "\t\r\n") // blanks before an alternative, and only a space can be escaped
			}
			if !slices.Contains(slices.Collect(parsed.All(scope{})), want) {
				t.Fatalf("%s of %q does not make it", template, text)
			}
		}
	})
}
