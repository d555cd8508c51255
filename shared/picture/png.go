package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
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

// writePNG puts the text right behind the header, so that it is found without a look at the pixels.
func (f file) writePNG(t Text) []byte {
	out := bytes.NewBufferString(pngSignature)
	for n, p := range f.parts {
		out.Write(p.all)
		if n > 0 {
			continue
		}
		if !f.tells(parametersKey) {
			out.Write(textChunk(parametersKey, t.Parameters))
		}
		if !f.tells(settingsKey) {
			out.Write(textChunk(settingsKey, string(t.Settings)))
		}
	}
	out.Write(f.rest)
	return out.Bytes()
}

// tells reports whether there is a text under a key.
func (f file) tells(key string) bool {
	return f.find("tEXt", key+"\x00") >= 0 || f.find("iTXt", key+"\x00") >= 0 || f.find("zTXt", key+"\x00") >= 0
}

// textChunk is a tEXt chunk where Latin-1 suffices and an uncompressed iTXt chunk otherwise.
func textChunk(key, text string) []byte {
	kind, body := "tEXt", append([]byte(key), 0)
	if latin, ok := latin1(text); ok {
		body = append(body, latin...)
	} else {
		kind, body = "iTXt", append(body, 0, 0, 0, 0) // not compressed, no language, no translated key
		body = append(body, withoutZero(text)...)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body))) // texts are bounded far below
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
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

// textOf reads the text of a chunk that textChunk wrote.
func textOf(kind string, body []byte, key string) (text []byte, ok bool) {
	name, text, found := bytes.Cut(body, []byte{0})
	switch {
	case !found || string(name) != key:
		return nil, false
	case kind == "tEXt":
		return utf8Of(text), true
	case kind == "iTXt":
		return bytes.CutPrefix(text, make([]byte, 4))
	}
	return nil, false
}

// utf8Of turns Latin-1 into UTF-8.
func utf8Of(latin []byte) []byte {
	runes := make([]rune, len(latin))
	for n, b := range latin {
		runes[n] = rune(b)
	}
	return []byte(string(runes))
}
