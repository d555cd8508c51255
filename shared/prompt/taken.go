package prompt

import (
	"slices"
)

// Taken is what a file was taken for.
type Taken struct {
	Format    Format `json:"format"`
	Separator string `json:"separator,omitempty"` // of a CSV: a character, "tab", or "none" for a single column
	Encoding  string `json:"encoding"`
	Quoted    bool   `json:"quoted,omitempty"` // of a CSV: every name of its header is in quotes
	Mark      bool   `json:"mark,omitempty"`   // it begins with a byte order mark
	CRLF      bool   `json:"crlf,omitempty"`   // its lines end as those of Windows, as far as it was read
	Said      bool   `json:"said,omitempty"`   // the format was not found but said
}

// Taken returns what the file was taken for.
func (r *Reader) Taken() Taken {
	t := r.taken
	t.CRLF = r.ends.crlf
	return t
}

// Comma is what separates the columns of a table that is written in the same way: a comma where there was one column.
func (t Taken) Comma() string {
	switch t.Separator {
	case "tab":
		return "\t"
	case "", "none":
		return ","
	}
	return t.Separator
}

func separatorName(comma rune) string {
	switch comma {
	case '\t':
		return "tab"
	case alone:
		return "none"
	}
	return string(comma)
}

// idle refuses options that say nothing about a file of this format: what they were given for would not happen.
func (o Options) idle(format Format) error {
	switch {
	case o.Comma != 0 && format != CSV:
		return broken(0, "--separator is for a CSV, and the file is %s. Leave it out, or say --file-format csv.", format)
	case len(o.Columns) > 0 && format == Text:
		return broken(0, "There is no column to name (--column): the file is text, with a prompt on each line. Leave it out, or say --file-format csv.")
	case len(o.Columns) > 0 && format == NDJSON && !o.Lenient:
		return broken(0, "There is no column to name (--column): the file is JSON objects. Leave it out, and give their members the names of a request's.")
	}
	return nil
}

// columnList gathers what the members of all objects of a file were taken for.
type columnList struct{ all []Column }

func (s *columnList) add(c *columns) {
	for _, one := range c.all() {
		at := slices.IndexFunc(s.all, func(k Column) bool { return k.Header == one.Header && k.Member == one.Member })
		if at >= 0 || len(s.all) == MaxColumns {
			continue
		}
		s.all = append(s.all, one)
		slices.SortStableFunc(s.all, func(a, b Column) int { return a.rank() - b.rank() })
	}
}

// rank orders columns as people are told of them.
func (c Column) rank() int {
	if c.Member != "" {
		return slices.IndexFunc(members, func(m member) bool { return m.name == c.Member })
	}
	if c.Report {
		return len(members) + 1
	}
	return len(members)
}

// named lists the members that were found, for a message.
func (s *columnList) named() string {
	var names []string
	for _, c := range s.all {
		names = append(names, c.Header)
	}
	return "Members found: " + Listed(names) + "."
}
