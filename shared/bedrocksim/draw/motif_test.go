package draw

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryMotifThatIsNamedIsThere(t *testing.T) {
	steps := book().steps
	named := slices.Concat(settings, subjects, strings.Fields("drifts drift extras disc"))
	for line := range strings.Lines(source) {
		words := strings.Fields(line)
		at := slices.IndexFunc(words, func(w string) bool { return w == "do" || w == "one" })
		if at >= 0 && words[0] != "=" && words[0] != "#" {
			named = append(named, words[at+1:]...)
		}
	}
	for _, name := range named {
		if len(steps[name]) == 0 {
			t.Errorf("there is no motif %q", name)
		}
	}
	for name := range steps {
		style, over := strings.CutPrefix(name, "over-")
		if over && styles[style] == nil || !over && !slices.Contains(named, name) {
			t.Errorf("nothing draws the motif %q", name)
		}
	}
}

func TestEveryWordThatMotifsAskForCanBeSaid(t *testing.T) {
	said := []string{"night", "many"}
	for _, names := range book().words {
		said = append(said, names...)
	}
	for line := range strings.Lines(source) {
		words := strings.Fields(line)
		for i, w := range words {
			if w != "if" && w != "unless" {
				continue
			}
			for asked := range strings.SplitSeq(words[i+1], ",") {
				known := strings.HasPrefix(asked, "of-") || strings.HasPrefix(asked, "at-") || slices.Contains(said, asked)
				if words[0] != "#" && !known {
					t.Errorf("no word of a prompt leads to %q", asked)
				}
			}
		}
	}
}
