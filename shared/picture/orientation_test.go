package picture_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"easel/shared/picture"
)

func TestOrientation(t *testing.T) {
	p, j := encoded(t, "png"), encoded(t, "jpeg")
	for n := range uint16(9) {
		want := max(1, int(n))
		for name, data := range map[string][]byte{
			"PNG":                     withChunk(p, "eXIf", tiff(binary.BigEndian, n)),
			"JPEG":                    withSegment(j, 0xe1, "Exif\x00\x00"+tiff(binary.LittleEndian, n)),
			"JPEG behind another one": withSegment(withSegment(j, 0xe1, "Exif\x00\x00"+tiff(binary.BigEndian, n)), 0xe1, "http://ns.adobe.com/xap/1.0/\x00"),
			"WebP":                    extended(8, "", chunk("EXIF", tiff(binary.BigEndian, n))),
			"WebP as some write it":   extended(8, "", chunk("EXIF", "Exif\x00\x00"+tiff(binary.BigEndian, n))),
		} {
			if got := picture.Orientation(data); got != want {
				t.Errorf("%s with %d: got %d", name, n, got)
			}
		}
	}
	for name, exif := range map[string]string{
		"nothing": "", "no order": "XX\x00\x2a\x00\x00\x00\x08", "a place outside": "MM\x00\x2a\xff\xff\xff\xff",
		"a cut directory": tiff(binary.BigEndian, 6)[:20], "nine": tiff(binary.BigEndian, 9),
	} {
		if got := picture.Orientation(withChunk(p, "eXIf", exif)); got != 1 {
			t.Errorf("%s: got %d", name, got)
		}
	}
	if got := picture.Orientation([]byte("text")); got != 1 {
		t.Errorf("text: got %d", got)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	p, j, w := encoded(t, "png"), encoded(t, "jpeg"), encoded(t, "webp")
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"a PNG":                         {p, nil},
		"a JPEG":                        {j, nil},
		"a WebP":                        {w, nil},
		"a lossy WebP":                  {lossyFile, nil},
		"an extended WebP":              {extended(0, "", ""), nil},
		"bytes behind a PNG":            {append(slices.Clip(p), "more"...), nil},
		"bytes behind a JPEG":           {append(slices.Clip(j), "more"...), nil},
		"bytes behind a WebP":           {append(slices.Clip(w), "more"...), nil},
		"a cut PNG":                     {p[:len(p)-1], picture.ErrTruncated},
		"a cut JPEG":                    {j[:len(j)-1], picture.ErrTruncated},
		"a cut WebP":                    {w[:len(w)-1], picture.ErrTruncated},
		"a PNG without an end":          {p[:len(p)-12], picture.ErrTruncated},
		"a JPEG without an end":         {j[:len(j)-2], picture.ErrTruncated},
		"a JPEG of headers":             {j[:20], picture.ErrTruncated},
		"an animated PNG":               {withChunk(p, "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"), picture.ErrAnimated},
		"an animated WebP":              {extended(2, chunk("ANIM", "\x00\x00\x00\x00\x00\x00"), ""), picture.ErrAnimated},
		"frames without a flag":         {extended(0, "", chunk("ANMF", "x")), picture.ErrAnimated},
		"a PNG with a wrong sum":        {append(p[:len(p)-1:len(p)-1], 0), picture.ErrDamaged},
		"a JPEG of nothing":             {[]byte("\xff\xd8\xff\xd9"), picture.ErrDamaged},
		"a PNG that begins with a text": {[]byte(string(p[:8]) + string(p[33:])), picture.ErrDamaged},
		"a GIF":                         {encoded(t, "gif"), picture.ErrUnknown},
		"nothing":                       {nil, picture.ErrUnknown},
	} {
		if err := picture.Check(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: it %v, want %v", name, err, c.want)
		}
	}
}

func ExampleCheck() {
	fmt.Println("The file", picture.Check([]byte("\xff\xd8\xff\xe0\x00\x10JFIF")))
	// Output: The file breaks off before its end
}
