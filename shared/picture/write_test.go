package picture_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"easel/shared/picture"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	long := picture.Text{Parameters: strings.Repeat("a fox 狐 ", 2500), Settings: bytes.Repeat([]byte("settings "), 30_000)}
	for _, format := range formats {
		for name, text := range map[string]picture.Text{"short": fox, "long": long} {
			data := picture.Write(encoded(t, format), text)
			if got, err := picture.ReadSettings(bytes.NewReader(data)); err != nil || !bytes.Equal(got, text.Settings) {
				t.Errorf("%s, %s: %d bytes of settings, %v", name, format, len(got), err)
			}
			if err := picture.Check(data); err != nil {
				t.Errorf("%s, %s: it %v", name, format, err)
			}
			if again := picture.Write(data, text); !bytes.Equal(again, data) {
				t.Errorf("%s, %s: written twice", name, format)
			}
		}
	}
}

func TestCompressedPixelsStay(t *testing.T) {
	for _, format := range formats {
		before := encoded(t, format)
		after := picture.Write(before, fox)
		if bytes.Equal(before, after) {
			t.Errorf("%s: nothing was written", format)
		}
		if !bytes.Contains(after, frame(t, format, before)) {
			t.Errorf("%s: the compressed pixels changed", format)
		}
		if a, b := decoded(t, format, before), decoded(t, format, after); !equal(a, b) {
			t.Errorf("%s: the picture changed", format)
		}
	}
}

// frame is the part of a file that holds its pixels.
func frame(t *testing.T, format string, data []byte) []byte {
	t.Helper()
	begin := map[string]string{"png": "IDAT", "jpeg": "\xff\xda"}[format]
	if begin == "" {
		begin = "VP8"
	}
	n := bytes.Index(data, []byte(begin))
	if n < 0 {
		t.Fatalf("%s has no pixels", format)
	}
	return data[n:]
}

func decoded(t *testing.T, format string, data []byte) image.Image {
	t.Helper()
	decode := map[string]func(io.Reader) (image.Image, error){"png": png.Decode, "jpeg": jpeg.Decode}[format]
	if decode == nil {
		decode = webp.Decode
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return img
}

func equal(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, bl, al := a.At(x, y).RGBA()
			r2, g2, bl2, al2 := b.At(x, y).RGBA()
			if r != r2 || g != g2 || bl != bl2 || al != al2 {
				return false
			}
		}
	}
	return true
}

// Signed files, and those that are not whole, come back as they are.
func TestFilesThatAreLeftAlone(t *testing.T) {
	p, j, w := encoded(t, "png"), encoded(t, "jpeg"), encoded(t, "webp")
	provenance := `<rdf:Description dcterms:provenance="https://example.com/m.c2pa"/>`
	for name, data := range map[string][]byte{
		"a signed PNG":              withChunk(p, "caBX", "manifest"),
		"a signed JPEG":             withSegment(j, 0xeb, "JP\x00\x01\x00\x00\x00\x01\x00\x00\x00\x18jumb"),
		"a signed WebP":             extended(0, "", chunk("C2PA", "manifest")),
		"a PNG signed elsewhere":    withChunk(p, "iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+provenance),
		"a JPEG signed elsewhere":   withSegment(j, 0xe1, "http://ns.adobe.com/xap/1.0/\x00"+provenance),
		"a WebP signed elsewhere":   extended(4, "", chunk("XMP ", provenance)),
		"an animated PNG":           withChunk(p, "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"),
		"an animated WebP":          extended(2, chunk("ANIM", "\x00\x00\x00\x00\x00\x00"), ""),
		"a PNG without its end":     p[:len(p)-12],
		"a JPEG without its end":    j[:len(j)-2],
		"a WebP without its end":    w[:len(w)-2],
		"a PNG with a wrong sum":    append(bytes.Clone(p[:len(p)-1]), 0),
		"a JPEG with a wrong size":  append([]byte("\xff\xd8\xff\xe0\x00\x01"), j[6:]...),
		"a WebP of no known format": riff(chunk("VP9 ", "x")),
		"a WebP of nothing":         riff(),
		"a WebP with half a header": riff(chunk("VP8X", "\x00")),
		"a GIF":                     encoded(t, "gif"),
		"nothing":                   nil,
	} {
		if got := picture.Write(data, fox); !bytes.Equal(got, data) {
			t.Errorf("%s was changed", name)
		}
	}
}

// Cut anywhere, a file is neither changed nor taken for a whole one.
func TestCutFilesAreLeftAlone(t *testing.T) {
	for _, format := range formats {
		whole := picture.Write(encoded(t, format), fox)
		for n := range whole {
			if picture.Check(whole[:n]) == nil {
				t.Errorf("%s: cut at %d of %d it counts as whole", format, n, len(whole))
			}
			if got := picture.Write(whole[:n], picture.Text{Parameters: "x"}); !bytes.Equal(got, whole[:n]) {
				t.Errorf("%s: cut at %d it was changed", format, n)
			}
		}
	}
}

// What a file says already is kept: the orientation, a comment, a thumbnail's place, a colour profile.
func TestWhatAFileSaysIsKept(t *testing.T) {
	for order, o := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		plain := tiff(o, 6)
		comment := string(o.AppendUint16(nil, 1)) + entry(o, 0x9286, 7, 4) + "mine" + "\x00\x00\x00\x00"
		commented := tiff(o, 6, entry(o, 0x8769, 4, 1)+string(o.AppendUint32(nil, 8+2+24+4))) + comment
		for name, exif := range map[string]string{"plain": plain, "commented": commented} {
			for format, before := range map[string][]byte{
				"jpeg": withSegment(withSegment(encoded(t, "jpeg"), 0xe2, "ICC_PROFILE\x00profile"), 0xe1, "Exif\x00\x00"+exif),
				"webp": extended(0x28, chunk("ICCP", "profile"), chunk("EXIF", exif)),
			} {
				after := picture.Write(before, picture.Text{Parameters: "words", Settings: []byte("s")})
				if got := picture.Orientation(after); got != 6 {
					t.Errorf("%s, %s-endian, %s: orientation %d", format, order, name, got)
				}
				wide := []byte("w\x00o\x00r\x00d\x00s")
				if added := bytes.Contains(after, wide); added != (name == "plain") {
					t.Errorf("%s, %s-endian, %s: a comment was added: %t", format, order, name, added)
				}
				if !bytes.Contains(after, []byte("profile")) || name == "commented" && !bytes.Contains(after, []byte(exif)) {
					t.Errorf("%s, %s-endian, %s: what it said is gone: %q", format, order, name, after)
				}
			}
		}
	}
}

func TestATextUnderTheSameKeyIsKept(t *testing.T) {
	before := withChunk(encoded(t, "png"), "tEXt", "parameters\x00mine")
	after := picture.Write(before, fox)
	if bytes.Count(after, []byte("parameters\x00")) != 1 || !bytes.Contains(after, []byte("easel\x00")) {
		t.Errorf("got %q", after)
	}
}

// A JPEG's EXIF has no room for more than 64 kB; the settings have.
func TestAJPEGKeepsSettingsWhereTheTextHasNoRoom(t *testing.T) {
	data := picture.Write(encoded(t, "jpeg"), picture.Text{Parameters: strings.Repeat("🦊", 20_000), Settings: []byte("s")})
	if s, err := picture.ReadSettings(bytes.NewReader(data)); err != nil || string(s) != "s" || bytes.Contains(data, []byte("Exif")) {
		t.Errorf("got %q, %v", s, err)
	}
}
