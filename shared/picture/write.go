package picture

import (
	"bytes"
	"encoding/binary"
)

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
		f.addPNG(t)
	case jpeg:
		f.addJPEG(t)
	default:
		f.addWebP(t)
	}
	return f.bytes()
}

// bytes puts the file together again.
func (f file) bytes() []byte {
	head := map[string]string{png: pngSignature, jpeg: "\xff\xd8", webp: "RIFF\x00\x00\x00\x00WEBP"}[f.format]
	out := bytes.NewBufferString(head)
	for _, p := range f.parts {
		out.Write(p.all)
	}
	if f.format == webp {
		binary.LittleEndian.PutUint32(out.Bytes()[4:], uint32(out.Len()-8)) // the file was shorter than 4 GiB
	}
	out.Write(f.rest)
	return out.Bytes()
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
