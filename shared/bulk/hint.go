package bulk

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"easel/shared/bulk/folder"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/spelling"
	"easel/shared/template"
)

// hints are what is no mistake for sure, but would cost money if it were one.
type hints struct {
	comments prompt.Mark     // rows that look like comments
	braces   int             // the line of the first row whose braces hold alternatives that this run does not expand
	turned   int             // images that were turned upright
	named    map[string]bool // columns that templates name, in lower case
	filled   map[string]bool // columns of which a row holds something, in lower case
	flags    map[string]bool // whether one for rows that say nothing has given any row a value
}

// remember says how the rows of this file were multiplied before, where they are not now.
func (s *Source) remember(f *folder.Folder) []string {
	if s.ExpandedBy != "" {
		return nil
	}
	for _, l := range f.Others("") {
		if l.Source == s.Name && l.Expand != "" {
			return []string{fmt.Sprintf("The last run of %s into this folder had %s, which is missing now.", l.Source, l.Expand)}
		}
	}
	return nil
}

func (h *hints) fallback(flag string, used bool) {
	if h.flags == nil {
		h.flags = map[string]bool{}
	}
	h.flags[flag] = h.flags[flag] || used
}

// choices are alternatives as a template has them.
var choices = regexp.MustCompile(`\{[^{}]*\|[^{}]*\}`)

// look notes what is odd about a row as it stands in the file.
func (s *Source) look(row prompt.Row) {
	h := &s.hints
	if s.reader.Format() == prompt.Text && strings.HasPrefix(row.Request.Prompt, "# ") {
		h.comments.Add(row.Line)
	}
	if h.braces == 0 && !s.templates() && choices.MatchString(row.Request.Prompt) {
		h.braces = row.Line
	}
	if s.templates() {
		s.named(row.Request.Prompt, row.Request.NegativePrompt)
	}
	if s.reader.Format() == prompt.CSV {
		s.fill(row.Columns)
	}
}

// tell writes into a plan what the file, its columns and its values were taken for.
func (s *Source) tell(p *Plan) {
	taken := s.reader.Taken()
	p.File, p.Columns, p.Read, p.Dropped = &taken, s.reader.Columns(), s.reader.Readings(), s.reader.Dropped()
}

// advise says what to look at before anything is sent, in sentences.
func (s *Source) advise(p Plan) (all []string) {
	if c := s.hints.comments; c.Rows > 0 {
		all = append(all, fmt.Sprintf("%s with # (the first in line %d), which starts no comment in a file of prompts: it is sent as words.", does(c, "begins", "begin"), c.Line))
	}
	if n := s.hints.braces; n > 0 {
		all = append(all, fmt.Sprintf("Rows hold braces with | (the first in line %d): they are sent as they are; --template reads them as templates.", n))
	}
	if n := s.hints.turned; n > 0 {
		all = append(all, fmt.Sprintf("Input images turned upright, as their EXIF orientation says: %d. The model takes pixels as they lie.", n))
	}
	for _, flag := range slices.Sorted(maps.Keys(s.hints.flags)) {
		if !s.hints.flags[flag] {
			all = append(all, flag+" has no effect: every row says its own.")
		}
	}
	all = append(all, s.foreign()...)
	if p.Equal > 0 && s.Expand != nil && s.Expand.Mode == template.ModeRandom {
		all = append(all, fmt.Sprintf("%d of the %d rows repeat others: --random takes a text as often as it comes up. Without --random each is made once.", p.Equal, p.Rows))
	}
	return all
}

