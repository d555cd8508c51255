package model

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
)

// Limits of SDXL 1.0, from its three pages in the Bedrock user guide: model-parameters-diffusion-1-0-text-image,
// -image-image and -image-image-mask.
const (
	sdxlPrompt  = 2000 // characters of one text
	sdxlPrompts = 10   // further texts; a bound of our own, the pages name none
	sdxlSteps   = 50   // up to here a picture has the lower price
	sdxlMask    = 1_000_000
)

// sdxlPairs are the nine widths and heights that the model draws, by the ratio that every other model of
// the catalogue calls this shape by. So an order keeps its aspect_ratio when it changes its model.
var sdxlPairs = func() map[string][2]int {
	pairs := maps.Clone(sizes)
	pairs["4:5"], pairs["5:4"] = [2]int{896, 1152}, [2]int{1152, 896}
	return pairs
}()

// SDXL 1.0 ended for all accounts but those that have a private arrangement with AWS, so it keeps its
// codec. It was served in us-east-1 and us-west-2; a server may be set to the former. The price is the
// last one of the public list; that of more than 50 steps could not be confirmed.
func init() {
	register(Model{
		ID: "stability.stable-diffusion-xl-v1", Alias: "sdxl", Name: "SDXL 1.0",
		EndOfLife: "2025-05-20", Successor: "sd35",
		Region: "us-west-2", PriceMicroUSD: 40_000, PriceAsOf: "2025-05-20", RPM: 60,
		MaxPrompt: sdxlPrompt, MaxSeed: 4_294_967_295,
		AspectRatios: ratios, Formats: []string{"png"}, Styled: true,
		Image: &ImageInput{
			Types: []string{"png", "jpeg"}, MinSide: 640, MaxPixels: 1 << 20,
			// The maker's page of image-to-image takes image_strength 0.35 where none is given, and counts
			// from the other end.
			DefaultStrength: 0.65, Sides: sdxlSides(),
		},
		Mask:       &MaskInput{Types: []string{"png", "jpeg"}, MaxBytes: sdxlMask},
		Parameters: sdxlParameters, sides: sdxlPairs, price: sdxlPrice, strength: sdxlStrength, agree: agreeSDXL,
		encode: encodeSDXL, decode: decodeSDXL,
	})
}

// sdxlParameters follow the pages, but for the names of what belongs to the image: the page's request of
// STEP_SCHEDULE is that of the maker's own interface, to which it refers.
var sdxlParameters = []Parameter{
	{Name: "cfg_scale", Kind: KindNumber, Min: 0, Max: 35, Default: json.RawMessage("7")},
	{Name: "steps", Kind: KindInteger, Min: 10, Max: 150, Default: json.RawMessage("30")},
	{Name: "sampler", Kind: KindChoice, Values: []string{
		"DDIM", "DDPM", "K_DPMPP_2M", "K_DPMPP_2S_ANCESTRAL", "K_DPM_2", "K_DPM_2_ANCESTRAL", "K_EULER", "K_EULER_ANCESTRAL", "K_HEUN", "K_LMS",
	}},
	{Name: "clip_guidance_preset", Kind: KindChoice, Values: []string{"FAST_BLUE", "FAST_GREEN", "NONE", "SIMPLE", "SLOW", "SLOWER", "SLOWEST"}},
	{Name: "text_prompts", Kind: KindPrompts, Min: 1, Max: sdxlPrompts, MaxText: sdxlPrompt},
	{Name: "extras", Kind: KindObject},
	{Name: "image_mode", Kind: KindChoice, Values: []string{"IMAGE_STRENGTH", "STEP_SCHEDULE"}},
	{Name: "step_schedule_start", Kind: KindNumber, Min: 0, Max: 1},
	{Name: "step_schedule_end", Kind: KindNumber, Min: 0, Max: 1},
	{Name: "mask_source", Kind: KindChoice, Values: []string{"MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"}},
	{Name: "mask_image", Kind: KindImage},
}

// sdxlSides are those of the pictures: the model refuses an image of any others.
func sdxlSides() (sides [][2]int) {
	for _, ratio := range ratios {
		sides = append(sides, sdxlPairs[ratio])
	}
	return sides
}

