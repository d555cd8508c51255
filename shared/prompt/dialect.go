package prompt

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// alone separates the cells of a file with one column: nothing does, so that commas in prompts need no quotes.
const alone = '\x1f'

// separators are what is looked for in a header; of two that fit as well the first is taken.
var separators = []rune{',', ';', '\t'}

// announced reads the first line that spreadsheets look for, such as sep=;.
func announced(line string) (rune, bool) {
	line = strings.Trim(strings.TrimRight(line, "\n"), `"`)
	const key = "sep="
	if len(line) <= len(key) || !strings.EqualFold(line[:len(key)], key) {
		return 0, false
	}
	r, size := utf8.DecodeRuneInString(line[len(key):])
	return r, len(line) == len(key)+size
}

// separator finds what separates the columns of a header. What gives a column for the prompts comes before what gives
// more columns: a name may hold a comma.
func separator(header string, o Options) rune {
	best, most := alone, 1
	found := false
	for _, sep := range separators {
		names := apart(header, sep)
		fits := slices.ContainsFunc(names, func(name string) bool { return prompts(name, o) })
		if len(names) > most && fits == found || len(names) > 1 && fits && !found {
			best, most, found = sep, len(names), fits
		}
	}
	return best
}

// apart cuts a header at a separator outside quotes, into one more than may be at most.
func apart(header string, sep rune) []string {
	quoted := false
	var names []string
	begin := 0
	for at, r := range header {
		if r == '"' {
			quoted = !quoted
		}
		if r == sep && !quoted && len(names) < MaxColumns {
			names = append(names, bare(header[begin:at]))
			begin = at + utf8.RuneLen(sep)
		}
	}
	return append(names, bare(header[begin:]))
}

// bare takes the quotes off a cell of a header.
func bare(name string) string { return strings.Trim(strings.TrimSpace(name), `"`) }

// wanted reports whether a first line is a header with a column for the prompts, or one that Easel wrote: were the rows of
// a failed.csv taken for text, each would be a prompt to pay for.
func wanted(line string, o Options) bool {
	return slices.ContainsFunc(apart(line, separator(line, o)), func(name string) bool { return prompts(name, o) || Reported(name) })
}

// prompts reports whether a column of that name holds the prompts.
func prompts(name string, o Options) bool {
	for alias, header := range o.Columns {
		if called(alias) == "prompt" {
			return header != "" && fold(name) == fold(header)
		}
	}
	return fold(name) == "prompt"
}

// check refuses what cannot separate anything.
func check(comma rune) error {
	if comma == 0 || strings.ContainsRune("\"\r\n", comma) || comma == utf8.RuneError || !utf8.ValidRune(comma) {
		return broken(0, "%q cannot separate columns. Use a comma, a semicolon or a tab.", comma)
	}
	return nil
}
