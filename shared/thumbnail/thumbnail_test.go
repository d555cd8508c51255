package thumbnail_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"

	"easel/shared/thumbnail"
)

// half is a picture that is red on the left and transparent on the right.
func half(w, h int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w / 2 {
			img.SetNRGBA(x, y, color.NRGBA{R: 200, A: 255})
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

func TestAThumbnailIsSmallAndOfTheSameShape(t *testing.T) {
	for _, c := range []struct{ w, h, width, height int }{
		{1024, 1024, 512, 512}, {1536, 640, 512, 213}, {640, 1536, 213, 512}, {513, 2, 512, 2}, {5000, 1, 512, 1},
	} {
		small, err := thumbnail.Make(half(c.w, c.h))
		if err != nil {
			t.Fatalf("%d × %d: %v", c.w, c.h, err)
		}
		img, err := jpeg.Decode(bytes.NewReader(small))
		if err != nil || img.Bounds() != image.Rect(0, 0, c.width, c.height) {
			t.Errorf("%d × %d became %v, want %d × %d: %v", c.w, c.h, img.Bounds(), c.width, c.height, err)
		}
	}
}

func TestATransparentPictureIsSeenOnWhite(t *testing.T) {
	small, err := thumbnail.Make(half(1000, 1000))
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, _, _ := img.At(100, 256).RGBA(); r>>8 < 180 || g>>8 > 40 {
		t.Errorf("the left is %v, want red", img.At(100, 256))
	}
	if r, g, b, _ := img.At(400, 256).RGBA(); min(r, g, b)>>8 < 250 {
		t.Errorf("the right is %v, want white", img.At(400, 256))
	}
}

func TestAJPEGIsRead(t *testing.T) {
	for _, file := range []string{"../../docs/lion.jpg", "../../docs/bulk/contact.jpg"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		small, err := thumbnail.Make(data)
		if err != nil || len(small) >= len(data)/2 {
			t.Errorf("%s: %d bytes of %d, %v", file, len(small), len(data), err)
		}
	}
}

func TestAWebPIsRead(t *testing.T) {
	var b bytes.Buffer
	if err := nativewebp.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 700, 350)), nil); err != nil {
		t.Fatal(err)
	}
	small, err := thumbnail.Make(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if img, err := jpeg.Decode(bytes.NewReader(small)); err != nil || img.Bounds() != image.Rect(0, 0, 512, 256) {
		t.Errorf("got %v, %v", img.Bounds(), err)
	}
}

func TestAThumbnailHoldsNoSettings(t *testing.T) {
	data, err := os.ReadFile("../../docs/lion.jpg")
	if err != nil {
		t.Fatal(err)
	}
	small, err := thumbnail.Make(data)
	if err != nil || bytes.Contains(small, []byte("lion")) || bytes.Contains(small, []byte("Exif")) {
		t.Errorf("the thumbnail holds settings, or none was made: %v", err)
	}
}

func TestASmallPictureNeedsNone(t *testing.T) {
	if _, err := thumbnail.Make(half(512, 300)); !errors.Is(err, thumbnail.ErrNeedless) {
		t.Error(err)
	}
}

// promise is a picture of a few bytes whose header promises more.
func promise(w, h uint32) []byte {
	data := half(600, 600)
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestWhatCannotBeDecodedIsRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"huge": promise(60_000, 60_000), "broken off": half(1000, 1000)[:900], "none": []byte("no picture"), "empty": nil,
	} {
		if small, err := thumbnail.Make(data); err == nil || errors.Is(err, thumbnail.ErrNeedless) {
			t.Errorf("%s: %d bytes, %v", name, len(small), err)
		}
	}
}

// TestAPictureThatIsLargeOneWayIsRefusedByItsHeader has pictures of which the pixels alone would fit, but not what
// scaling them takes.
func TestAPictureThatIsLargeOneWayIsRefusedByItsHeader(t *testing.T) {
	for _, c := range []struct{ w, h uint32 }{{1, 16_000_000}, {16_000_000, 1}, {16<<10 + 1, 2}, {4096, 4097}} {
		if _, err := thumbnail.Make(promise(c.w, c.h)); err == nil || !strings.Contains(err.Error(), "too large") {
			t.Errorf("%d × %d: %v", c.w, c.h, err)
		}
	}
	for _, c := range []struct{ w, h uint32 }{{16 << 10, 1}, {4096, 4096}} {
		if _, err := thumbnail.Make(promise(c.w, c.h)); err == nil || strings.Contains(err.Error(), "too large") {
			t.Errorf("%d × %d: %v", c.w, c.h, err)
		}
	}
}

func BenchmarkMake(b *testing.B) {
	data := half(1216, 832)
	for b.Loop() {
		if _, err := thumbnail.Make(data); err != nil {
			b.Fatal(err)
		}
	}
}
