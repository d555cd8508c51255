package bulk

import (
	"fmt"
	"slices"
	"strings"

	"easel/shared/spelling"
)

// Choice names rows of a file. A custom_id means all that became of its row; the key of the manifest, or as much of it as the
// name of a picture has, means one of several.
type Choice []string

// has reports whether a row is meant, and by which name.
func (c Choice) has(l line) (by string, found bool) {
	for _, meant := range c {
		longer := len(meant) > len(l.CustomID)+1 && strings.HasPrefix(l.Key, meant)
		if meant != "" && (meant == l.CustomID || meant == l.Key || longer) {
			return meant, true
		}
	}
	return "", false
}

// UnknownRowsError says that rows were chosen which the file does not have.
type UnknownRowsError struct {
	File  string
	Names []string
	Meant string // a custom_id that the first of them is near to; empty: none is
}

// Error names the rows.
func (e *UnknownRowsError) Error() string {
	text := fmt.Sprintf("no row of %s has the custom_id %s", e.File, strings.Join(e.Names, ", "))
	if e.Meant != "" {
		text += fmt.Sprintf(". Did you mean %s?", e.Meant)
	}
	return text
}

// chosen marks rows while the file is read.
type chosen struct {
	again, only Choice
	met         map[string]bool // names that a row has
	near        string          // custom_id that is near to a name
}

// mark marks a row by the names that were given for the run.
func (c *chosen) mark(l line, row *tableRow) {
	repeated, again := c.again.has(l)
	only, listed := c.only.has(l)
	row.again = again
	row.skipped = len(c.only) > 0 && !listed
	if c.met == nil {
		c.met = map[string]bool{}
	}
	c.met[repeated], c.met[only] = true, true
	if !again && !listed && c.near == "" {
		for _, given := range slices.Concat(c.again, c.only) {
			if spelling.Near(given, []string{l.CustomID}) != "" {
				c.near = l.CustomID
			}
		}
	}
}

// check refuses names that no row has: nothing would be made for them without a word.
func (c *chosen) check(file string) error {
	e := &UnknownRowsError{File: file, Meant: c.near}
	for _, given := range slices.Concat(c.again, c.only) {
		if !c.met[given] {
			e.Names = append(e.Names, given)
		}
	}
	if len(e.Names) == 0 {
		return nil
	}
	return e
}
