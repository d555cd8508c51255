package draw

import (
	"bufio"
	"cmp"
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
	b := bufio.NewWriter(w)
	var err error
	switch format {
	case "png":
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(b, img)
	case "jpeg":
		err = jpeg.Encode(b, img, &jpeg.Options{Quality: 90})
	case "webp":
		err = nativewebp.Encode(b, img, nil)
	default:
		err = fmt.Errorf("encode picture: format %q is not png, jpeg or webp", format)
	}
	return cmp.Or(err, b.Flush())
}
