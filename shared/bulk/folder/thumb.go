package folder

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // to be decoded
	"io"
	"path"
	"sync"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // to be decoded

	"easel/shared/model"
)

// Bounds of thumbnails.
const (
	thumbSide    = 256
	thumbQuality = 82
	smallFile    = 48 << 10 // bytes: a picture that is no larger and has few pixels is its own thumbnail
	smallSide    = 1024
	maxFile      = 32 << 20   // bytes: larger pictures have no thumbnail
	maxPixels    = 16_777_216 // likewise: decoded, these are 64 MiB
	maxEdge      = 16_384     // likewise: scaling takes memory for each row and column
)

// errNoThumb says that a picture is too large for a thumbnail, or no picture.
var errNoThumb = errors.New("no thumbnail")

// thumbnails makes small pictures of those in the folder.
type thumbnails struct {
	*directory

	brush sync.Mutex // one picture is decoded at a time: each takes many times its size in memory
}

// thumb returns which file to show for a picture, and makes it if it is not there. The picture's content is its name, so
// that it is made once.
func (t *thumbnails) thumb(e Entry) (name string, err error) {
	if len(e.SHA256) != 64 || e.SHA256 != path.Base(e.SHA256) {
		return "", errNoThumb
	}
	name = path.Join(thumbFolder, e.SHA256[:2], e.SHA256[2:32]+".jpg")
	if info, err := t.root.Lstat(local(name)); err == nil && info.Mode().IsRegular() {
		return name, nil
	}
	if e.SizeBytes > maxFile {
		return "", errNoThumb
	}
	t.brush.Lock()
	defer t.brush.Unlock()
	data, err := t.readPicture(e.File)
	if err != nil {
		return "", err
	}
	head, err := model.Sniff(data)
	if err != nil || head.Width*head.Height > maxPixels || max(head.Width, head.Height) > maxEdge {
		return "", errNoThumb
	}
	if len(data) <= smallFile && max(head.Width, head.Height) <= smallSide {
		return e.File, nil
	}
	return name, t.paint(name, data)
}

// readPicture reads no more than a picture may have, whatever the file has become. Of a larger one its beginning comes with the error.
func (d *directory) readPicture(name string) ([]byte, error) {
	file, err := d.root.Open(local(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if len(data) > maxFile {
		return data, errNoThumb
	}
	return data, err
}

func (t *thumbnails) paint(name string, data []byte) error {
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return errNoThumb
	}
	return t.Save(name, func(w io.Writer) error {
		return jpeg.Encode(w, reduce(picture), &jpeg.Options{Quality: thumbQuality})
	})
}

// reduce makes a picture small, on white where it is transparent.
func reduce(picture image.Image) image.Image {
	size := picture.Bounds().Size()
	longest := max(size.X, size.Y, thumbSide)
	small := image.NewRGBA(image.Rect(0, 0, max(1, size.X*thumbSide/longest), max(1, size.Y*thumbSide/longest)))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.BiLinear.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	return small
}
