package picture

import (
	"errors"
	"strings"
)

// What is wrong with a file.
var (
	ErrUnknown   = errors.New("is not a PNG, JPEG or WebP image")
	ErrTruncated = errors.New("breaks off before its end")
	ErrDamaged   = errors.New("is damaged")
	ErrAnimated  = errors.New("is an animation of several frames")
)

// The formats.
const (
	png  = "png"
	jpeg = "jpeg"
	webp = "webp"
)

// A file is an image taken apart. All slices lie in its bytes.
type file struct {
	format string
	parts  []part
	rest   []byte // behind the parts: of a JPEG everything from the first scan on, of others what follows their end
}

// A part is a chunk of a PNG or WebP, or a segment of a JPEG.
type part struct {
	kind string // of a segment its marker
	all  []byte
	body []byte
}

// Check reports whether a file is a whole image of one frame, by the lengths and checksums in it. The error is one of
// those above; nothing is decoded.
func Check(data []byte) error {
	_, err := parse(data)
	return err
}

func parse(data []byte) (file, error) {
	switch s := string(data[:min(len(data), 12)]); {
	case strings.HasPrefix(s, pngSignature):
		return parsePNG(data)
	case strings.HasPrefix(s, "\xff\xd8\xff"):
		return parseJPEG(data)
	case strings.HasPrefix(s, "RIFF") && strings.HasSuffix(s, "WEBP"):
		return parseWebP(data)
	}
	return file{}, ErrUnknown
}

// find returns the place of the first part of a kind whose body begins with a prefix, or -1.
func (f file) find(kind, prefix string) int {
	for n, p := range f.parts {
		if p.kind == kind && len(p.body) >= len(prefix) && string(p.body[:len(prefix)]) == prefix {
			return n
		}
	}
	return -1
}

func (f file) has(kind string) bool { return f.find(kind, "") >= 0 }