// WeightedPrompt is one of the texts that SDXL weighs against each other.
type WeightedPrompt struct {
	Text   string   `json:"text"`
	Weight *float64 `json:"weight,omitempty"` // negative: to be avoided; nil: 1
}

// sdxlSettings are the parameters of an order, read.
type sdxlSettings struct {
	CFGScale  *float64         `json:"cfg_scale"`
	Steps     int              `json:"steps"`
	Sampler   string           `json:"sampler"`
	Guidance  string           `json:"clip_guidance_preset"`
	Prompts   []WeightedPrompt `json:"text_prompts"`
	Extras    json.RawMessage  `json:"extras"`
	ImageMode string           `json:"image_mode"`
	Start     *float64         `json:"step_schedule_start"`
	End       *float64         `json:"step_schedule_end"`
	Mask      string           `json:"mask_source"`
}

func readSDXL(raw json.RawMessage) (s sdxlSettings, err error) {
	if len(raw) == 0 {
		return s, nil
	}
	return s, json.Unmarshal(raw, &s)
}

func sdxlPrice(parameters json.RawMessage) int64 {
	if s, err := readSDXL(parameters); err == nil && s.Steps > sdxlSteps {
		return 80_000
	}
	return 40_000
}

// sdxlStrength reports whether image_strength is sent.
func sdxlStrength(parameters json.RawMessage) bool {
	s, err := readSDXL(parameters)
	return err == nil && s.Mask == "" && s.ImageMode != "STEP_SCHEDULE"
}

// agreeSDXL holds parameters against each other: text-to-image, image-to-image and masking are three
// requests, each without the others' fields.
func agreeSDXL(raw json.RawMessage, beside Beside) (faults []Fault) {
	s, err := readSDXL(raw)
	if err != nil {
		return []Fault{{Detail: "parameters cannot be read; see GET /models?all=1 for what they hold."}}
	}
	no := func(wrong bool, pointer, detail string) {
		if wrong {
			faults = append(faults, Fault{pointer, detail})
		}
	}
	stepped := s.ImageMode == "STEP_SCHEDULE"
	no(!beside.Image && s.ImageMode != "", "/image_mode", "image_mode says how to use an image, and there is none; add image or leave image_mode out.")
	no(!beside.Image && s.Mask != "", "/mask_source", "mask_source says where to change an image, and there is none; add image or leave mask_source out.")
	no(s.Mask != "" && s.ImageMode != "", "/image_mode", "image_mode does not go with mask_source; leave one of them out.")
	no(s.Mask != "" && beside.Strength, "/mask_source", "mask_source does not go with strength: what the mask leaves free is drawn anew. Leave one of them out.")
	no(stepped && beside.Strength, "/image_mode", "STEP_SCHEDULE takes the place of strength; leave one of them out.")
	no(!stepped && s.Start != nil, "/step_schedule_start", `step_schedule_start needs "image_mode": "STEP_SCHEDULE".`)
	no(!stepped && s.End != nil, "/step_schedule_end", `step_schedule_end needs "image_mode": "STEP_SCHEDULE".`)
	drawn := s.Mask == "MASK_IMAGE_WHITE" || s.Mask == "MASK_IMAGE_BLACK"
	no(beside.Mask && !drawn, "/mask_image", "mask_image needs a mask_source that reads it: MASK_IMAGE_WHITE or MASK_IMAGE_BLACK.")
	no(!beside.Mask && drawn, "/mask_image", "mask_image is missing, and mask_source "+s.Mask+" reads it; send a picture of the image's sides, base64-encoded.")
	return faults
}

