package picture

import "strings"

// Foreign names the format of a file that is none of the three, as far as its first bytes tell, with its
// article, or returns nothing.
func Foreign(data []byte) string {
	head := string(data[:min(len(data), 12)])
	for _, known := range []struct{ begin, name string }{
		{"GIF8", "a GIF"}, {"BM", "a BMP"}, {"II\x2a\x00", "a TIFF"}, {"MM\x00\x2a", "a TIFF"}, {"%PDF", "a PDF"}, {"<svg", "an SVG"},
	} {
		if strings.HasPrefix(head, known.begin) {
			return known.name
		}
	}
	if len(head) == 12 && head[4:8] == "ftyp" {
		switch head[8:] {
		case "avif", "avis":
			return "an AVIF"
		case "heic", "heix", "hevc", "mif1", "msf1":
			return "a HEIC"
		}
	}
	return ""
}
