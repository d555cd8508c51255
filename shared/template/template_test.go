package template

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var named = Lists{
	"colors":    {"red", "blue"},
	"shades":    {"{dark|light} __colors__", "red"},
	"weighted":  {"9::often", "seldom"},
	"titled":    {"a {{title}}", "b"},
	"art/style": {"oil"},
	"odd[1]":    {"o"},
	"odd1":      {"p"},
	"blank":     {"", "  "},
	"loose":     {"{a"},
	"a":         {"x", "__b__"},
	"b":         {"__c*__"},
	"cycle":     {"y __a__"},
	"self":      {"__self__"},
	"nowhere":   {"fine", "not __here__"},
}

var cells = map[string]string{"title": "{a|b} __colors__", "price": "5"}

var texts = map[string]struct {
	template string
	want     []string
}{
	"escapes":                          {`\{a\|b\} \__c\__ \$$ \\ \%\~\@\!\:\ x`, []string{`{a|b} __c__ $$ \ %~@!: x`}},
	"escapes in braces":                {`{\{|\||\}|2\::x|\ y|\~z}`, []string{"{", "|", "}", "2::x", " y", "~z"}},
	"escapes in a joiner":              {`{2$$\$\{$$a|b}`, []string{"a${b", "b${a"}},
	"other backslashes":                {`\(a\) \n\`, []string{`\(a\) \n\`}},
	"an empty joiner":                  {"{2$$$$a|b}", []string{"ab", "ba"}},
	"a joiner in another script":       {"{2$$、$$猫|犬}", []string{"猫、犬", "犬、猫"}},
	"dollars and percents":             {"$5 a$$b 50% {$5|6%}", []string{"$5 a$$b 50% $5", "$5 a$$b 50% 6%"}},
	"a dollar before a second one":     {`{2$$a $5|b}`, []string{"a $5,b", "b,a $5"}},
	"no comments":                      {"#1 {a|b} # c", []string{"#1 a # c", "#1 b # c"}},
	"a column is text":                 {"x {{ Title }}.", []string{"x {a|b} __colors__."}},
	"a column in braces":               {"{{{title}}|b}", []string{"{a|b} __colors__", "b"}},
	"a column behind a dollar":         {"${{price}} {1$$%{{price}}}", []string{"$5 %5"}},
	"a column in a list":               {"__titled__", []string{"a {a|b} __colors__", "b"}},
	"double braces that are no column": {"{{a|b}}{{2$$c}}", []string{"ac", "bc"}},
	"a list in a list":                 {"__shades__", []string{"dark red", "dark blue", "light red", "light blue", "red"}},
	"weights do not count":             {"__weighted__ {3::a|b}", []string{"often a", "often b", "seldom a", "seldom b"}},
	"more than there are":              {"{3$$a|a|b}", []string{"a,b", "b,a"}},
	"a list twice in one pick":         {"{2$$__colors__|__colors__}", []string{"red", "blue"}},
	"alike through nesting":            {"{ab|{a}b|{{ab}|c}|a{b}}", []string{"ab", "c"}},
	"alike in a list and beside it":    {"{red|__shades__|__colors__}", []string{"red", "dark red", "dark blue", "light red", "light blue", "blue"}},
	"the same by another spelling":     {"{a|ab}{bc|c}", []string{"abc", "ac", "abbc", "abc"}},
	"a name like a pattern":            {"__odd[1]__", []string{"o"}},
	"a folder":                         {"__style__", []string{"oil"}},
}

func TestTextsOfATemplate(t *testing.T) {
	for name, c := range texts {
		t.Run(name, func(t *testing.T) {
			got := expand(t, c.template, scope{named, cells})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s:\n%s", c.template, diff)
			}
		})
	}
}

// faults are templates with the beginning of what is said of them.
var faults = map[string]struct{ template, want string }{
	"an open brace":             {"a {b|{c}", "at byte 2: This { is never closed. Add a }, or put a backslash"},
	"an open inner brace":       {"a {b|{c", "at byte 5: This { is never closed."},
	"a brace too many":          {"a} {b|c}", `at byte 1: This } closes nothing. Put a backslash before a brace that is meant as it is: \}.`},
	"a brace too many behind":   {"{a|b}}", "at byte 5: This } closes nothing."},
	"a variable":                {"é ${x=a}", "at byte 3: Variables, ${...}, are not supported."},
	"a wrap":                    {"%{a...$$b}", "at byte 0: Wraps, %{...}, are not supported."},
	"a sampler":                 {"{ ~a|b}", "at byte 2: The sampler ~ is not supported."},
	"a cyclical sampler":        {"{@a|b}", "at byte 1: The sampler @ is not supported."},
	"a sampler of a list":       {"__~colors__", "at byte 2: The sampler ~ is not supported."},
	"parameters":                {"__colors(a=b)__", "at byte 8: Parameters of a list, __colors(...)__, are not supported."},
	"dollars without a number":  {"{a$$b|c}", "at byte 2: $$ stands after a number right behind {"},
	"a dollar in a joiner":      {"{2$$a $5|b$$c}", "at byte 10: $$ stands after a number"},
	"a blank before dollars":    {"{2 $$a|b}", "at byte 3: $$ stands after a number"},
	"a range of nothing":        {"{-$$a|b}", "at byte 2: $$ stands after a number"},
	"three numbers":             {"{1-2-3$$a|b}", "at byte 6: $$ stands after a number"},
	"an open list":              {"a __b", `at byte 2: Two underscores begin the name of a list, as in __colors__, and here it has no end. Put a backslash`},
	"a list over braces":        {"{a__b|c__d}", "at byte 2: Two underscores begin the name of a list"},
	"a list without a name":     {"a____b", "at byte 1: Two underscores begin the name of a list"},
	"an endless name":           {"__" + strings.Repeat("a", 201) + "__", "at byte 0: The name of this list has 201 bytes; at most 200"},
	"a column without a name":   {"a {{ }}", "at byte 2: {{}} names no column."},
	"an unknown list":           {"x __here__", `at byte 2: There is no list "here". Lists given: "a", "art/style", "b", "blank",`},
	"an unknown pattern":        {"__x*__", `at byte 0: There is no list "x*". Lists given:`},
	"an unknown list in a list": {"__nowhere__", `list "nowhere", entry 2, at byte 4: There is no list "here".`},
	"an empty list":             {"__blank__", `at byte 0: The list "blank" is empty.`},
	"an unknown column":         {"{{a}} {{b}}", `at byte 0: There is no column "a". Columns given: "price", "title".`},
	"a column as it is written": {"a {{ My Title }} {{my title}}", `at byte 2: There is no column "My Title". Columns given: "price", "title".`},
	"a brace in a list":         {"__loose__", `list "loose", entry 1, at byte 0: This { is never closed.`},
	"a cycle":                   {"__a__", `list "cycle", entry 1: The list "a" leads back to itself: a > b > cycle > a.`},
	"a cycle of one":            {"{x|__self__}", `list "self", entry 1: The list "self" leads back to itself: self > self.`},
	"too long":                  {strings.Repeat("a", MaxBytes+1), "at byte 65536: The template has 65537 bytes; at most 65536 are allowed."},
	"too deep":                  {strings.Repeat("{a|", 51) + strings.Repeat("}", 51), "at byte 150: Braces are nested more than 50 deep."},
	"too much to pick":          {"{1-$$" + numbered(101) + "}", "{101$$...} takes more than 100 alternatives at once."},
}

func numbered(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("o%d", i))
	}
	return strings.Join(all, "|")
}

func TestFaultsOfATemplateSayWhereAndWhat(t *testing.T) {
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			parsed, err := parse(c.template)
			if err == nil {
				_, err = parsed.Count(scope{named, cells})
				if all := slices.Collect(parsed.All(scope{named, cells})); len(all) > 0 {
					t.Errorf("it makes %q all the same", all)
				}
			}
			if _, ok := errors.AsType[*SyntaxError](err); !ok || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s:\n got %v\nwant %s", c.template, err, c.want)
			}
		})
	}
}

func TestNothingToReferToSaysSo(t *testing.T) {
	for template, want := range map[string]string{
		"__colors__": `at byte 0: There is no list "colors", and no others were given either.`,
		"{{title}}":  `at byte 0: There is no column "title"; only the rows of a CSV have columns. Write {a|b}`,
	} {
		parsed, err := parse(template)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Count(scope{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", template, err, want)
		}
		if _, err := parsed.Pick(scope{}, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%s: something was picked", template)
		}
	}
}

func TestPicksFollowTheWeights(t *testing.T) {
	for template, bounds := range map[string][2]int{
		"{3::a|b}":                     {700, 800}, // of a in 1,000
		"{b|2::a|a}":                   {700, 800},
		"{b|3::{0::b|1::a}}":           {700, 800},
		"{0::b|a}":                     {1000, 1000},
		"{0::a|0::b}":                  {450, 550},
		"{0-1$$a}":                     {450, 550},
		"{1$$3::a|b}":                  {700, 800},
		"{2$$ $$0::b|0::c|1::a}":       {1000, 1000}, // a is first or there is no choice
		"{b|__heavy__}":                {400, 500},
		"__heavy__":                    {850, 950},
		"{1-2$$ $$5::a|5::ab|0.01::b}": {400, 1000},
	} {
		parsed, err := parse(template)
		if err != nil {
			t.Fatal(err)
		}
		r, n := rand.New(rand.NewPCG(1, 2)), 0
		for range 1000 {
			text, err := parsed.Pick(scope{Lists: Lists{"heavy": {"9::a", "c"}}}, r)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text, "a") {
				n++
			}
		}
		if n < bounds[0] || n > bounds[1] {
			t.Errorf("%s: a came %d times, want %v", template, n, bounds)
		}
	}
}
