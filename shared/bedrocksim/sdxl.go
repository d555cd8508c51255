package bedrocksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
)

// What SDXL 1.0 takes, written down from its pages a second time, as [specs] are. It is a model of another
// language, so it has readers and a reply of its own.
var (
	diffusionPairs = [][2]int{
		{1024, 1024}, {1152, 896}, {1216, 832}, {1344, 768}, {1536, 640}, {640, 1536}, {768, 1344}, {832, 1216}, {896, 1152},
	}
	diffusionStyles = strings.Fields("3d-model analog-film anime cinematic comic-book digital-art enhance fantasy-art isometric line-art " +
		"low-poly modeling-compound neon-punk origami photographic pixel-art tile-texture")
	diffusionSamplers = strings.Fields("DDIM DDPM K_DPMPP_2M K_DPMPP_2S_ANCESTRAL K_DPM_2 K_DPM_2_ANCESTRAL K_EULER K_EULER_ANCESTRAL K_HEUN K_LMS")
	diffusionGuidance = strings.Fields("FAST_BLUE FAST_GREEN NONE SIMPLE SLOW SLOWER SLOWEST")
	diffusionMasks    = strings.Fields("MASK_IMAGE_WHITE MASK_IMAGE_BLACK INIT_IMAGE_ALPHA")
	diffusionModes    = strings.Fields("IMAGE_STRENGTH STEP_SCHEDULE")
)

const (
	diffusionPrompt = 2000 // characters
	likeness        = 0.35 // image_strength where none is given
	afresh          = 1.0  // how far a masked picture goes: the stand-in draws all of it, whatever the mask says
)

// diffusion is a request of SDXL that is being read.
type diffusion struct {
	Prompts []struct {
		Text   *string  `json:"text"`
		Weight *float64 `json:"weight"`
	} `json:"text_prompts"`
	Width      *int            `json:"width"`
	Height     *int            `json:"height"`
	InitImage  json.RawMessage `json:"init_image"`
	InitMode   *string         `json:"init_image_mode"`
	Likeness   *float64        `json:"image_strength"`
	Start      *float64        `json:"step_schedule_start"`
	End        *float64        `json:"step_schedule_end"`
	MaskSource *string         `json:"mask_source"`
	MaskImage  json.RawMessage `json:"mask_image"`
	Scale      *float64        `json:"cfg_scale"`
	Guidance   *string         `json:"clip_guidance_preset"`
	Sampler    *string         `json:"sampler"`
	Samples    *int            `json:"samples"`
	Seed       *int64          `json:"seed"`
	Steps      *int            `json:"steps"`
	Style      *string         `json:"style_preset"`
	Extras     map[string]any  `json:"extras"`
}

// diffuse reads a body in SDXL's language.
func (o *order) diffuse(body []byte) *answer {
	var d diffusion
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return malformed("#", "extraneous key ["+strings.Trim(name, `"`)+"] is not permitted")
		}
		return malformed("#", "a value is not of the type that its field has")
	}
	for _, bad := range []*answer{d.texts(o), d.values(), d.picture(o)} {
		if bad != nil {
			return bad
		}
	}
	o.format, o.seed, o.style = "png", orElse(d.Seed, 0), orElse(d.Style, "")
	return o.steer()
}

// orElse is the value of a field, or what stands for it where it was left out.
func orElse[T any](field *T, otherwise T) T {
	if field == nil {
		return otherwise
	}
	return *field
}

// texts takes the first text that is wanted for the prompt: it is what the picture and the ledger follow.
func (d diffusion) texts(o *order) *answer {
	if len(d.Prompts) == 0 {
		return malformed("#", "required key [text_prompts] not found")
	}
	for n, p := range d.Prompts {
		at := fmt.Sprintf("#/text_prompts/%d", n)
		switch {
		case p.Text == nil:
			return malformed(at, "required key [text] not found")
		case len([]rune(*p.Text)) > diffusionPrompt:
			return malformed(at+"/text", fmt.Sprintf("expected maxLength: %d, actual: %d", diffusionPrompt, len([]rune(*p.Text))))
		case o.prompt == "" && (p.Weight == nil || *p.Weight >= 0):
			o.prompt = *p.Text
		}
	}
	return nil
}

