package bulk

import (
	"fmt"
	"regexp"
	"strings"

	"easel/shared/prompt"
)

// hints are what is no mistake for sure, but would cost money if it were one.
type hints struct {
	seen    bool // a row
	comment int  // the line of a first row that looks like a comment; 0: it does not
	braces  int  // the line of the first row whose braces hold alternatives that nobody reads
	turned  int  // images that were turned upright
}

// remember says how the rows of this file were multiplied before, where they are not now.
func (r *Run) remember() {
	if r.Source.ExpandedBy != "" {
		return
	}
	for _, l := range r.Folder.others("") {
		if l.Source == r.Source.Name && l.Expand != "" {
			r.plan.Hints = append(r.plan.Hints, fmt.Sprintf("The last run of %s into this folder had %s, which is missing now.", l.Source, l.Expand))
			return
		}
	}
}

// choices are alternatives as a template has them.
var choices = regexp.MustCompile(`\{[^{}]*\|[^{}]*\}`)

// look notes what is odd about a row as it stands in the file.
func (s *Source) look(row prompt.Row) {
	h := &s.hints
	if !h.seen && s.reader.Format() == prompt.Text && strings.HasPrefix(row.Request.Prompt, "# ") {
		h.comment = row.Line
	}
	h.seen = true
	if h.braces == 0 && (s.Expand == nil || s.Expand.Plain) && choices.MatchString(row.Request.Prompt) {
		h.braces = row.Line
	}
}

// advise says what to look at before anything is sent, in sentences.
func (s *Source) advise(p Plan) (all []string) {
	if n := s.hints.comment; n > 0 {
		all = append(all, fmt.Sprintf("Line %d begins with #, which starts no comment in a file of prompts: it is a prompt like the others.", n))
	}
	if n := s.hints.braces; n > 0 {
		all = append(all, fmt.Sprintf("Rows hold braces with | (the first in line %d): they are sent as they are; --template reads them as templates.", n))
	}
	if n := s.hints.turned; n > 0 {
		all = append(all, fmt.Sprintf("Input images turned upright, as their EXIF orientation says: %d. The model takes pixels as they lie.", n))
	}
	if p.Equal > 0 && s.Expand != nil && s.Expand.Mode == prompt.ModeRandom {
		all = append(all, fmt.Sprintf("%d of the %d rows repeat others: --random takes a text as often as it comes up. Without --random each is made once.", p.Equal, p.Rows))
	}
	return all
}
