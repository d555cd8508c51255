package template

import (
	"errors"
	"math/rand/v2"
	"testing"
)

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"{a|b|{c|d}} {2$$ and $$a|b|c}", "{1-2$$a|b} {-2$$a|b} {1-$$a|b}", "__a__ __b*__ {2$$__b__}", "{{title}} ${{title}}",
		`\{\}\|\$\_\\ {2::a|0.5::b}`, "{", "}", "__", "${x}", "%{a$$b}", "{~a}", "{$$a}", "{{{{{{a}}}}}}", "{0-1$$}", "[!a-]*?",
	} {
		f.Add(text, "{x|y}", "2::z __a__")
	}
	f.Fuzz(func(t *testing.T, text, one, two string) {
		parsed, err := parse(text)
		if err != nil {
			judge(t, text, err)
			return
		}
		s := scope{Lists{"a": {one, "w"}, "b": {two, one}, "c/bc": {two}}, map[string]string{"title": "{t}"}}
		n, err := parsed.Count(s)
		if err != nil {
			judge(t, text, err)
			return
		}
		made := 0
		for range parsed.All(s) {
			if made++; made == 100 {
				break
			}
		}
		if made < 100 && n.Int64() != int64(made) || n.Sign() <= 0 {
			t.Errorf("%q, %q, %q: counted %s, made %d", text, one, two, n, made)
		}
		if _, err := parsed.Pick(s, rand.New(rand.NewPCG(1, 2))); err != nil {
			t.Errorf("%q, %q, %q: %v", text, one, two, err)
		}
	})
}

// judge holds an error against its promise: a place within the text, and words.
func judge(t *testing.T, text string, err error) {
	e, ok := errors.AsType[*SyntaxError](err)
	if !ok || e.Detail == "" || e.Offset < -1 || e.List == "" && e.Offset > len(text) {
		t.Errorf("%q: %#v", text, err)
	}
}
