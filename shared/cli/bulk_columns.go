package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"easel/shared/prompt"
)

// showColumns says what the columns of a CSV, or the members of JSON objects, were taken for: a name that is misspelt is no error, and changes what is
// paid for.
func showColumns(w io.Writer, all []prompt.Column) {
	const maxKept = 20 // of those that are kept as metadata
	var used, meant, kept, reports []string
	for _, c := range all {
		header := clip(c.Header, 40)
		switch {
		case c.Member == c.Header:
			used = append(used, c.Member)
		case c.Member != "":
			used = append(used, c.Member+" ("+header+")")
		case c.Meant != "":
			meant = append(meant, header+" (did you mean "+c.Meant+"?)")
		case c.Metadata:
			kept = append(kept, header)
		case c.Report:
			reports = append(reports, header)
		}
	}
	if len(used) == 0 {
		return
	}
	text := strings.Join(used, ", ")
	kept = slices.Concat(meant, kept) // what may be a mistake must not be what is left out
	if more := len(kept) - maxKept; more > 0 {
		kept = append(kept[:maxKept], fmt.Sprintf("and %d more", more))
	}
	if len(kept) > 0 {
		text += "; kept as metadata: " + strings.Join(kept, ", ")
	}
	if len(reports) > 0 {
		text += "; left out as Easel's own: " + strings.Join(reports[:min(maxKept, len(reports))], ", ")
	}
	fmt.Fprintf(w, "columns   %s\n", text)
}
