package picture

import (
	"bytes"
	"slices"
)

// CopyColours gives a PNG or JPEG what another file of its format says of its colours, such as their profile. Other files
// come back as they are.
func CopyColours(from, to []byte) []byte {
	source, err := parse(from)
	if err != nil {
		return to
	}
	target, err := parse(to)
	if err != nil || target.format != source.format || target.format == webp {
		return to
	}
	at := 0
	if target.format == png {
		at = 1
	}
	colours := slices.DeleteFunc(source.parts, func(p part) bool { return !p.isColour() })
	target.parts = slices.Insert(target.parts, at, colours...)
	return target.bytes()
}

func (p part) isColour() bool {
	return p.kind == app2 && bytes.HasPrefix(p.body, []byte("ICC_PROFILE\x00")) ||
		slices.Contains([]string{"iCCP", "sRGB", "gAMA", "cHRM"}, p.kind)
}
