package bedrocksim

import (
	"slices"
	"strings"
	"time"

	"easel/shared/model"
)

// spec is what a model takes, written down from its parameter page a second time, so that a mistake in
// the catalogue's encoder is refused here as the real model would refuse it.
type spec struct {
	fields    []string
	formats   []string
	modes     []string
	maxSeed   int64
	latency   time.Duration // mean time of a call
	diffusion bool          // speaks SDXL's language: see sdxl.go
}

const (
	maxPrompt = 10_000     // characters
	maxBody   = 25_000_000 // bytes of a request
	maxReply  = 16_777_216 // bytes of a reply
	minSide   = 64         // pixels of an input image
	maxPixels = 9_437_184  // of an input image
)

var aspects = []string{"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}

var specs = map[string]spec{
	"stability.stable-image-core-v1:1": {
		fields:  []string{"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format"},
		formats: []string{"jpeg", "png"}, maxSeed: 4294967295, latency: 1200 * time.Millisecond,
	},
	"stability.stable-image-ultra-v1:1": {
		fields:  []string{"prompt", "negative_prompt", "seed", "output_format", "aspect_ratio"},
		formats: []string{"jpeg", "png"}, maxSeed: 4294967295, latency: 3 * time.Second,
	},
	"stability.sd3-5-large-v1:0": {
		fields:  []string{"prompt", "mode", "aspect_ratio", "image", "strength", "seed", "negative_prompt", "output_format"},
		formats: []string{"jpeg", "png", "webp"}, modes: []string{"text-to-image", "image-to-image"}, maxSeed: 4294967294,
		latency: 2 * time.Second,
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
	service := slices.Contains(services, strings.TrimPrefix(id, "us."))
	switch {
	case service && strings.HasPrefix(id, "us."):
		return spec{}, invalid("The simulator has the text-to-image models alone, and " + id + " is an image service.")
	case service && signed == s.opts.Region:
		return spec{}, invalid("Invocation of model ID " + id + " with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.")
	case !ok || signed != s.opts.Region:
		return spec{}, invalid("The provided model identifier is invalid.")
	}
	return sp, nil
}

// services are the models that edit images. Bedrock calls them by an inference profile only, whose ID has
// the prefix "us.".
var services = []string{
	"stability.stable-creative-upscale-v1:0", "stability.stable-conservative-upscale-v1:0", "stability.stable-fast-upscale-v1:0",
	"stability.stable-image-inpaint-v1:0", "stability.stable-outpaint-v1:0", "stability.stable-image-search-recolor-v1:0",
	"stability.stable-image-search-replace-v1:0", "stability.stable-image-erase-object-v1:0", "stability.stable-image-remove-background-v1:0",
	"stability.stable-image-control-sketch-v1:0", "stability.stable-image-control-structure-v1:0", "stability.stable-image-style-guide-v1:0",
	"stability.stable-style-transfer-v1:0",
}
