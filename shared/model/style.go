package model

import (
	"maps"
	"slices"
)

// styleWords turns the style presets that people know from older models into words. No current
// text-to-image model has a parameter for them, and an unknown parameter is refused.
var styleWords = map[string]string{
	"3d-model":          "3D render, smooth shaded model, studio lighting",
	"analog-film":       "analog film photograph, fine grain, faded warm colours, light leaks",
	"anime":             "anime style, clean line work, cel shading, vivid colours",
	"cinematic":         "cinematic film still, dramatic lighting, shallow depth of field, anamorphic framing",
	"comic-book":        "comic book illustration, bold ink outlines, halftone shading",
	"digital-art":       "digital art, highly detailed, rich colours, polished rendering",
	"enhance":           "crisp detail, balanced contrast, refined lighting",
	"fantasy-art":       "fantasy art, epic atmosphere, painterly, magical light",
	"isometric":         "isometric view, orthographic projection, tidy geometric forms",
	"line-art":          "line art, black ink lines on white paper, minimal shading",
	"low-poly":          "low poly, faceted triangular surfaces, simple shading",
	"modeling-compound": "clay sculpture, modelling compound, soft hand-shaped surfaces",
	"neon-punk":         "neon punk, glowing neon light, dark night, vivid magenta and cyan",
	"origami":           "origami, folded paper, crisp creases, soft paper shadows",
	"photographic":      "photograph, natural light, realistic detail, sharp focus",
	"pixel-art":         "pixel art, limited palette, crisp square pixels",
	"tile-texture":      "seamless tile texture, repeating pattern, flat lighting",
}

// Styles returns the names of the style presets in alphabetical order.
func Styles() []string { return slices.Sorted(maps.Keys(styleWords)) }

// WithStyle adds the words of a style preset to a prompt. An empty preset leaves the prompt as it
// is; ok is false for a preset that does not exist.
func WithStyle(prompt, preset string) (styled string, ok bool) {
	words, ok := styleWords[preset]
	if !ok {
		return prompt, preset == ""
	}
	return prompt + ", " + words, true
}
