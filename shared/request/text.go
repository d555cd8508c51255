package request

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode"
)

// blankBraille is drawn as nothing, though Unicode counts it among the symbols.
const blankBraille = '\u2800'

// Visible reports whether a text has anything to see: it is more than blanks, controls, joiners, selectors and marks of
// the byte order. A character that is newer than the tables of this program counts as visible.
func Visible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return r != blankBraille && !unicode.IsSpace(r) &&
			!unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	})
}

// control returns where in a text the first control character stands that is neither a tab nor the end of a line. The
// text of a PNG cannot hold a zero, XML none of them, and a model sees noise: they come from broken files alone.
func control(text string) (found Found, there bool) {
	at := 0
	for _, r := range text {
		at++
		if unicode.Is(unicode.Cc, r) && !strings.ContainsRune("\t\n\r\u0085", r) {
			return Found(fmt.Sprintf("U+%04X (character %d)", r, at)), true
		}
	}
	return "", false
}

// decimal is a number as JSON has it, with a fraction or an exponent.
var decimal = regexp.MustCompile(`^-?\d+(\.\d+)?([eE]\+?\d{1,2})?$`)

// maxNumber is how many characters a number may have that is looked at: to read one takes longer than its length.
const maxNumber = 400

// PlainNumber writes a whole number without fraction and exponent: 42.0 and 4.2e1 are 42. Programs write such for a
// number that they keep as a float. Any other text comes back as it is.
func PlainNumber(text string) string {
	if len(text) > maxNumber || !decimal.MatchString(text) {
		return text
	}
	if number, ok := new(big.Rat).SetString(text); ok && number.IsInt() {
		return number.Num().String()
	}
	return text
}

// Canonical is JSON in one form: members in the order of their names, 1.50 and 1.5 alike, and nothing for an empty object.
func Canonical(raw json.RawMessage) json.RawMessage {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	if members, is := v.(map[string]any); v == nil || is && len(members) == 0 {
		return nil
	}
	out, _ := json.Marshal(v) // it was JSON before
	return out
}
