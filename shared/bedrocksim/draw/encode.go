package draw

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/HugoSmits86/nativewebp"
)

// Encode writes img as "png", "jpeg" or "webp". WebP is lossless. Speed goes
// before size, since people throw simulated pictures away. Errors are those of
// w, and one for any other format.
func Encode(w io.Writer, img image.Image, format string) error {
	switch format {
	case "png":
		return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, img)
	case "jpeg":
		return jpeg.Encode(w, img, &jpeg.Options{Quality: 90})
	case "webp":
		return nativewebp.Encode(w, img, nil)
	}
	return fmt.Errorf("encode picture: format %q is not png, jpeg or webp", format)
}
