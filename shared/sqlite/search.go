package sqlite

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"easel/shared/job"
)

// minPrefix is how many characters a word has that stands for longer ones too. FTS5 merges all words that begin with a
// shorter one before it finds the first job, which takes seconds among a million.
const minPrefix = 3

// maxOpen is how many words of one search stand for longer ones too: the last, one of which a person may be typing. Each
// has FTS5 merge all words that begin with it, which takes a tenth of a second among 100,000 jobs.
const maxOpen = 4

// expression writes what a person typed as FTS5 reads it: every word in quotes, so that none is an operator, and joined by
// an and that is not written. A word of other alphabets stands for longer ones at any length, since languages without
// blanks make one word of a sentence. A word that is there again says nothing new.
func expression(text string) string {
	apart := func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == 0 }
	given := strings.FieldsFunc(strings.ToValidUTF8(text, " "), apart)
	var words []string
	opened := 0
	for n, g := range slices.Backward(given) {
		if slices.ContainsFunc(given[n+1:], func(later string) bool { return strings.EqualFold(later, g) }) {
			continue
		}
		quoted := `"` + g + `"`
		if open(g) && opened < maxOpen {
			quoted += "*"
			opened++
		}
		words = append(words, quoted)
	}
	return strings.Join(words, " ")
}

// open reports whether a word stands for longer ones too. Of a word that FTS5 takes for several the last one counts.
func open(term string) bool {
	silent := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	parts := strings.FieldsFunc(term, silent)
	if len(parts) == 0 {
		return false
	}
	last := parts[len(parts)-1]
	n := utf8.RuneCountInString(last)
	return n >= minPrefix || n < len(last)
}

const countMatches = `SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)`

// statement writes the statement for a query. Jobs with words are found in one of two ways, both bounded: where no more jobs
// have the words than a list may look at, they are looked up and sorted. Otherwise the list is walked as without words, and
// the index of words says which of the jobs on the way have them.
func (db jobIndex) statement(ctx context.Context, q job.Query) (string, []any, error) {
	if q.Words == "" {
		query, args := listing(q, db.look)
		return query, args, nil
	}
	match, matches := expression(q.Words), 0
	if match == "" {
		match = `""` // which no job has
	}
	if err := db.read.QueryRowContext(ctx, countMatches, match, db.look+1).Scan(&matches); err != nil {
		return "", nil, err
	}
	search := searchCommon
	if matches <= db.look {
		search = searchRare
	}
	query, args := search(q, match, db.look)
	return query, args, nil
}

// searchRare looks up the jobs that have the words.
func searchRare(q job.Query, match string, limit int) (string, []any) {
	var args arguments
	jobs, order := listed(q, "words CROSS JOIN jobs ON jobs.number = words.rowid WHERE words MATCH "+args.add(match)+" AND", &args)
	var statuses []string
	for _, s := range q.Statuses {
		statuses = append(statuses, args.add(string(s)))
	}
	if len(statuses) > 0 {
		jobs += " AND status IN (" + strings.Join(statuses, ", ") + ")"
	}
	return bounded(q, jobs+order, limit, &args), args
}

// searchCommon walks the list as far as it may look. The words are looked for between the lowest and the highest number on
// the way, and not among all jobs.
func searchCommon(q job.Query, match string, limit int) (string, []any) {
	var args arguments
	indexed, bound := places(q, &args), args.add(limit)
	filter := unindexed(q, &args) + ` AND indexed.place IN (SELECT rowid FROM words WHERE words MATCH ` + args.add(match) + `
		AND rowid BETWEEN (SELECT min(place) FROM looked) AND (SELECT max(place) FROM looked))`
	return `WITH looked AS MATERIALIZED (` + indexed + ` LIMIT ` + bound + `) ` + documents("looked", filter) + `
		UNION ALL
		SELECT created, position, id, NULL, NULL FROM (SELECT * FROM looked LIMIT 1 OFFSET ` + bound + ` - 1)`, args
}
