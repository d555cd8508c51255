package model

import "encoding/json"

func init() {
	register(Model{
		ID: "stability.sd3-5-large-v1:0", Alias: "sd35", Name: "Stable Diffusion 3.5 Large",
		Region: "us-west-2", PriceMicroUSD: 80_000, PriceAsOf: "2026-10-09", RPM: 15,
		MaxPrompt: 10_000, MaxSeed: 4_294_967_294,
		AspectRatios: ratios, Formats: []string{"png", "jpeg", "webp"},
		Image: &ImageInput{
			Types: []string{"png", "jpeg", "webp"}, MinSide: 64, MaxPixels: 9_437_184,
			// The model demands a strength; where none is given Easel takes the one that AWS names as the
			// default of its first models.
			DefaultStrength: 0.35,
		},
		encode: encodeSD35, decode: decodeStability,
	})
}

// encodeSD35 adds the mode and the image to start from, which Core and Ultra refuse.
func encodeSD35(r Request) ([]byte, error) {
	body := stabilityRequest(r)
	body.Mode = "text-to-image"
	if r.Image != nil {
		body.Mode, body.Image, body.Strength = "image-to-image", r.Image, &r.Strength
	}
	return json.Marshal(body)
}
