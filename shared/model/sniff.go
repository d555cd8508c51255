package model

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	_ "image/jpeg" // the header reader of image.DecodeConfig
	_ "image/png"  // likewise
)

// ErrNotImage says that the bytes begin like none of PNG, JPEG and WebP, or break off in the header.
var ErrNotImage = errors.New("not a PNG, JPEG or WebP image")

// Header is what an image file says of itself before any pixel is decoded.
type Header struct {
	Format        string // png, jpeg or webp: the words of output_format
	Width, Height int    // pixels
}

// ContentType is the media type of the format.
func (h Header) ContentType() string { return "image/" + h.Format }

// Sniff reads the header of an image and nothing more, so that a small file that would unfold to
// gigabytes is recognised for free. It returns [ErrNotImage] for anything else.
func Sniff(data []byte) (Header, error) {
	if h, ok := sniffWebP(data); ok {
		return h, nil
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || (format != "png" && format != "jpeg") || config.Width < 1 || config.Height < 1 {
		return Header{}, ErrNotImage
	}
	return Header{Format: format, Width: config.Width, Height: config.Height}, nil
}

// sniffWebP reads the three kinds of WebP container: lossy, lossless and extended.
func sniffWebP(b []byte) (Header, bool) {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return Header{}, false
	}
	h := Header{Format: "webp"}
	switch string(b[12:16]) {
	case "VP8 ":
		h.Width = int(binary.LittleEndian.Uint16(b[26:]) & 0x3fff)
		h.Height = int(binary.LittleEndian.Uint16(b[28:]) & 0x3fff)
	case "VP8L":
		bits := binary.LittleEndian.Uint32(b[21:])
		h.Width, h.Height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	case "VP8X":
		h.Width, h.Height = uint24(b[24:])+1, uint24(b[27:])+1
	}
	return h, h.Width > 0 && h.Height > 0
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
