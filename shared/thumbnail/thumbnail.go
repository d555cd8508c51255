// Package thumbnail makes small JPEGs of pictures, for lists of many. What it makes holds nothing but pixels: no prompt and
// no settings. It decodes whole pictures, so its caller bounds how many are made at a time.
package thumbnail

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"easel/shared/model"
)

// Edge is the longest edge of a thumbnail in pixels.
const Edge = 512

// Bounds of what is decoded. A JPEG that comes in several scans takes 16 bytes a pixel, and what is scaled takes memory for
// each of its rows and columns.
const (
	maxPixels = 16 << 20 // a picture of 4096 × 4096
	maxEdge   = 16 << 10
	quality   = 82
)

// ErrNeedless says that a picture is no larger than its thumbnail would be.
var ErrNeedless = errors.New("the picture is small already")

// Make returns a JPEG whose longest edge is [Edge]. It returns [ErrNeedless] for a picture that is no larger, and another
// error for what is no picture, is damaged or has too many pixels to be decoded.
func Make(data []byte) ([]byte, error) {
	head, err := model.Sniff(data)
	if err != nil {
		return nil, err
	}
	switch {
	case max(head.Width, head.Height) <= Edge:
		return nil, ErrNeedless
	case head.Width > maxPixels/head.Height, max(head.Width, head.Height) > maxEdge:
		return nil, fmt.Errorf("a picture of %d × %d pixels is too large to be made smaller", head.Width, head.Height)
	}
	decode := map[string]func(io.Reader) (image.Image, error){"png": png.Decode, "jpeg": jpeg.Decode, "webp": webp.Decode}[head.Format]
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decode the picture: %w", err)
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, shrink(img), &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

// shrink scales a picture down. A JPEG knows no transparency: what shows through is white.
func shrink(img image.Image) image.Image {
	small := image.NewRGBA(fit(img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Over, nil)
	return small
}

// fit is a rectangle of the same shape within a square of [Edge].
func fit(w, h int) image.Rectangle {
	longest := max(w, h)
	side := func(n int) int { return max(1, (n*Edge+longest/2)/longest) }
	return image.Rect(0, 0, side(w), side(h))
}
