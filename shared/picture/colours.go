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
	head, at := "\xff\xd8", 0
	if target.format == png {
		head, at = pngSignature, 1
	}
	colours := slices.DeleteFunc(slices.Clone(source.parts), func(p part) bool { return !p.isColour() })
	out := bytes.NewBufferString(head)
	for _, p := range slices.Insert(target.parts, at, colours...) {
		out.Write(p.all)
	}
	out.Write(target.rest)
	return out.Bytes()
}

func (p part) isColour() bool {
	return p.kind == app2 && bytes.HasPrefix(p.body, []byte("ICC_PROFILE\x00")) ||
		slices.Contains([]string{"iCCP", "sRGB", "gAMA", "cHRM"}, p.kind)
}