// foreign tells of options of other programs, lists and quotes.
func (s *Source) foreign() (all []string) {
	f, read := s.reader.Foreign(), s.Options.ReadOptions
	names := strings.Join(f.Names, ", ")
	switch {
	case f.Options.Rows > 0 && read && len(f.Left) > 0:
		all = append(all, fmt.Sprintf("%s options of other programs, which were read: %s. Left out, since no model here has them: %s.", does(f.Options, "holds", "hold"), names, strings.Join(f.Left, ", ")))
	case f.Options.Rows > 0 && read:
		all = append(all, fmt.Sprintf("%s options of other programs, which were read: %s.", does(f.Options, "holds", "hold"), names))
	case f.Options.Rows > 0:
		all = append(all, fmt.Sprintf("%s options of other programs (the first in line %d): %s; sent as words. --read-options reads them.", does(f.Options, "holds", "hold"), f.Options.Line, names))
	case read && f.Lists.Rows+f.Quotes.Rows == 0:
		all = append(all, "--read-options found no options, numbers of lists or quotes around prompts.")
	}
	if f.Lists.Rows > 0 && !read {
		all = append(all, fmt.Sprintf("%s with the number or bullet of a list (the first in line %d); sent as words. --read-options takes them off.", does(f.Lists, "begins", "begin"), f.Lists.Line))
	}
	if f.Quotes.Rows > 0 && !read {
		all = append(all, fmt.Sprintf("%s in quotes (the first in line %d); sent as words. --read-options takes them off.", does(f.Quotes, "stands", "stand"), f.Quotes.Line))
	}
	return all
}

// mention is a column as a template names it.
var mention = regexp.MustCompile(`\{\{([^{}|]+)\}\}`)

// named notes which columns templates name.
func (s *Source) named(texts ...string) {
	if s.hints.named == nil {
		s.hints.named = map[string]bool{}
	}
	for _, text := range texts {
		for _, m := range mention.FindAllStringSubmatch(text, -1) {
			s.hints.named[strings.ToLower(strings.TrimSpace(m[1]))] = true
		}
	}
}

// fill notes which columns of a table hold something.
func (s *Source) fill(cells map[string]string) {
	if s.hints.filled == nil {
		s.hints.filled = map[string]bool{}
	}
	for column, cell := range cells {
		if cell != "" && !s.hints.filled[column] {
			s.hints.filled[column] = true
		}
	}
}

// misread is what is wrong with a file of which every row is right: it has none, or a column of a table is nearly called like
// a member of a request. What stands there would change no picture, and all would be paid for; of JSON objects each is refused
// for that. A column that a template names is no mistake, nor is one in which nothing stands.
func (s *Source) misread() error {
	if s.read == 0 {
		return &prompt.FileError{Detail: s.Name + " has no rows, so there is nothing to make: write one for each picture, in a table below its header"}
	}
	if s.reader.Format() != prompt.CSV {
		return nil
	}
	if s.templates() {
		s.named(s.Defaults.NegativePrompt)
		for _, entries := range s.Expand.Lists {
			s.named(entries...)
		}
	}
	for _, c := range s.reader.Columns() {
		lower := strings.ToLower(c.Header)
		if c.Meant == "" || spelling.Near(c.Header, []string{c.Meant}) == "" || s.hints.named[lower] || !s.hints.filled[lower] {
			continue
		}
		way := "Read it with --column " + prompt.Pair(c.Meant, c.Header) + ", or keep"
		if c.Meant == "image" {
			way = "An image cannot stand in a CSV: send rows with one as NDJSON, the image in base64, or keep"
		}
		return &prompt.FileError{Detail: fmt.Sprintf("nothing was sent: the column %s of %s is nearly called %s, and no picture would be made as it says. "+
			"%s it as metadata with --column %s=", request.Clip(c.Header), s.Name, c.Meant, way, c.Meant)}
	}
	return nil
}

// templates reports whether prompts are templates.
func (s *Source) templates() bool { return s.Expand != nil && !s.Expand.Plain }

// does says of how many rows a verb is true.
func does(m prompt.Mark, one, many string) string {
	if m.Rows == 1 {
		return "1 row " + one
	}
	return fmt.Sprintf("%d rows %s", m.Rows, many)
}
