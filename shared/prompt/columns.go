package prompt

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"easel/shared/request"
	"easel/shared/spelling"
)

// Column is what a column of a CSV, or a member of JSON objects, was taken for. One that stands for several members of a request is there for each.
type Column struct {
	Header   string `json:"header"`             // trimmed
	Member   string `json:"member,omitempty"`   // of a request; empty: none
	Metadata bool   `json:"metadata,omitempty"` // it is kept with the request as far as there is room
	Meant    string `json:"meant,omitempty"`    // of metadata: a member of nearly that name that no column stands for
	Report   bool   `json:"report,omitempty"`   // Easel wrote it into failed.csv: it is left out
}

// Columns returns what the columns of a CSV were taken for, or the members of the JSON objects that were read: first
// those of requests in the order in which people are told of them, then the metadata, then what is left out. Columns
// without a name are not among them. A text has none, and JSON that is taken as it is.
func (r *Reader) Columns() []Column {
	switch rows := r.rows.(type) {
	case *table:
		return r.binder.columns.all()
	case *objects:
		return rows.seen.all
	}
	return nil
}

func (c *columns) all() (all []Column) {
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
// alias: it may be another thing of the same name. Found is what the row
// holds there, as errors write it. Otherwise it says nothing.
func (r *Reader) Doubt(pointer, found string) string { return r.binder.columns.doubt(pointer, found) }

func (c *columns) doubt(pointer, found string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if name == "output_format" && slices.Contains([]string{`"png"`, `"jpeg"`, `"webp"`}, found) {
		return "" // it is one, which another model makes
	}
	n := slices.IndexFunc(c.fields, func(f field) bool { return f.name == name && f.alias })
	if n < 0 {
		return ""
	}
	header := c.names[c.fields[n].at]
	text := fmt.Sprintf(" If the %s %s is something else, say so: --column %s= keeps it as metadata", c.noun(), request.Clip(header), name)
	if name == "output_format" && !c.holds("aspect_ratio") {
		text += fmt.Sprintf(", --column %s reads it as that", Pair("aspect_ratio", header))
	}
	return text + "."
}

func (c *columns) holds(name string) bool {
	return slices.ContainsFunc(c.fields, func(f field) bool { return f.name == name })
}

// suspects are names that stand in many a file for other things, and in others for a member.
var suspects = map[string]string{"size": "aspect_ratio", "resolution": "aspect_ratio", "dimensions": "aspect_ratio", "ar": "aspect_ratio"}

// meant returns the member without a column that a name nearly has, or may stand for.
func (c *columns) meant(name string) string {
	if suspect := suspects[fold(name)]; suspect != "" && !c.holds(suspect) {
		return suspect
	}
	return c.near(name)
}

// near returns the member without a column that a name nearly has.
func (c *columns) near(name string) string {
	var free []string
	for _, m := range members {
		if !c.holds(m.name) && !slices.Contains(c.freed, m.name) {
			free = append(free, m.name)
		}
	}
	return spelling.Near(name, free)
}

// suspect notes which members of an object are nearly called like one of a request that it lacks.
func (c *columns) suspect() {
	for n := range c.meta {
		if m := &c.meta[n]; !m.asked {
			m.near = c.near(m.key)
		}
	}
}

// Pair is what follows --column for a member and the header of its column, quoted if need be.
func Pair(name, header string) string {
	text := name + "=" + request.Clip(header)
	if strings.ContainsFunc(header, unicode.IsSpace) {
		return `"` + text + `"`
	}
	return text
}
