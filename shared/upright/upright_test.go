package upright_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"

	"easel/shared/picture"
	"easel/shared/upright"
)

// tile is the side of a field of one colour, as large as JPEG wants it to stay apart from the next.
const tile = 16

// drawn paints a field for each letter of the rows, the later in the alphabet the lighter.
func drawn(rows string, alpha uint8) image.Image {
	lines := strings.Split(rows, "/")
	img := image.NewNRGBA(image.Rect(0, 0, len(lines[0])*tile, len(lines)*tile))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			grey := (lines[y/tile][x/tile] - 'a') * 40
			img.Set(x, y, color.NRGBA{R: grey, G: grey, B: grey, A: alpha})
		}
	}
	return img
}

// letters reads back what was drawn.
func letters(img image.Image) string {
	var rows []string
	for y := tile / 2; y < img.Bounds().Dy(); y += tile {
		row := ""
		for x := tile / 2; x < img.Bounds().Dx(); x += tile {
			grey := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA).R
			row += string(rune('a' + (int(grey)+20)/40))
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "/")
}

// exif says how a picture lies.
func exif(how uint16) string {
	head := "MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"
	return string(binary.BigEndian.AppendUint16([]byte(head), how)) + "\x00\x00\x00\x00\x00\x00"
}

// lying encodes a picture and has the file say how it lies.
func lying(t *testing.T, format string, img image.Image, how uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 60})
	case "webp":
		err = nativewebp.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tell(format, b.Bytes(), how)
}

func tell(format string, data []byte, how uint16) []byte {
	switch format {
	case "png":
		return insert(data, 33, pngChunk("eXIf", exif(how)))
	case "jpeg":
		return insert(data, 2, segment(0xe1, "Exif\x00\x00"+exif(how)))
	}
	size := binary.LittleEndian.Uint32(data[16:]) // of the one frame
	frame := string(data[12 : 20+size+size&1])
	bits := binary.LittleEndian.Uint32(data[21:])
	head := []byte{8 | byte(bits>>28&1)<<4, 0, 0, 0, byte(bits & 0x3fff), byte(bits & 0x3fff >> 8), 0, byte(bits >> 14 & 0x3fff), byte(bits >> 14 & 0x3fff >> 8), 0}
	all := "WEBP" + riffChunk("VP8X", string(head)) + frame + riffChunk("EXIF", exif(how))
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(all))), all...)
}

func riffChunk(kind, body string) string {
	return string(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))) + body + strings.Repeat("\x00", len(body)%2)
}

func pngChunk(kind, body string) string {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind+body...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:])))
}

func segment(marker byte, body string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))) + body
}

func insert(data []byte, at int, more string) []byte {
	return bytes.Join([][]byte{data[:at], []byte(more), data[at:]}, nil)
}

// The table is EXIF's: what is drawn as ab/cd/ef has to be seen like this.
func TestAnImageIsTurnedAsItsFileSays(t *testing.T) {
	for how, want := range []string{
		2: "ba/dc/fe", 3: "fe/dc/ba", 4: "ef/cd/ab", 5: "ace/bdf", 6: "eca/fdb", 7: "fdb/eca", 8: "bdf/ace",
	} {
		if how < 2 {
			continue
		}
		for _, c := range []struct {
			name, format, becomes string
			alpha                 uint8
		}{
			{"PNG", "png", "png", 255},
			{"clear PNG", "png", "png", 100},
			{"JPEG", "jpeg", "jpeg", 255},
			{"WebP", "webp", "jpeg", 255},
			{"clear WebP", "webp", "png", 100},
		} {
			data := lying(t, c.format, drawn("ab/cd/ef", c.alpha), uint16(how))
			before := bytes.Clone(data)
			out, turned, err := upright.Turn(data)
			if err != nil || !turned || !bytes.Equal(data, before) {
				t.Errorf("%s, %d: turned %t, %v", c.name, how, turned, err)
				continue
			}
			img, format, err := image.Decode(bytes.NewReader(out))
			if err != nil || format != c.becomes || letters(img) != want {
				t.Errorf("%s, %d: a %s, %v, that shows %s; want %s", c.name, how, format, err, letters(img), want)
			}
			if picture.Orientation(out) != 1 {
				t.Errorf("%s, %d: it says that it is to be turned again", c.name, how)
			}
		}
	}
}

func TestWhatIsNotTurned(t *testing.T) {
	img := drawn("ab/cd", 255)
	sideways := lying(t, "jpeg", img, 6)
	var huge bytes.Buffer
	_ = png.Encode(&huge, image.NewGray(image.Rect(0, 0, 5000, 5000)))
	for name, data := range map[string][]byte{
		"an upright JPEG": lying(t, "jpeg", img, 1),
		"an unknown way":  lying(t, "jpeg", img, 9),
		"a cut JPEG":      sideways[:len(sideways)-10],
		"too many pixels": tell("png", huge.Bytes(), 6),
		"no image":        []byte("text"),
		"nothing":         nil,
		"broken data":     insert(sideways[:len(sideways)-2:len(sideways)-2], len(sideways)-40, segment(0xc0, "x")),
	} {
		out, turned, err := upright.Turn(data)
		if err != nil || turned || !bytes.Equal(out, data) {
			t.Errorf("%s: turned %t, %v", name, turned, err)
		}
	}
}

// The colours are those that the file's profile gives the numbers.
func TestTheColourProfileIsKept(t *testing.T) {
	img := drawn("ab/cd", 255)
	for format, data := range map[string][]byte{
		"jpeg": insert(lying(t, "jpeg", img, 6), 2, segment(0xe2, "ICC_PROFILE\x00\x01\x01the profile")),
		"png":  insert(lying(t, "png", img, 6), 33, pngChunk("cHRM", "the profile")),
	} {
		out, turned, err := upright.Turn(data)
		if err != nil || !turned || !bytes.Contains(out, []byte("the profile")) || picture.Check(out) != nil {
			t.Errorf("%s: turned %t, %v", format, turned, err)
		}
	}
}

func TestAnImageThatGrowsTooLarge(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 1800, 1600))
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise.Pix) // it never fails
	for n := 3; n < len(noise.Pix); n += 4 {
		noise.Pix[n] = 255
	}
	_, _, err := upright.Turn(lying(t, "jpeg", noise, 8))
	if !errors.Is(err, upright.ErrTooLarge) || !strings.Contains(err.Error(), "Scale it down") {
		t.Errorf("got %v", err)
	}
}
