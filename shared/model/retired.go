package model

// Models that answer no more. They stay in the catalogue so that asking for one gets a sentence that
// names the day and the model to use, not the 404 or 400 that Bedrock gives.
func init() {
	for _, m := range []Model{
		{ID: "stability.stable-diffusion-xl-v0", Name: "SDXL 0.8", EndOfLife: "2024-04-30", Successor: "sd35"},
		{ID: "stability.stable-diffusion-xl", Name: "SDXL 0.8", EndOfLife: "2024-04-30", Successor: "sd35"},
		{ID: "stability.sd3-large-v1:0", Alias: "sd3", Name: "Stable Diffusion 3 Large", EndOfLife: "2025-09-04", Successor: "sd35"},
		{ID: "stability.stable-image-core-v1:0", Name: "Stable Image Core 1.0", EndOfLife: "2025-09-04", Successor: "core"},
		{ID: "stability.stable-image-ultra-v1:0", Name: "Stable Image Ultra 1.0", EndOfLife: "2025-09-04", Successor: "ultra"},
		{ID: "amazon.nova-canvas-v1:0", Alias: "nova-canvas", Name: "Amazon Nova Canvas", EndOfLife: "2026-09-30", Successor: "core"},
		{ID: "amazon.titan-image-generator-v2:0", Alias: "titan-v2", Name: "Amazon Titan Image Generator G1 v2", EndOfLife: "2026-06-30", Successor: "core"},
		{ID: "amazon.titan-image-generator-v1", Alias: "titan", Name: "Amazon Titan Image Generator G1", EndOfLife: "2025-08-15", Successor: "core"},
	} {
		register(m)
	}
}