func (d diffusion) values() *answer {
	for _, v := range []struct{ name, problem string }{
		{"cfg_scale", within(d.Scale, 0, 35)},
		{"steps", within(d.Steps, 10, 150)},
		{"samples", within(d.Samples, 1, 1)},
		{"seed", within(d.Seed, 0, 4294967295)},
		{"image_strength", within(d.Likeness, 0, 1)},
		{"step_schedule_start", within(d.Start, 0, 1)},
		{"step_schedule_end", within(d.End, 0, 1)},
		{"clip_guidance_preset", listed(d.Guidance, diffusionGuidance)},
		{"sampler", listed(d.Sampler, diffusionSamplers)},
		{"style_preset", listed(d.Style, diffusionStyles)},
		{"init_image_mode", listed(d.InitMode, diffusionModes)},
		{"mask_source", listed(d.MaskSource, diffusionMasks)},
	} {
		if v.problem != "" {
			return malformed("#/"+v.name, v.problem)
		}
	}
	return nil
}

// picture finds the sides, and tells the three kinds of request apart by their fields.
func (d diffusion) picture(o *order) *answer {
	masked := d.MaskSource != nil || d.MaskImage != nil
	used := d.InitMode != nil || d.Likeness != nil || d.Start != nil || d.End != nil
	switch {
	case d.InitImage == nil && (masked || used):
		return malformed("#", "required key [init_image] not found")
	case d.InitImage == nil:
		o.sides = [2]int{orElse(d.Width, 1024), orElse(d.Height, 1024)}
		return o.paired()
	case d.Width != nil || d.Height != nil:
		return malformed("#", "extraneous key [width] is not permitted")
	case masked && used:
		return malformed("#", "extraneous key [init_image_mode] is not permitted")
	}
	if problem := o.readImage(d.InitImage); problem != "" {
		return malformed("#/init_image", problem)
	}
	o.sides = [2]int{o.shape.Width, o.shape.Height}
	if bad := o.paired(); bad != nil {
		return bad
	}
	if masked {
		return d.mask(o)
	}
	return d.strength(o)
}

func (o *order) paired() *answer {
	if slices.Contains(diffusionPairs, o.sides) {
		return nil
	}
	words := make([]string, len(diffusionPairs))
	for n, p := range diffusionPairs {
		words[n] = fmt.Sprintf("%dx%d", p[0], p[1])
	}
	return invalid(fmt.Sprintf("the allowed dimensions are %s, but we received %dx%d", strings.Join(words, ", "), o.sides[0], o.sides[1]))
}

func (d diffusion) strength(o *order) *answer {
	stepped := orElse(d.InitMode, "") == "STEP_SCHEDULE"
	switch {
	case stepped && d.Likeness != nil:
		return malformed("#/image_strength", "image_strength is not allowed in mode STEP_SCHEDULE")
	case !stepped && (d.Start != nil || d.End != nil):
		return malformed("#/step_schedule_start", "step_schedule is not allowed in mode IMAGE_STRENGTH")
	}
	o.strength = orElse(d.Start, 1-orElse(d.Likeness, likeness))
	return nil
}

func (d diffusion) mask(o *order) *answer {
	switch {
	case d.MaskSource == nil:
		return malformed("#", "required key [mask_source] not found")
	case *d.MaskSource != "INIT_IMAGE_ALPHA" && d.MaskImage == nil:
		return malformed("#", "required key [mask_image] not found")
	case d.MaskImage != nil:
		var m order
		if problem := m.readImage(d.MaskImage); problem != "" {
			return malformed("#/mask_image", problem)
		}
		if m.shape.Width != o.shape.Width || m.shape.Height != o.shape.Height {
			return malformed("#/mask_image", "init_image and mask_image must have the same dimensions")
		}
	}
	o.strength = afresh
	return nil
}

type artifact struct {
	Seed         int64  `json:"seed"`
	Base64       []byte `json:"base64"`
	FinishReason string `json:"finishReason"`
}

// diffused is the reply in SDXL's language.
func diffused(seed int64, picture []byte, reason string) []byte {
	body, _ := json.Marshal(struct { // strings and numbers always marshal
		Result    string     `json:"result"`
		Artifacts []artifact `json:"artifacts"`
	}{"success", []artifact{{seed, picture, reason}}})
	return body
}

// withheld is the reply to a request that a fault befell. A filtered one carries a picture all the same,
// blurred beyond recognition.
func (o *order) withheld(reason string) []byte {
	if strings.HasPrefix(reason, "Filter") {
		var blurred bytes.Buffer
		_ = png.Encode(&blurred, image.NewGray(image.Rect(0, 0, 64, 64))) // a buffer takes everything
		return diffused(o.seed, blurred.Bytes(), "CONTENT_FILTERED")
	}
	return diffused(o.seed, nil, "ERROR")
}
