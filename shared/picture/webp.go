package picture

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Flags of a VP8X chunk.
const (
	flagAnimation = 0x02
	flagEXIF      = 0x08
	flagAlpha     = 0x10
)

const (
	riffHeader = 12
	easelChunk = "EASL"
)

func parseWebP(data []byte) (file, error) {
	f := file{format: webp}
	size := uint64(binary.LittleEndian.Uint32(data[4:])) + 8
	if size > uint64(len(data)) {
		return f, ErrTruncated
	}
	if size < riffHeader {
		return f, ErrDamaged
	}
	left := data[riffHeader:size]
	f.rest = data[size:]
	for len(left) > 0 {
		p, ok := webpChunk(left)
		if !ok {
			return f, ErrTruncated
		}
		f.parts, left = append(f.parts, p), left[len(p.all):]
	}
	return f, f.checkWebP()
}

// webpChunk takes the first chunk: kind, length, body, and a zero byte where the length is odd.
func webpChunk(data []byte) (part, bool) {
	if len(data) < 8 {
		return part{}, false
	}
	size := uint64(binary.LittleEndian.Uint32(data[4:]))
	end := 8 + size + size&1
	if end > uint64(len(data)) {
		return part{}, false
	}
	return part{kind: string(data[:4]), all: data[:end], body: data[8 : 8+size]}, true
}

func (f file) checkWebP() error {
	extended := len(f.parts) > 0 && f.parts[0].kind == "VP8X"
	switch {
	case extended && len(f.parts[0].body) < 10:
		return ErrDamaged
	case extended && f.parts[0].body[0]&flagAnimation != 0, f.has("ANIM"), f.has("ANMF"):
		return ErrAnimated
	case !f.has("VP8 ") && !f.has("VP8L"):
		return ErrDamaged
	}
	if !extended {
		if _, ok := header(f.parts[0]); !ok {
			return ErrDamaged
		}
	}
	return nil
}

// header makes the VP8X chunk of a simple file, of what the frame says of itself.
func header(frame part) (part, bool) {
	var flags byte
	var width, height uint32
	switch b := frame.body; {
	case frame.kind == "VP8 " && len(b) >= 10 && b[0]&1 == 0 && string(b[3:6]) == "\x9d\x01\x2a":
		width, height = uint32(binary.LittleEndian.Uint16(b[6:])&0x3fff), uint32(binary.LittleEndian.Uint16(b[8:])&0x3fff)
	case frame.kind == "VP8L" && len(b) >= 5 && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		width, height = bits&0x3fff+1, bits>>14&0x3fff+1
		if bits>>28&1 == 1 {
			flags = flagAlpha
		}
	}
	if width == 0 || height == 0 {
		return part{}, false
	}
	body := []byte{flags, 0, 0, 0}
	for _, side := range []uint32{width - 1, height - 1} {
		body = append(body, byte(side), byte(side>>8), byte(side>>16))
	}
	return chunk("VP8X", body), true
}

// addWebP puts EXIF behind the picture and the settings at the end, which is the order of the format.
func (f *file) addWebP(t Text) {
	if f.parts[0].kind != "VP8X" {
		first, _ := header(f.parts[0]) // it was checked
		f.parts = slices.Insert(f.parts, 0, first)
	}
	f.addEXIF(t.Parameters)
	if !f.has(easelChunk) {
		f.parts = append(f.parts, chunk(easelChunk, t.Settings))
	}
}

// addEXIF puts the comment into the EXIF that is there, or makes such a chunk before XMP's.
func (f *file) addEXIF(text string) {
	if n := f.exif(); n >= 0 {
		if body, ok := addComment(bytes.TrimPrefix(f.parts[n].body, []byte(exifPrefix)), text); ok {
			f.parts[n] = chunk("EXIF", body)
		}
		return
	}
	flagged := slices.Clone(f.parts[0].body)
	flagged[0] |= flagEXIF
	f.parts[0] = chunk("VP8X", flagged)
	at := f.find("XMP ", "")
	if at < 0 {
		at = len(f.parts)
	}
	f.parts = slices.Insert(f.parts, at, chunk("EXIF", newExif(text)))
}

func chunk(kind string, body []byte) part {
	all := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))) // texts are bounded far below
	all = append(all, body...)
	if len(body)%2 == 1 {
		all = append(all, 0)
	}
	return part{kind: kind, all: all, body: body}
}
