package picture

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

const (
	pngSignature  = "\x89PNG\r\n\x1a\n"
	parametersKey = "parameters"
	settingsKey   = "easel"
)

func parsePNG(data []byte) (file, error) {
	f := file{format: png, rest: data[len(pngSignature):]}
	for {
		p, ok := pngChunk(f.rest)
		switch {
		case !ok:
			return f, ErrTruncated
		case (p.kind == "IHDR") != (len(f.parts) == 0), crc32.ChecksumIEEE(p.all[4:len(p.all)-4]) != binary.BigEndian.Uint32(p.all[len(p.all)-4:]):
			return f, ErrDamaged
		case p.kind == "acTL":
			return f, ErrAnimated
		}
		f.parts, f.rest = append(f.parts, p), f.rest[len(p.all):]
		if p.kind == "IEND" {
			break
		}
	}
	if !f.has("IDAT") {
		return f, ErrDamaged
	}
	return f, nil
}

// pngChunk takes the first chunk: length, kind, body, checksum.
func pngChunk(data []byte) (part, bool) {
	if len(data) < 12 {
		return part{}, false
	}
	size := uint64(binary.BigEndian.Uint32(data)) + 12
	if size > uint64(len(data)) {
		return part{}, false
	}
	return part{kind: string(data[4:8]), all: data[:size], body: data[8 : size-4]}, true
}

// addPNG puts the text right behind the header, so that it is found without a look at the pixels.
func (f *file) addPNG(t Text) {
	for _, text := range [][2]string{{settingsKey, string(t.Settings)}, {parametersKey, t.Parameters}} {
		if !f.tells(text[0]) {
			f.parts = slices.Insert(f.parts, 1, textChunk(text[0], text[1]))
		}
	}
}

// tells reports whether there is a text under a key.
func (f file) tells(key string) bool {
	return f.find("tEXt", key+"\x00") >= 0 || f.find("iTXt", key+"\x00") >= 0 || f.find("zTXt", key+"\x00") >= 0
}

// textChunk is a tEXt chunk where Latin-1 suffices and an uncompressed iTXt chunk otherwise.
func textChunk(key, text string) part {
	kind, body := "tEXt", append([]byte(key), 0)
	if latin, ok := latin1(text); ok {
		body = append(body, latin...)
	} else {
		kind, body = "iTXt", append(body, 0, 0, 0, 0) // not compressed, no language, no translated key
		body = append(body, withoutZero(text)...)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body))) // texts are bounded far below
	out = append(append(out, kind...), body...)
	return part{kind: kind, all: binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:])), body: body}
}

func latin1(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r == 0 || r > 0xff {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

// utf8Of turns Latin-1 into UTF-8.
func utf8Of(latin []byte) []byte {
	runes := make([]rune, len(latin))
	for n, b := range latin {
		runes[n] = rune(b)
	}
	return []byte(string(runes))
}
