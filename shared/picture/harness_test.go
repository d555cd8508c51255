package picture_test

import (
	"bytes"
	_ "embed" // a file of testdata
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"

	"easel/shared/picture"
)

// drawn is a small picture with more than one colour, and with clear parts where wanted.
func drawn(w, h int, alpha uint8) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for n := range w * h {
		img.Set(n%w, n/w, color.NRGBA{R: uint8(n * 37), G: uint8(n * 11), B: 200, A: alpha})
	}
	return img
}

// encoded is a picture of a format without any text.
func encoded(t testing.TB, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, drawn(7, 5, 255))
	case "jpeg":
		err = jpeg.Encode(&b, drawn(7, 5, 255), nil)
	case "webp":
		err = nativewebp.Encode(&b, drawn(7, 5, 255), nil)
	case "webp with alpha":
		err = nativewebp.Encode(&b, drawn(7, 5, 90), nil)
	case "gif":
		err = gif.Encode(&b, drawn(7, 5, 255), nil)
	case "webp, lossy":
		return lossyFile
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var formats = []string{"png", "jpeg", "webp", "webp with alpha", "webp, lossy"}

// lossyFile is a simple WebP of 7 × 5 pixels that libwebp made: Go has no encoder of that kind.
//
//go:embed testdata/lossy.webp
var lossyFile []byte

// lossyFrame is what the one chunk of that file holds.
func lossyFrame() string {
	return string(lossyFile[20:][:binary.LittleEndian.Uint32(lossyFile[16:])])
}

func chunk(kind, body string) string {
	return string(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))) + body + strings.Repeat("\x00", len(body)%2)
}

func riff(chunks ...string) []byte {
	all := "WEBP" + strings.Join(chunks, "")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(all))), all...)
}

// extended is a lossy WebP with the flags of VP8X, and chunks before and behind the frame.
func extended(flags byte, before, behind string) []byte {
	return riff(chunk("VP8X", string(flags)+"\x00\x00\x00\x06\x00\x00\x04\x00\x00"), before, chunk("VP8 ", lossyFrame()), behind)
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(data []byte, kind, body string) []byte {
	made := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	made = append(made, kind+body...)
	made = binary.BigEndian.AppendUint32(made, crc32.ChecksumIEEE(made[4:]))
	const header = 33 // signature and IHDR
	return bytes.Join([][]byte{data[:header], made, data[header:]}, nil)
}

// withSegment puts a segment behind the beginning of a JPEG.
func withSegment(data []byte, marker byte, body string) []byte {
	made := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return bytes.Join([][]byte{data[:2], append(made, body...), data[2:]}, nil)
}

// tiff is EXIF with an orientation, in either order, and with more entries: each 12 bytes.
func tiff(order binary.AppendByteOrder, orientation uint16, more ...string) string {
	mark := "MM"
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		mark = "II"
	}
	out := order.AppendUint16([]byte(mark), 42)
	out = order.AppendUint32(out, 8)
	out = order.AppendUint16(out, uint16(1+len(more)))
	out = append(out, entry(order, 0x0112, 3, 1)...)
	out = order.AppendUint16(out, orientation)
	out = append(out, 0, 0)
	return string(append(out, strings.Join(more, "")+"\x00\x00\x00\x00"...))
}

// entry begins an entry: tag, type and count.
func entry(order binary.AppendByteOrder, tag, kind uint16, count uint32) string {
	return string(order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, tag), kind), count))
}

// fox is a text with everything that is difficult: other scripts, a surrogate pair, a quote, lines.
var fox = picture.Text{Parameters: "a \"fox\" in Größe 狐 🦊\nNegative prompt: ß\nSteps: 0", Settings: []byte(`{"job":"狐"}`)}
