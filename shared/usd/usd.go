// Package usd writes and reads amounts of US dollars. Money is whole micro-dollars everywhere, so that sums are exact; the
// package converts no currencies and knows no prices.
package usd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Number writes micro-dollars as an exact decimal number of dollars, 40,000 as 0.04: a float would show 0.30000000000000004.
func Number(micro int64) json.Number {
	s := fmt.Sprintf("%d.%06d", micro/1_000_000, micro%1_000_000)
	return json.Number(strings.TrimSuffix(strings.TrimRight(s, "0"), "."))
}

// Format writes micro-dollars for people, 2,400,000 as $2.40: with cents, and finer only where there is something finer.
func Format(micro int64) string {
	s := Number(micro).String()
	_, fraction, _ := strings.Cut(s, ".")
	switch len(fraction) {
	case 0:
		s += ".00"
	case 1:
		s += "0"
	}
	return "$" + s
}

// maxDollars is more than any budget or price. It keeps sums of micro-dollars far from the end of int64.
const maxDollars = 1_000_000_000

// Parse reads an amount of US dollars such as 12.50 exactly, and returns it in micro-dollars. It refuses what is no
// plain decimal number, has more than six digits behind the point, is less than 0 or more than a billion; the error is
// a sentence about the amount that says what to write.
func Parse(s string) (int64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	switch {
	case strings.HasPrefix(s, "-"):
		return 0, fmt.Errorf("%.60q is less than nothing; write an amount in US dollars such as 12.50", s)
	case !digits(whole) || point && !digits(fraction):
		return 0, fmt.Errorf("%.60q is no amount; write US dollars as digits with a point, such as 12.50", s)
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > 6 {
		return 0, fmt.Errorf("%.60q is finer than a millionth of a dollar; write at most six digits behind the point", s)
	}
	dollars, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || dollars > maxDollars {
		return 0, fmt.Errorf("%.60q is more than %d dollars; write a smaller amount", s, maxDollars)
	}
	micro, _ := strconv.ParseInt((fraction + "000000")[:6], 10, 64) // six digits
	return dollars*1_000_000 + micro, nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
