package draw

import (
	"image/color"
	"math"
)

// rgb is an sRGB colour with channels in 0..1.
type rgb struct{ r, g, b float64 }

var white = rgb{1, 1, 1}

func hex(v uint32) rgb {
	return rgb{float64(v>>16&255) / 255, float64(v>>8&255) / 255, float64(v&255) / 255}
}

func (c rgb) mix(o rgb, t float64) rgb {
	return rgb{c.r + (o.r-c.r)*t, c.g + (o.g-c.g)*t, c.b + (o.b-c.b)*t}
}

func (c rgb) times(k float64) rgb { return rgb{c.r * k, c.g * k, c.b * k} }

func (c rgb) add(o rgb, k float64) rgb { return rgb{c.r + o.r*k, c.g + o.g*k, c.b + o.b*k} }

// vivid moves a colour away from its own grey.
func (c rgb) vivid(k float64) rgb {
	l := c.luma()
	return rgb{l, l, l}.mix(c, k)
}

// contrast spreads values around the middle.
func (c rgb) contrast(k float64) rgb { return rgb{0.5, 0.5, 0.5}.mix(c, k) }

// steps leaves n levels of each channel.
func (c rgb) steps(n float64) rgb {
	f := func(v float64) float64 { return (math.Floor(v*n) + 0.5) / n }
	return rgb{f(c.r), f(c.g), f(c.b)}
}

func (c rgb) lighter(t float64) rgb { return c.mix(white, t) }

func (c rgb) darker(t float64) rgb { return c.mix(rgb{0.03, 0.02, 0.08}, t) }

func (c rgb) luma() float64 { return 0.299*c.r + 0.587*c.g + 0.114*c.b }

// shift turns the hue by degrees and scales chroma and lightness in Oklab,
// where equal steps look equal; hue turns in HSL would muddy the palettes.
func (c rgb) shift(degrees, chroma, light float64) rgb {
	l, a, b := c.oklab()
	s, k := math.Sincos(degrees * math.Pi / 180)
	return oklab(l*light, (a*k-b*s)*chroma, (a*s+b*k)*chroma)
}

// toward pulls the hue of c to the hue of o and keeps the lightness of c.
func (c rgb) toward(o rgb, t float64) rgb {
	l, a, b := c.oklab()
	_, oa, ob := o.oklab()
	return oklab(l, a+(oa-a)*t, b+(ob-b)*t)
}

func (c rgb) oklab() (l, a, b float64) {
	r, g, bl := linear(c.r), linear(c.g), linear(c.b)
	x := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*bl)
	y := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*bl)
	z := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*bl)
	return 0.2104542553*x + 0.7936177850*y - 0.0040720468*z,
		1.9779984951*x - 2.4285922050*y + 0.4505937099*z,
		0.0259040371*x + 0.7827717662*y - 0.8086757660*z
}

func oklab(l, a, b float64) rgb {
	x, y, z := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
	x, y, z = x*x*x, y*y*y, z*z*z
	return rgb{
		gamma(4.0767416621*x - 3.3077115913*y + 0.2309699292*z),
		gamma(-1.2684380046*x + 2.6097574011*y - 0.3413193965*z),
		gamma(-0.0041960863*x - 0.7034186147*y + 1.7076147010*z),
	}
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func gamma(v float64) float64 {
	if v <= 0.0031308 {
		return max(0, v*12.92)
	}
	return min(1, 1.055*math.Pow(v, 1/2.4)-0.055)
}

// veil is the colour as one that lets through what is behind it.
func (c rgb) veil(alpha float64) color.NRGBA {
	return color.NRGBA{byteOf(c.r), byteOf(c.g), byteOf(c.b), byteOf(alpha)}
}

func byteOf(v float64) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }
