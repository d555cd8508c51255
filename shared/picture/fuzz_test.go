package picture_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"easel/shared/picture"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, format := range formats {
		f.Add(encoded(f, format))
		f.Add(picture.Write(encoded(f, format), fox))
	}
	exif := tiff(binary.LittleEndian, 6)
	f.Add(withSegment(encoded(f, "jpeg"), 0xe1, "Exif\x00\x00"+exif))
	f.Add(withSegment(encoded(f, "jpeg"), 0xeb, "JP"))
	f.Add(withChunk(encoded(f, "png"), "eXIf", exif))
	f.Add(withChunk(encoded(f, "png"), "caBX", ""))
	f.Add(extended(0x28, chunk("ICCP", "p"), chunk("EXIF", exif)+chunk("XMP ", "<x/>")))
	f.Add(extended(2, chunk("ANIM", "\x00\x00\x00\x00\x00\x00"), chunk("ANMF", "")))
}

// FuzzWrite holds what must be true of any file: a whole one stays whole and keeps what it had, any other stays as it is.
func FuzzWrite(f *testing.F) {
	seeds(f)
	f.Add(withSegment(encoded(f, "jpeg"), 0xe2, "ICC_PROFILE\x00\x01\x01p"))
	p, j := encoded(f, "png"), encoded(f, "jpeg")
	f.Fuzz(func(t *testing.T, data []byte) {
		if picture.Check(picture.CopyColours(data, p)) != nil || picture.Check(picture.CopyColours(data, j)) != nil {
			t.Fatal("with other colours a file is damaged")
		}
		before := bytes.Clone(data)
		out := picture.Write(data, fox)
		if !bytes.Equal(data, before) {
			t.Fatal("the bytes given were changed")
		}
		if picture.Check(data) != nil && !bytes.Equal(out, data) {
			t.Fatal("a broken file was changed")
		}
		if bytes.Equal(out, data) {
			return
		}
		if err := picture.Check(out); err != nil {
			t.Fatalf("the file %v", err)
		}
		if a, b := picture.Orientation(data), picture.Orientation(out); a != b {
			t.Fatalf("orientation %d became %d", a, b)
		}
		if _, err := picture.ReadSettings(bytes.NewReader(out)); err != nil {
			t.Fatalf("settings: %v", err)
		}
		if again := picture.Write(out, fox); !bytes.Equal(again, out) {
			t.Fatal("written twice")
		}
	})
}

// FuzzReadSettings never reads more than a text may have.
func FuzzReadSettings(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if text, _ := picture.ReadSettings(bytes.NewReader(data)); len(text) > 2<<20 {
			t.Fatalf("%d bytes", len(text))
		}
	})
}
