package prompt

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"easel/shared/request"
	"easel/shared/spelling"
)

// columns are what those of a CSV mean, or the members of a JSON object.
type columns struct {
	json   bool
	names  []string // trimmed; empty where there is none
	fields []field  // what holds a member of a request
	meta   []meta   // what does not and has a name, in the order in which it becomes metadata
	freed  []string // the members that nothing stands for, as the caller has said
}

type field struct {
	member
	at    int
	alias bool // the column's name is an alias of the member, and the caller has not named it with --column
}

type meta struct {
	key   string
	at    int
	asked bool   // it is called metadata.KEY
	near  string // of a JSON object: the member that it may have been meant to be
}

// aliases are names that people give to columns and that stand for a member if no column has the member's own name and
// none was named for it. They are few: a column that is taken for a member by mistake costs money, while one that is
// not becomes metadata and can be named with --column.
var aliases = []struct{ header, member string }{
	{"id", "custom_id"},
	{"negative", "negative_prompt"},
	{"aspect", "aspect_ratio"},
	{"ratio", "aspect_ratio"},
	{"style", "style_preset"},
	{"format", "output_format"},
}

// fold makes "Aspect Ratio", "aspect-ratio" and "aspect_ratio" the same.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// called returns the member that goes by a name, or nothing.
func called(name string) string {
	for _, m := range members {
		if fold(m.name) == fold(name) {
			return m.name
		}
	}
	return Alias(name)
}

// Alias returns the member of a request that a file may call by another name, such as custom_id for id, or nothing.
func Alias(name string) string {
	for _, a := range aliases {
		if a.header == fold(name) {
			return a.member
		}
	}
	return ""
}

// bindNames finds out what the columns of a header mean, or the members of an object: first as the caller has said, then by
// the names of members, then by their aliases.
func bindNames(c columns, header []string, line int, given map[string]string) (columns, error) {
	for _, name := range header {
		c.names = append(c.names, strings.TrimSpace(name))
	}
	at, err := c.given(given, line)
	if err != nil {
		return c, err
	}
	said := maps.Clone(at)
	used := slices.Collect(maps.Values(at)) // what was named for a member is nothing else by its name
	for _, m := range members {
		if err := c.claim(at, used, m.name, m.name, line); err != nil {
			return c, err
		}
	}
	for _, a := range aliases {
		if err := c.claim(at, used, a.member, a.header, line); err != nil {
			return c, err
		}
	}
	for _, m := range members {
		if n, there := at[m.name]; there && n >= 0 {
			_, named := said[m.name]
			c.fields = append(c.fields, field{m, n, !named && fold(c.names[n]) != fold(m.name)})
		}
	}
	c.rest()
	return c, nil
}

// given returns the column of each member that the caller has named one for; -1: it is in none.
func (c *columns) given(named map[string]string, line int) (map[string]int, error) {
	at := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		canonical, header := called(name), named[name]
		n := slices.IndexFunc(c.names, func(s string) bool { return strings.EqualFold(s, strings.TrimSpace(header)) })
		if n < 0 {
			n = slices.IndexFunc(c.names, func(s string) bool { return fold(s) == fold(header) })
		}
		if header == "" {
			n = -1
		}
		switch {
		case canonical == "":
			return nil, broken(0, "--column %s=%s: a request has no member %q. Use one of: %s.%s", name, request.Clip(header), request.Clip(name),
				strings.Join(memberNames(), ", "), spelling.DidYouMean(name, memberNames()))
		case Reported(header), n >= 0 && Reported(c.names[n]):
			return nil, broken(line, "--column %s=%s: Easel wrote this column into failed.csv to say why a row failed; it is no part of a row. "+
				"Name one of the file's own columns. %s", name, request.Clip(header), c.found())
		case n < 0 && header != "" && !c.json:
			return nil, broken(line, "--column %s=%s: there is no such column. %s", name, request.Clip(header), c.found())
		}
		if at[canonical] = n; header == "" {
			c.freed = append(c.freed, canonical)
		}
	}
	return at, nil
}

// claim gives a member that has no column yet the one of that name.
func (c *columns) claim(at map[string]int, used []int, memberName, header string, line int) error {
	if _, done := at[memberName]; done {
		return nil
	}
	for n, name := range c.names {
		if fold(name) != fold(header) || slices.Contains(used, n) {
			continue
		}
		if first, twice := at[memberName]; twice {
			return broken(line, "%s %d (%q) and %d (%q) could both be %s. Rename one of them.",
				map[bool]string{false: "Columns", true: "Members"}[c.json], first+1, c.names[first], n+1, name, memberName)
		}
		at[memberName] = n
	}
	return nil
}

// rest makes metadata of what is no member and no report; what asks to be comes first.
func (c *columns) rest() {
	const prefix = "metadata."
	var others []meta
	for n, name := range c.names {
		if name == "" || Reported(name) || slices.ContainsFunc(c.fields, func(f field) bool { return f.at == n }) {
			continue
		}
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			c.meta = append(c.meta, meta{key: name[len(prefix):], at: n, asked: true})
			continue
		}
		others = append(others, meta{key: name, at: n})
	}
	c.meta = append(c.meta, others...)
}

// noun is what a name stands for.
func (c *columns) noun() string {
	if c.json {
		return "member"
	}
	return "column"
}

// byName returns the cells of a row by the names of their columns, without what Easel reported of it. Of two with one
// name the first counts.
func (c *columns) byName(cells []datum) map[string]string {
	row := make(map[string]string, len(cells))
	for n, name := range c.names {
		name = strings.ToLower(name)
		if _, twice := row[name]; name != "" && !twice && !Reported(name) {
			row[name] = strings.TrimSpace(cells[n].text)
		}
	}
	return row
}

// place names the column of a member that a JSON pointer points to, or the pointer to it where the row is JSON.
func (c *columns) place(pointer string) string {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for _, f := range c.fields {
		if f.name == parts[0] {
			return c.spot(c.names[f.at], parts[1:])
		}
	}
	if len(parts) < 2 || parts[0] != "metadata" {
		return pointer
	}
	key := strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[1])
	for _, m := range c.meta {
		if m.key == key {
			return c.spot(c.names[m.at], nil)
		}
	}
	return pointer
}

// spot is where a value of that name stands.
func (c *columns) spot(name string, below []string) string {
	if c.json {
		return "/" + strings.Join(append([]string{request.Clip(name)}, below...), "/")
	}
	return "column " + request.Clip(name)
}

// found lists the columns that a member may stand in.
func (c *columns) found() string {
	own := slices.DeleteFunc(slices.Clone(c.names), Reported)
	if len(own) == 0 {
		return "The file has no columns of its own."
	}
	return "Columns found: " + Listed(own) + "."
}

// Listed writes names in quotes, as many as a message bears.
func Listed(names []string) string {
	const most = 20
	var quoted []string
	for _, name := range names[:min(most, len(names))] {
		quoted = append(quoted, strconv.Quote(request.Clip(name)))
	}
	if more := len(names) - most; more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}
