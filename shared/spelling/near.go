package spelling

import (
	"strings"
	"unicode"
)

// Near returns the one of the known words that a given one was probably meant to be, or nothing: it is the same but for
// capitals, blanks, hyphens and underscores, misses it by a letter, by two if the word is long, or is its singular. More would
// propose what stands in many a file for itself, such as custom_id for customer.
func Near(given string, known []string) string {
	const maxBytes = 64 // bytes; what is longer is no word
	word := plainWord(given)
	if word == "" || len(word) > maxBytes {
		return ""
	}
	best, least := "", 3
	for _, k := range known {
		want := plainWord(k)
		most := 1
		if len(want) > 8 {
			most = 2
		}
		d := edits([]rune(word), []rune(want))
		if word+"es" == want {
			d = 1
		}
		if d <= most && d < least && d < len(want) {
			best, least = k, d
		}
	}
	return best
}

// DidYouMean proposes in a sentence, with a blank before it, what [Near] finds.
func DidYouMean(given string, known []string) string {
	if word := Near(given, known); word != "" {
		return " Did you mean " + word + "?"
	}
	return ""
}

// plainWord takes away what people spell differently.
func plainWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// edits is how many letters have to be put in, taken out, replaced or swapped with their neighbour to make b of a.
func edits(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range a {
		for j := range b {
			differ := 1
			if a[i] == b[j] {
				differ = 0
			}
			best := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+differ)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				best = min(best, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = best
		}
	}
	return rows[len(a)][len(b)]
}
