package draw

import "math"

// lineArt: ink contours and hatched shade on paper.
func lineArt(l *look) {
	e, g := l.edges(l.u/640), l.blurred(l.u/200).grey()
	w := l.img.Rect.Dx()
	paper, ink := px{250, 247, 239}, px{28, 28, 40}
	period, wide := max(4, int(l.u/92)), max(1, int(l.u/400))
	l.each(func(x, y, i int, _ px) px {
		k := y*w + x
		c := paper
		shade := float64(g[k])
		if shade < 120 && (x+y)%period < wide {
			c = c.mix(ink, 0.55)
		}
		if shade < 62 && (x-y+4096*period)%period < wide {
			c = c.mix(ink, 0.55)
		}
		return c.mix(ink, min(max((float64(e[k])-14)/34, 0), 1))
	})
}

// comicBook: flat inks, halftone dots in the shade, bold outlines.
func comicBook(l *look) {
	e := l.edges(l.u / 340)
	w, cell := l.img.Rect.Dx(), max(3, l.u/105)
	l.each(func(x, y, i int, c px) px {
		u, v := (float64(x)+float64(y))*0.7071/cell, (float64(x)-float64(y))*0.7071/cell
		du, dv := u-math.Floor(u)-0.5, v-math.Floor(v)-0.5
		dark := 1 - c.luma()/255
		c = c.vivid(1.6).contrast(1.15).steps(5)
		radius := 0.16 + 0.42*dark
		t := min(max((radius-math.Sqrt(du*du+dv*dv))*cell, 0), 1)
		c = c.mix(px{255, 250, 232}, 0.2).mix(c.times(0.62), t)
		return c.mix(px{18, 12, 24}, min(max((float64(e[y*w+x])-34)/16, 0), 1))
	})
	m := l.u * 0.022
	l.fill(flat(hex(0xfffaf0)), rect(-1, -1, l.w+1, l.h+1), reversed(rect(m, m, l.w-m, l.h-m)))
	l.fill(flat(hex(0x120c18)), rect(m*0.75, m*0.75, l.w-m*0.75, l.h-m*0.75), reversed(rect(m*1.1, m*1.1, l.w-m*1.1, l.h-m*1.1)))
}

// anime: cel shading, violet shadows, thin outlines, light from above.
func anime(l *look) {
	soft, e := l.blurred(l.u/40), l.edges(l.u/600)
	w := l.img.Rect.Dx()
	l.each(func(x, y, i int, c px) px {
		t := c.luma()
		step := (math.Floor(t/42) + 0.62) * 42
		c = c.times(step / max(t, 12)).vivid(1.45)
		c = c.mix(px{86, 60, 168}, 0.34*max(0, 1-step/150)).mix(px{255, 244, 236}, 0.06)
		c = c.add(soft.get(i), max(0, soft.get(i).luma()-150)/255*0.26)
		return c.mix(px{52, 30, 74}, 0.85*min(max((float64(e[y*w+x])-26)/22, 0), 1))
	})
	for i := range 6 {
		x := l.w * (0.1 + 0.22*float64(i)) * l.dice.span(0.7, 1.2)
		k := down(0, l.h*0.9, rgb{1, 1, 0.95}, rgb{1, 0.9, 1}).fade(0.3).ending(0)
		k.light = true
		l.fill(k, []vec{{x, -2}, {x + l.u*0.07, -2}, {x - l.u*0.12, l.h * 0.9}, {x - l.u*0.32, l.h * 0.9}})
	}
	for range 12 {
		x, y, r := l.dice.unit()*l.w, l.dice.unit()*l.h*0.8, l.u*l.dice.span(0.008, 0.03)
		l.fill(flat(rgb{1, 1, 1}).fade(0.9), leaf(x-r, y, x+r, y, 0.12), leaf(x, y-r, x, y+r, 0.12))
	}
}

// neonPunk: the scene sinks into the dark and its edges glow.
func neonPunk(l *look) {
	e := l.edges(l.u / 420)
	w := l.img.Rect.Dx()
	tubes := &look{canvas: newCanvas(l.img.Rect.Dx(), l.img.Rect.Dy())}
	tubes.each(func(x, y, i int, _ px) px {
		t := 0.5 + 0.5*math.Sin(float64(x)/l.w*4+float64(y)/l.h*6)
		k := min(max((float64(e[y*w+x])-22)/60, 0), 1)
		return px{255, 30, 190}.mix(px{10, 235, 255}, t).times(k)
	})
	glow := tubes.blurred(l.u / 60)
	l.each(func(x, y, i int, c px) px {
		base := px{14, 4, 34}.mix(c.mix(px{110, 20, 190}, 0.4), 0.2)
		return base.add(glow.get(i), 1.7).add(tubes.get(i), 0.9).times(l.vignette(x, y, 0.4))
	})
	var scan [][]vec
	for y := 0.0; y < l.h; y += max(4, l.u/128) {
		scan = append(scan, rect(0, y, l.w, y+max(1, l.u/512)))
	}
	l.fill(flat(rgb{0.02, 0, 0.08}).fade(0.35), scan...)
}

// model3D: a smooth surface with a studio lamp's highlights, on grey.
func model3D(l *look) {
	soft := l.blurred(l.u / 260)
	g := l.blurred(l.u / 150).slope(l.u / 170)
	w := l.img.Rect.Dx()
	l.each(func(x, y, i int, c px) px {
		s := float64(g[y*w+x])
		c = soft.get(i).mix(c, 0.3).steps(9).mix(c, 0.4).vivid(1.12).mix(px{196, 200, 208}, 0.12)
		c = c.times(1 - 0.0052*s)
		spec := max(0, -s-26) / 70
		return c.add(px{255, 255, 255}, min(spec*spec, 0.75)).times(l.vignette(x, y, 0.3))
	})
	l.fill(halo(vec{l.w * 0.2, l.h * 0.05}, l.u*0.8, rgb{1, 1, 1}, 0.4), rect(0, 0, l.w, l.h))
}

// modelingCompound: soft pastel clay with thumb prints.
func modelingCompound(l *look) {
	lump := l.blurred(l.u / 150)
	g := l.blurred(l.u / 90).slope(l.u / 120)
	w, n := l.img.Rect.Dx(), wave(l.dice.next())
	var row, nudge float64
	l.each(func(x, y, i int, _ px) px {
		if x == 0 {
			row = math.Floor(float64(y) / l.u * 6)
			nudge = n.at(row * 7)
		}
		c := lump.get(i)
		c = c.steps(6).mix(c, 0.35).vivid(1.3).mix(px{255, 228, 205}, 0.16)
		fx, fy := float64(x)/l.u*6-nudge, float64(y)/l.u*6-row-0.5
		fx -= math.Floor(fx + 0.5)
		thumb := 0.0
		if d := math.Sqrt(fx*fx + fy*fy); d < 0.5 {
			thumb = math.Sin(d*44) * (0.5 - d) * 0.09
		}
		return c.times(1 - 0.0045*float64(g[y*w+x]) + thumb)
	})
}
