package model_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"easel/shared/model"
)

func encoded(t testing.TB, format string, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, w, h))
	err := png.Encode(&b, img)
	if format == "jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp is the header of a WebP file and nothing behind it.
func webp(kind string, payload ...byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBP"+kind), 10, 0, 0, 0)
	return append(b, payload...)
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want model.Header
	}{
		{"PNG", encoded(t, "png", 3, 2), model.Header{Format: "png", Width: 3, Height: 2}},
		{"JPEG", encoded(t, "jpeg", 30, 20), model.Header{Format: "jpeg", Width: 30, Height: 20}},
		{"lossy WebP", webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00), model.Header{Format: "webp", Width: 320, Height: 240}},
		{"lossless WebP", webp("VP8L", 0x2f, 0x3f, 0xc1, 0x3b, 0x00, 0, 0, 0, 0, 0), model.Header{Format: "webp", Width: 320, Height: 240}},
		{"extended WebP", webp("VP8X", 0, 0, 0, 0, 0x3f, 0x01, 0x00, 0xef, 0x00, 0x00), model.Header{Format: "webp", Width: 320, Height: 240}},
	} {
		if got, err := model.Sniff(c.data); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	if ct := (model.Header{Format: "png"}).ContentType(); ct != "image/png" {
		t.Errorf("content type %q", ct)
	}
}

func TestSniffRefusesWhatIsNoImage(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "GIF": []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
		"a PNG that breaks off": encoded(t, "png", 3, 2)[:20], "RIFF but not WebP": webp("WAVE", make([]byte, 10)...),
	} {
		if h, err := model.Sniff(data); err == nil {
			t.Errorf("%s passed as %+v", name, h)
		}
	}
}

func TestSniffReadsABombFromItsHeader(t *testing.T) {
	bomb := encoded(t, "png", 1, 1)
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	// The checksum of the header is wrong now, as it may be in an attack: the file is refused unread.
	if h, err := model.Sniff(bomb); err == nil {
		t.Errorf("a header with a wrong checksum passed as %+v", h)
	}
}

func FuzzSniff(f *testing.F) {
	f.Add(encoded(f, "png", 1, 1))
	f.Add(encoded(f, "jpeg", 1, 1))
	f.Add(webp("VP8X", make([]byte, 10)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := model.Sniff(data)
		if err == nil && (h.Width < 1 || h.Height < 1 || h.Format == "") {
			t.Errorf("accepted %+v", h)
		}
	})
}

// Whatever a model answers, its codec finds a picture in it or says why there is none.
func FuzzDecode(f *testing.F) {
	models := model.Current()
	for _, m := range models {
		reply, err := os.ReadFile(filepath.Join("testdata", m.Alias+".response.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(reply)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, m := range models {
			r, err := m.Decode(body)
			if (err == nil) != (len(r.Image) > 0) {
				t.Errorf("%s: %d bytes of a picture came with %v", m.Alias, len(r.Image), err)
			}
		}
	})
}
