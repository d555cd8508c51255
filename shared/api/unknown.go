package api

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"easel/shared/model"
	"easel/shared/prompt"
	"easel/shared/spelling"
)

// unknownMember is a member that no request has.
type unknownMember struct {
	name string
	raw  json.RawMessage
}

// instead says what to use in place of what people bring from other interfaces, by plain name.
var instead = map[string]string{
	"textprompts": "Write the text to prompt, and what the picture must not show to negative_prompt.",
	"inputs":      "Write the text to prompt.", "text": "Write the text to prompt.",
	"modelid":   "Name the model in model.",
	"initimage": "Send the image in image, base64-encoded.", "imageurl": "Send the file itself in image, base64-encoded.",
	"mode": "Leave it out: with image the model starts from it, without it from the text alone.",
	"ar":   "Use aspect_ratio.", "responseformat": "Use output_format for the type of file; the picture comes as an address.",
}

func init() {
	for _, name := range []string{"n", "samples", "numimages", "numberofimages", "numoutputs", "batchsize", "count", "runs"} {
		instead[name] = `One job makes one picture: order several with POST /batches and "expand": {"runs": 4}.`
	}
	for _, name := range []string{"cfgscale", "cfg", "guidance", "guidancescale", "steps", "numinferencesteps", "inferencesteps", "sampler", "samplername", "scheduler", "clipguidancepreset", "quality", "loras", "vae"} {
		instead[name] = "Current models have no such setting: leave it out."
	}
	for _, name := range []string{"webhook", "webhookurl", "callback", "callbackurl"} {
		instead[name] = "Easel calls nobody: ask for the job with GET /jobs/{id}?wait=20, which answers as soon as it has ended."
	}
}

// explain names every unknown member, what it was probably meant to be, and once what there is.
func (b *body) explain(standard model.Model) {
	m := standard
	if named, ok := model.Find(b.request.Model); ok && named.Spoken() {
		m = named
	}
	for n, u := range b.unknown {
		detail := quote(u.name) + " is not a member of a job." + b.hint(u, m)
		if n == 0 && !b.brief {
			detail += fmt.Sprintf(" %s takes: %s.", m.Alias, strings.Join(accepts(m), ", "))
		}
		b.add(pointerTo(u.name), "%s", detail)
	}
}

func (b *body) hint(u unknownMember, m model.Model) string {
	switch word := normal(u.name); word {
	case "width", "height", "size", "resolution":
		return b.ratio(u, m)
	default:
		own := func(p model.Parameter) bool { return normal(p.Name) == word }
		if n := slices.IndexFunc(m.Parameters, own); n >= 0 {
			return fmt.Sprintf(" Write it into parameters, as %s.", m.Parameters[n].Name)
		}
		if s := instead[word]; s != "" {
			return " " + s
		}
		if alias := prompt.Alias(u.name); alias != "" {
			return " Use " + alias + "."
		}
	}
	return spelling.DidYouMean(u.name, accepts(m))
}

// ratio turns pixels into the nearest aspect ratio, if both sides were given.
func (b *body) ratio(u unknownMember, m model.Model) string {
	var w, h float64
	for _, o := range b.unknown {
		switch normal(o.name) {
		case "width":
			w = side(string(o.raw))
		case "height":
			h = side(string(o.raw))
		}
	}
	if size := strings.Trim(string(u.raw), `"`); w == 0 && h == 0 {
		first, second, _ := strings.Cut(strings.ToLower(size), "x")
		w, h = side(first), side(second)
	}
	if w == 0 || h == 0 {
		return fmt.Sprintf(" Models choose the sides themselves: use aspect_ratio, one of %s.", strings.Join(m.AspectRatios, ", "))
	}
	near := m.Nearest(int(w), int(h))
	wide, high := m.Size(near)
	return fmt.Sprintf(" Models choose the sides themselves: use \"aspect_ratio\": %q, the nearest to %.0f × %.0f (about %d × %d).", near, w, h, wide, high)
}

// side reads a number of pixels, and 0 for what is none.
func side(s string) float64 {
	f, err := strconv.ParseFloat(strings.Trim(s, `"`), 64)
	if err != nil || f < 1 || f > math.MaxInt32 {
		return 0
	}
	return f
}

// normal takes away what people spell differently: capitals, underscores, hyphens.
func normal(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}
