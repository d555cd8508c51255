package picture

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

const byteOrderMark = 0xfeff

// comment is the value of a UserComment: the name of its encoding and the text.
func comment(text string) []byte {
	units := utf16.Encode([]rune(withoutZero(text)))
	out := []byte("UNICODE\x00")
	if brokenTurned(units) {
		out = binary.BigEndian.AppendUint16(out, byteOrderMark)
	}
	for _, unit := range units {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return out
}

// brokenTurned reports whether the units are no valid UTF-16 when their bytes change places: a surrogate stands alone.
func brokenTurned(units []uint16) bool {
	open := false
	for _, unit := range units {
		high, low := unit&0xfc == 0xd8, unit&0xfc == 0xdc
		if low != open {
			return true
		}
		open = high
	}
	return open
}

// withoutZero replaces what ends a text in many readers and is forbidden in some formats.
func withoutZero(text string) string { return strings.ReplaceAll(text, "\x00", " ") }
