package picture

import (
	"encoding/binary"
	"errors"
	"io"
)

// maxText bounds the settings that are read from a file, in bytes. What [Write] is given is well below.
const maxText = 1 << 20

// ErrNoSettings says that a file holds no settings.
var ErrNoSettings = errors.New("no settings in the picture")

// ReadSettings reads the settings of Easel from the beginning of a file, as far as it has to: of a PNG or JPEG to the
// pixels, of a WebP past them, by seeking where the reader can. The error is [ErrNoSettings] for a file without them, of
// another format or broken, or what reading returned.
func ReadSettings(r io.Reader) ([]byte, error) {
	s := scanner{r}
	head, err := s.take(4)
	if err != nil {
		return nil, unlessRead(err)
	}
	var text []byte
	switch {
	case string(head) == pngSignature[:4]:
		text, err = s.png()
	case string(head[:3]) == "\xff\xd8\xff":
		text, err = s.jpeg(head[3])
	case string(head) == "RIFF":
		text, err = s.webp()
	}
	if err != nil || len(text) == 0 {
		return nil, unlessRead(err)
	}
	return text, nil
}

// unlessRead is ErrNoSettings for a file that ends early, or that was read.
func unlessRead(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrNoSettings
	}
	return err
}

// A scanner reads a file part by part and holds one small part at a time.
type scanner struct{ r io.Reader }

func (s scanner) take(n int64) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(s.r, b)
	return b, err
}

func (s scanner) skip(n int64) error {
	if seeker, ok := s.r.(io.Seeker); ok {
		_, err := seeker.Seek(n, io.SeekCurrent)
		return err
	}
	_, err := io.CopyN(io.Discard, s.r, n)
	return err
}

func (s scanner) png() ([]byte, error) {
	if err := s.skip(4); err != nil {
		return nil, err
	}
	for {
		head, err := s.take(8)
		if err != nil {
			return nil, err
		}
		size, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		switch {
		case kind == "IDAT" || kind == "IEND":
			return nil, nil
		case size > maxText || kind != "tEXt" && kind != "iTXt":
			err = s.skip(size + 4)
		default:
			var body []byte
			if body, err = s.take(size + 4); err != nil { // with the checksum
				return nil, err
			}
			if text, ok := textOf(kind, body[:size], settingsKey); ok {
				return text, nil
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// jpeg begins with the first marker.
func (s scanner) jpeg(marker byte) (text []byte, err error) {
	for {
		if marker, err = s.filled(marker); err != nil {
			return nil, err
		}
		switch {
		case marker == startOfScan || marker == endOfImage:
			return text, nil
		case !alone(marker):
			var piece []byte
			if piece, err = s.jpegPiece(marker); err != nil {
				return nil, err
			}
			text = append(text, piece...)
		}
		if len(text) > maxText {
			return nil, nil
		}
		next, err := s.take(2)
		if err != nil || next[0] != 0xff {
			return nil, err // what is no marker is no JPEG
		}
		marker = next[1]
	}
}

// filled reads on to a marker that fill bytes precede.
func (s scanner) filled(marker byte) (byte, error) {
	for marker == 0xff {
		next, err := s.take(1)
		if err != nil {
			return 0, err
		}
		marker = next[0]
	}
	return marker, nil
}

// jpegPiece reads the segment of a marker, and of ours returns what it holds.
func (s scanner) jpegPiece(marker byte) ([]byte, error) {
	length, err := s.take(2)
	if err != nil {
		return nil, err
	}
	size := int64(binary.BigEndian.Uint16(length)) - 2
	if size < 0 || marker != app10[0] {
		return nil, s.skip(max(size, 0))
	}
	body, err := s.take(size)
	if err != nil || !isEasel(part{kind: app10, body: body}) {
		return nil, err
	}
	return body[len(easelSegment):], nil
}

func (s scanner) webp() ([]byte, error) {
	if head, err := s.take(8); err != nil || string(head[4:]) != "WEBP" {
		return nil, err
	}
	for {
		head, err := s.take(8)
		if err != nil {
			return nil, err
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == easelChunk && size <= maxText {
			return s.take(size)
		}
		if err := s.skip(size + size&1); err != nil {
			return nil, err
		}
	}
}
