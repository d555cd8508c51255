package model

import (
	"fmt"
	"math"
)

// ratios are the aspect ratios of every current Stability model, default first.
var ratios = []string{"1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}

// sizes are the pictures that models of about one megapixel draw for each ratio, in pixels.
var sizes = map[string][2]int{
	"1:1":  {1024, 1024},
	"16:9": {1344, 768},
	"21:9": {1536, 640},
	"2:3":  {832, 1216},
	"3:2":  {1216, 832},
	"4:5":  {896, 1088},
	"5:4":  {1088, 896},
	"9:16": {768, 1344},
	"9:21": {640, 1536},
}

// Size is the usual width and height in pixels for an aspect ratio, and 0, 0 for an unknown one.
// Real models decide for themselves; read the sides of the picture that came.
func Size(ratio string) (width, height int) {
	s := sizes[ratio]
	return s[0], s[1]
}

// Size is the width and height in pixels that this model draws for an aspect ratio, as far as they are
// known, and 0, 0 for an unknown one.
func (m Model) Size(ratio string) (width, height int) {
	if s, ok := m.sides[ratio]; ok {
		return s[0], s[1]
	}
	return Size(ratio)
}

// distance compares ratios by their logarithm, so that 2:1 and 1:2 are equally far from 1:1.
func distance(ratio string, width, height int) float64 {
	var w, h float64
	_, _ = fmt.Sscanf(ratio, "%f:%f", &w, &h) // it is one of the catalogue's
	return math.Abs(math.Log(w/h) - math.Log(float64(width)/float64(height)))
}
