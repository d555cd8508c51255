package picture

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Segments of a JPEG, by their markers.
const (
	app0  = "\xe0" // JFIF
	app1  = "\xe1" // EXIF or XMP
	app2  = "\xe2" // a colour profile
	app10 = "\xea" // ours
	app11 = "\xeb" // JUMBF, in which C2PA lies

	startOfImage = 0xd8
	endOfImage   = 0xd9
	startOfScan  = 0xda

	maxSegment = 0xffff - 2 // bytes of a body
	exifPrefix = "Exif\x00\x00"
	easelText  = settingsKey + "\x00"
)

func parseJPEG(data []byte) (file, error) {
	f := file{format: jpeg, rest: data[2:]}
	for {
		marker, p, err := jpegSegment(f.rest)
		switch {
		case err != nil:
			return f, err
		case marker == startOfScan:
			return f, checkScans(f.rest)
		case marker == endOfImage, marker == startOfImage:
			return f, ErrDamaged
		}
		f.parts, f.rest = append(f.parts, p), f.rest[len(p.all):]
	}
}

// jpegSegment takes the first segment: a marker, which fill bytes may precede, and for most a length and a body.
func jpegSegment(data []byte) (marker byte, p part, err error) {
	n := 0
	for n < len(data) && data[n] == 0xff {
		n++
	}
	switch {
	case n == len(data):
		return 0, p, ErrTruncated
	case n == 0 || data[n] == 0:
		return 0, p, ErrDamaged
	}
	marker, n = data[n], n+1
	p = part{kind: string([]byte{marker}), all: data[:n]}
	if alone(marker) {
		return marker, p, nil
	}
	if len(data) < n+2 {
		return marker, p, ErrTruncated
	}
	end := n + int(binary.BigEndian.Uint16(data[n:]))
	switch {
	case end < n+2:
		return marker, p, ErrDamaged
	case end > len(data):
		return marker, p, ErrTruncated
	}
	p.all, p.body = data[:end], data[n+2:end]
	return marker, p, nil
}

// alone reports whether a marker has no length: restarts, the two ends, and TEM.
func alone(marker byte) bool { return marker == 0x01 || marker >= 0xd0 && marker <= endOfImage }

// checkScans looks for the end of the image behind the compressed data, in which FF is followed by 00 or a restart.
func checkScans(data []byte) error {
	for {
		n := bytes.IndexByte(data, 0xff)
		if n < 0 || n+1 == len(data) {
			return ErrTruncated
		}
		switch next := data[n+1]; {
		case next == endOfImage:
			return nil
		case next == 0xff:
			data = data[n+1:]
		case next == 0 || alone(next):
			data = data[n+2:]
		default:
			_, p, err := jpegSegment(data[n:])
			if err != nil {
				return err
			}
			data = data[n+len(p.all):]
		}
	}
}

// addJPEG keeps EXIF where readers expect it: first, or behind JFIF's header.
func (f *file) addJPEG(t Text) {
	at := 0
	if len(f.parts) > 0 && f.parts[0].kind == app0 {
		at = 1
	}
	if f.find(app10, easelText) < 0 {
		f.parts = slices.Insert(f.parts, at, easelSegments(t.Settings)...)
	}
	if n := f.exif(); n >= 0 {
		if body, ok := addComment(f.parts[n].body[len(exifPrefix):], t.Parameters); ok && len(body)+len(exifPrefix) <= maxSegment {
			f.parts[n] = segment(app1, exifPrefix, body)
		}
	} else if body := newExif(t.Parameters); len(body)+len(exifPrefix) <= maxSegment {
		f.parts = slices.Insert(f.parts, at, segment(app1, exifPrefix, body))
	}
}

// easelSegments divides the settings: a segment has room for 64 kB.
func easelSegments(settings []byte) (parts []part) {
	for piece := range slices.Chunk(settings, maxSegment-len(easelText)) {
		parts = append(parts, segment(app10, easelText, piece))
	}
	return parts
}

func segment(kind, prefix string, body []byte) part {
	body = append([]byte(prefix), body...)
	all := append([]byte{0xff}, kind...)
	all = binary.BigEndian.AppendUint16(all, uint16(len(body)+2)) // the callers bound it
	return part{kind: kind, all: append(all, body...), body: body}
}
