package template

import "strings"

// fits reports whether a name is one of a pattern's: * stands for anything, folders included, ? for one character, and
// [ab], [a-c] and [!ab] for one of some or of all others. A bracket that does not close is itself.
func fits(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	star, mark := -1, 0 // the last star, and from where on the name is behind it
	at, in := 0, 0
	for in < len(n) {
		if at < len(p) && p[at] == '*' {
			star, mark = at, in
			at++
			continue
		}
		if step := covers(p[at:], n[in]); step > 0 {
			at, in = at+step, in+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		at, in = star+1, mark
	}
	return strings.Trim(string(p[at:]), "*") == ""
}

// covers returns how much of the pattern stands for the character, or 0 if it does not.
func covers(p []rune, c rune) int {
	switch {
	case len(p) == 0:
		return 0
	case p[0] == '?':
		return 1
	case p[0] == '[':
		if length, holds := bracket(p, c); length > 0 {
			if !holds {
				return 0
			}
			return length
		}
	}
	if p[0] == c {
		return 1
	}
	return 0
}

// bracket returns the length of [...] at the beginning of the pattern, 0 if there is none, and whether c is in it.
func bracket(p []rune, c rune) (length int, holds bool) {
	at, not := 1, false
	if at < len(p) && p[at] == '!' {
		at, not = 2, true
	}
	for first := at; at < len(p); at++ {
		switch {
		case p[at] == ']' && at > first:
			return at + 1, holds != not
		case at+2 < len(p) && p[at+1] == '-' && p[at+2] != ']':
			holds = holds || p[at] <= c && c <= p[at+2]
			at += 2
		default:
			holds = holds || p[at] == c
		}
	}
	return 0, false
}
