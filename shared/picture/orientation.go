package picture

import "bytes"

// Orientation says how a viewer is to turn the picture of a file, from 1 to 8 as EXIF counts. It is 1, upright, where the
// file says nothing or does not parse.
func Orientation(data []byte) int {
	f, _ := parse(data) // what precedes the damage tells as well
	x, first, ok := readExif(f.exif())
	if !ok {
		return 1
	}
	if n, found := x.number(first, tagOrientation); found && n >= 1 && n <= 8 {
		return int(n)
	}
	return 1
}

// exif returns the EXIF of any format, or nil.
func (f file) exif() []byte {
	kind, prefix := map[string]string{png: "eXIf", jpeg: app1, webp: "EXIF"}[f.format], ""
	if f.format == jpeg {
		prefix = exifPrefix
	}
	n := f.find(kind, prefix)
	if n < 0 {
		return nil
	}
	return bytes.TrimPrefix(f.parts[n].body, []byte(exifPrefix))
}