// sdxlBody is the request. A field that does not belong to its kind must not appear.
type sdxlBody struct {
	TextPrompts   []WeightedPrompt `json:"text_prompts"`
	Width         int              `json:"width,omitempty"`
	Height        int              `json:"height,omitempty"`
	InitImage     []byte           `json:"init_image,omitempty"`
	InitImageMode string           `json:"init_image_mode,omitempty"`
	ImageStrength *float64         `json:"image_strength,omitempty"`
	ScheduleStart *float64         `json:"step_schedule_start,omitempty"`
	ScheduleEnd   *float64         `json:"step_schedule_end,omitempty"`
	MaskSource    string           `json:"mask_source,omitempty"`
	MaskImage     []byte           `json:"mask_image,omitempty"`
	CFGScale      *float64         `json:"cfg_scale,omitempty"`
	Guidance      string           `json:"clip_guidance_preset,omitempty"`
	Sampler       string           `json:"sampler,omitempty"`
	Samples       int              `json:"samples"`
	Seed          int64            `json:"seed"`
	Steps         int              `json:"steps,omitempty"`
	StylePreset   string           `json:"style_preset,omitempty"`
	Extras        json.RawMessage  `json:"extras,omitempty"`
}

func encodeSDXL(r Request) ([]byte, error) {
	s, err := readSDXL(r.Parameters)
	if err != nil {
		return nil, fmt.Errorf("read the parameters of SDXL: %w", err)
	}
	body := sdxlBody{
		TextPrompts: sdxlTexts(r, s), CFGScale: s.CFGScale, Guidance: s.Guidance, Sampler: s.Sampler,
		Samples: 1, Seed: r.Seed, Steps: s.Steps, StylePreset: r.StylePreset, Extras: s.Extras,
	}
	switch {
	case r.Image == nil:
		pair := sdxlPairs[r.AspectRatio]
		body.Width, body.Height = pair[0], pair[1]
	case s.Mask != "":
		body.InitImage, body.MaskSource, body.MaskImage = r.Image, s.Mask, r.Mask
	case s.ImageMode == "STEP_SCHEDULE":
		body.InitImage, body.InitImageMode, body.ScheduleStart, body.ScheduleEnd = r.Image, s.ImageMode, s.Start, s.End
	default:
		like := math.Round((1-r.Strength)*1e6) / 1e6 // 1 means like the source here; the rest is noise of the subtraction
		body.InitImage, body.InitImageMode, body.ImageStrength = r.Image, "IMAGE_STRENGTH", &like
	}
	return json.Marshal(body)
}

// sdxlTexts are the prompt, the negative prompt, and what else the order weighs.
func sdxlTexts(r Request, s sdxlSettings) []WeightedPrompt {
	wanted, unwanted := 1.0, -1.0
	texts := []WeightedPrompt{{r.Prompt, &wanted}}
	if r.NegativePrompt != "" {
		texts = append(texts, WeightedPrompt{r.NegativePrompt, &unwanted})
	}
	return append(texts, s.Prompts...)
}

// sdxlReply is the reply. The page's prose calls the reason finishedReason, its example and the service
// finishReason; a moderated picture must not pass for either.
type sdxlReply struct {
	Artifacts []struct {
		Seed     json.RawMessage `json:"seed"`
		Base64   string          `json:"base64"`
		Finish   string          `json:"finishReason"`
		Finished string          `json:"finishedReason"`
	} `json:"artifacts"`
}

// decodeSDXL gives no picture of a filtered reply, though there is one: it is blurred.
func decodeSDXL(body []byte) (Result, error) {
	var reply sdxlReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return Result{}, fmt.Errorf("read the model's reply: %w", err)
	}
	if len(reply.Artifacts) == 0 {
		return Result{}, errors.New("the model's reply holds no artifact")
	}
	a := reply.Artifacts[0]
	switch reason := cmp.Or(a.Finish, a.Finished); reason {
	case "SUCCESS":
	case "CONTENT_FILTERED":
		return Result{}, &Filtered{Reason: reason}
	case "ERROR":
		return Result{}, ErrInference
	default:
		return Result{}, errors.New("the model's reply ends for a reason that its documentation does not name")
	}
	image, err := base64.StdEncoding.DecodeString(a.Base64)
	if err != nil || len(image) == 0 {
		return Result{}, errors.New("the model's reply holds no picture")
	}
	return Result{Image: image, Seed: firstSeed([]json.RawMessage{a.Seed})}, nil
}
