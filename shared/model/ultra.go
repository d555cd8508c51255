package model

func init() {
	register(Model{
		ID: "stability.stable-image-ultra-v1:1", Alias: "ultra", Name: "Stable Image Ultra 1.1",
		Region: "us-west-2", PriceMicroUSD: 140_000, PriceAsOf: "2026-10-09", RPM: 10,
		MaxPrompt: 10_000, MaxSeed: 4_294_967_295,
		AspectRatios: ratios, Formats: []string{"png", "jpeg"},
		encode: encodeStability, decode: decodeStability,
	})
}
