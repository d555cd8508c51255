package picture

import "bytes"

// Text is what a file says of how its picture was made.
type Text struct {
	Parameters string // for image tools
	Settings   []byte // for Easel
}

// Write returns the file with a text in it. The package comment says which files come back as they are.
func Write(data []byte, t Text) []byte {
	f, err := parse(data)
	if err != nil || f.signed() {
		return data
	}
	switch f.format {
	case png:
		return f.writePNG(t)
	case jpeg:
		return f.writeJPEG(t)
	default:
		return f.writeWebP(t)
	}
}

// signed reports whether the file carries a C2PA manifest, or XMP that names one elsewhere.
func (f file) signed() bool {
	for _, p := range f.parts {
		switch p.kind {
		case "caBX", "C2PA":
			return true
		case app11:
			if bytes.HasPrefix(p.body, []byte("JP")) {
				return true
			}
		case app1, "XMP ", "iTXt":
			if bytes.Contains(p.body, []byte("dcterms:provenance")) {
				return true
			}
		}
	}
	return false
}
