package picture

import "bytes"

// Orientation says how a viewer is to turn the picture of a file, from 1 to 8 as EXIF counts. It is 1, upright, where the
// file says nothing or does not parse.
func Orientation(data []byte) int {
	f, _ := parse(data) // what precedes the damage tells as well
	at := f.exif()
	if at < 0 {
		return 1
	}
	x, first, ok := readExif(bytes.TrimPrefix(f.parts[at].body, []byte(exifPrefix)))
	if n, found := x.number(first, tagOrientation); ok && found && n >= 1 && n <= 8 {
		return int(n)
	}
	return 1
}

// exif returns the place of the EXIF of any format, or -1.
func (f file) exif() int {
	return max(f.find("eXIf", ""), f.find(app1, exifPrefix), f.find("EXIF", ""))
}
