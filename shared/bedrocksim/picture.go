package bedrocksim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"image"
	"math"
	"strings"

	"easel/shared/bedrocksim/draw"
	"easel/shared/model"
)

// tiny divides the sides of pictures for load tests.
const tiny = 16

// draw makes the picture of an order and the body that carries it. It fails only where the input image
// cannot be decoded.
func (s *Server) draw(o *order) ([]byte, error) {
	s.brush <- struct{}{}
	defer func() { <-s.brush }()
	var base image.Image
	if o.image != nil {
		var err error
		if base, _, err = image.Decode(bytes.NewReader(o.image)); err != nil {
			return nil, errors.New("the image cannot be decoded")
		}
	}
	seed := o.seed
	if seed == 0 {
		seed = 1 + int64(s.dice()*float64(o.spec.maxSeed))
	}
	caption, style := unstyle(o.prompt)
	style = cmp.Or(o.style, style)
	w, h := o.size()
	if s.opts.Tiny {
		w, h = w/tiny, h/tiny
	}
	var picture bytes.Buffer
	painted := draw.Paint(draw.Scene{
		Prompt: bare(caption), Style: style, Seed: seed, Width: w, Height: h, Base: base, Strength: o.strength,
	})
	if err := draw.Encode(&picture, painted, o.format); err != nil {
		return nil, err
	}
	o.drawn = picture.Len()
	if o.spec.diffusion {
		return diffused(seed, picture.Bytes(), "SUCCESS"), nil
	}
	return json.Marshal(reply{Seeds: []int64{seed}, FinishReasons: []*string{nil}, Images: [][]byte{picture.Bytes()}})
}

// unstyle takes the words of a style preset off a prompt and names the preset.
func unstyle(prompt string) (caption, style string) {
	for _, name := range model.Styles() {
		words, _ := model.WithStyle("", name)
		if rest, ok := strings.CutSuffix(prompt, words); ok {
			return rest, name
		}
	}
	return prompt, ""
}

// size is the picture's: of the ratio asked for, else of the input image, at about a megapixel. The models'
// own sizes stay as they are, so that a picture can go in again and again.
func (o *order) size() (width, height int) {
	if o.sides[0] > 0 {
		return o.sides[0], o.sides[1]
	}
	if o.image == nil || o.aspect != "" {
		return model.Size(cmp.Or(o.aspect, "1:1"))
	}
	for _, ratio := range aspects {
		if w, h := model.Size(ratio); w == o.shape.Width && h == o.shape.Height {
			return w, h
		}
	}
	grow := math.Sqrt(float64(1<<20) / float64(o.shape.Width*o.shape.Height))
	return side(o.shape.Width, grow), side(o.shape.Height, grow)
}

// side keeps to the multiples of 64 pixels, and to the bounds, of the models' pictures.
func side(pixels int, grow float64) int {
	return min(max(int(math.Round(float64(pixels)*grow/64))*64, 640), 1536)
}
