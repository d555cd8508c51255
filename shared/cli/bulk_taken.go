package cli

import (
	"fmt"
	"io"
	"strings"

	"easel/shared/bulk"
	"easel/shared/prompt"
)

// showFile says what a file, its columns and its values were taken for.
func showFile(w io.Writer, p bulk.Plan) {
	showTaken(w, p.File)
	showColumns(w, p.Columns)
	showReadings(w, p.Read)
}

// showTaken says what a file was taken for, and how to say otherwise: the first line of a table that is taken for a text
// is a picture to pay for.
func showTaken(w io.Writer, t *prompt.Taken) {
	if t == nil {
		return
	}
	kind, other := "a prompt on each line", "; --file-format csv if its first line names columns"
	switch t.Format {
	case prompt.CSV:
		kind, other = "a table ("+between(t.Separator)+")", "; --file-format text if each line is a prompt"
	case prompt.NDJSON:
		kind, other = "JSON objects", "; --file-format text if each line is a prompt"
	}
	if t.Said {
		other = ""
	}
	fmt.Fprintf(w, "file      %s, %s%s\n", kind, strings.ToUpper(t.Encoding), other)
}

func between(separator string) string {
	switch separator {
	case ",":
		return "commas between its columns"
	case ";":
		return "semicolons between its columns"
	case "tab":
		return "tabs between its columns"
	case "none":
		return "one column"
	}
	return separator + " between its columns"
}

// showReadings says which values were taken for others, and in how many rows.
func showReadings(w io.Writer, all []prompt.Reading) {
	const maxShown = 10
	var texts []string
	for _, r := range all[:min(maxShown, len(all))] {
		texts = append(texts, fmt.Sprintf("%s %q as %s in %s", r.Member, clip(r.From, 40), r.To, counted(r.Rows, "row")))
	}
	if more := len(all) - maxShown; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	if len(texts) > 0 {
		fmt.Fprintf(w, "read      %s\n", strings.Join(texts, ", "))
	}
}
