package bedrocksim

import (
	"slices"
	"time"

	"easel/shared/model"
)

// spec is what a model takes, written down from its parameter page a second time, so that a mistake in
// the catalogue's encoder is refused here as the real model would refuse it.
type spec struct {
	fields   []string
	formats  []string
	modes    []string
	maxSeed  int64
	latency  time.Duration // mean time of a call
	image    bool          // takes an input image
	strength bool          // an input image needs a strength
	reshape  bool          // takes an aspect ratio beside an input image

	diffusion bool // speaks SDXL's language: see sdxl.go
}

const (
	maxPrompt   = 10_000     // characters
	maxBody     = 25_000_000 // bytes
	minSide     = 64         // pixels of an input image
	maxPixels   = 9_437_184  // of an input image
	ultraChange = 0.35       // strength where Ultra is given none
)

var aspects = []string{"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}

var specs = map[string]spec{
	"stability.stable-image-core-v1:1": {
		fields:  []string{"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format"},
		formats: []string{"jpeg", "png"}, maxSeed: 4294967295, latency: 1200 * time.Millisecond,
	},
	"stability.stable-image-ultra-v1:1": {
		fields:  []string{"prompt", "negative_prompt", "mode", "strength", "seed", "output_format", "image", "aspect_ratio"},
		formats: []string{"jpeg", "png"}, modes: []string{"text-to-image"}, maxSeed: 4294967295,
		latency: 3 * time.Second, image: true, reshape: true,
	},
	"stability.sd3-5-large-v1:0": {
		fields:  []string{"prompt", "mode", "aspect_ratio", "image", "strength", "seed", "negative_prompt", "output_format"},
		formats: []string{"jpeg", "png", "webp"}, modes: []string{"text-to-image", "image-to-image"}, maxSeed: 4294967294,
		latency: 2 * time.Second, image: true, strength: true,
	},
	"stability.stable-diffusion-xl-v1": {maxSeed: 4294967295, latency: 4 * time.Second, diffusion: true},
}

// lookup finds a model as the service of one region knows it. Models that ended answer where the account
// has an arrangement for them.
func (s *Server) lookup(id, signed string) (spec, *answer) {
	sp, ok := specs[id]
	if m, known := model.Find(id); known && m.ID == id && m.Retired() && (!ok || !s.opts.Retired) {
		return spec{}, &answer{status: 404, name: "ResourceNotFoundException", message: "This model version has reached the end of its life. Please refer to the AWS documentation for more details."}
	}
	if !ok || signed != s.opts.Region {
		return spec{}, invalid("The provided model identifier is invalid.")
	}
	return sp, nil
}

// takes reports whether the field is one of the model's.
func (s spec) takes(field string) bool { return slices.Contains(s.fields, field) }
