package model

func init() {
	register(Model{
		ID: "stability.stable-image-core-v1:1", Alias: "core", Name: "Stable Image Core 1.1",
		Region: "us-west-2", PriceMicroUSD: 40_000, PriceAsOf: "2026-10-09", RPM: 90,
		MaxPrompt: 10_000, MaxSeed: 4_294_967_295,
		AspectRatios: ratios, Formats: []string{"png", "jpeg"},
		encode: encodeStability, decode: decodeStability,
	})
}
