package prompt

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"easel/shared/job"
)

// Column is what a column of a CSV was taken for. One that stands for several members of a request is there for each.
type Column struct {
	Header   string `json:"header"`             // trimmed
	Member   string `json:"member,omitempty"`   // of a request; empty: none
	Metadata bool   `json:"metadata,omitempty"` // it is kept with the request as far as there is room
	Meant    string `json:"meant,omitempty"`    // of metadata: a member of nearly that name that no column stands for
	Report   bool   `json:"report,omitempty"`   // Easel wrote it into failed.csv: it is left out
}

// Columns returns what the columns of a CSV were taken for: first the members in the order in which people are told of
// them, then the metadata, then what is left out. Columns without a name are not among them. Other formats have none.
func (r *Reader) Columns() (all []Column) {
	if r.csv == nil {
		return nil
	}
	c := &r.csv.columns
	for _, f := range c.fields {
		all = append(all, Column{Header: c.names[f.at], Member: f.name})
	}
	for _, m := range c.meta {
		one := Column{Header: c.names[m.at], Metadata: true}
		if !m.asked {
			one.Meant = c.meant(one.Header)
		}
		all = append(all, one)
	}
	for _, name := range c.names {
		if Reported(name) {
			all = append(all, Column{Header: name, Report: true})
		}
	}
	return all
}

// Doubt says how to let go of the column that holds the member of a JSON pointer, where it was taken for that by an
// alias: it may be another thing of the same name. Otherwise it says nothing.
func (r *Reader) Doubt(pointer string) string {
	if r.csv == nil {
		return ""
	}
	return r.csv.columns.doubt(pointer)
}

func (c *columns) doubt(pointer string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	n := slices.IndexFunc(c.fields, func(f field) bool { return f.name == name && f.alias })
	if n < 0 {
		return ""
	}
	header := c.names[c.fields[n].at]
	text := fmt.Sprintf(" If the column %s is something else, say so: --column %s= keeps it as metadata", brief(header), name)
	if name == "output_format" && !c.holds("aspect_ratio") {
		text += fmt.Sprintf(", --column %s reads it as that", pair("aspect_ratio", header))
	}
	return text + "."
}

func (c *columns) holds(member string) bool {
	return slices.ContainsFunc(c.fields, func(f field) bool { return f.name == member })
}

// meant returns the member without a column that a name nearly has.
func (c *columns) meant(name string) string {
	var free []string
	for _, m := range members {
		if !c.holds(m.name) {
			free = append(free, m.name)
		}
	}
	return job.Near(name, free)
}

// pair is what follows --column, quoted if need be.
func pair(member, header string) string {
	text := member + "=" + brief(header)
	if strings.ContainsFunc(header, unicode.IsSpace) {
		return `"` + text + `"`
	}
	return text
}

// glance returns the rows below the header that were read along with it, at most a few: it waits for none.
func (t *table) glance() (rows [][]string) {
	const most = 20
	for len(rows) < most && t.in.r.Buffered() > 0 {
		if ahead, _ := t.in.r.Peek(t.in.r.Buffered()); !bytes.Contains(ahead, []byte("\n")) && len(rows) > 0 {
			return rows
		}
		cells, _, err := t.read()
		if err != nil {
			return rows
		}
		rows = append(rows, cells)
	}
	return rows
}
