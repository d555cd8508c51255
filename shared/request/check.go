package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"easel/shared/model"
	"easel/shared/spelling"
)

// Check collects what is wrong with a request, so that a client learns everything at once.
type Check struct {
	Model  model.Model
	Fields []FieldError
}

// Add notes what is wrong with a member, in the words of [Faulty].
func (c *Check) Add(pointer, format string, args ...any) {
	c.Fields = append(c.Fields, Faulty(pointer, format, args...))
}

// Headers are what the images of a request say of themselves.
type Headers struct{ Image, Mask model.Header }

// Request holds a request against the limits of the model. The headers of its images come back, so that nothing reads them twice.
func (c *Check) Request(r Request) Headers {
	c.texts(r)
	c.choices(r)
	c.numbers(r)
	h := Headers{Image: c.image(r)}
	h.Mask = c.mask(r, h.Image)
	c.parameters(r)
	c.Metadata(r.Metadata)
	return h
}

func (c *Check) texts(r Request) {
	switch {
	case strings.TrimSpace(r.Prompt) != "" && !Visible(r.Prompt):
		c.Add("/prompt", "prompt holds nothing that can be seen; say in 1 to %d characters what the picture shows.", c.Model.MaxPrompt)
	case strings.TrimSpace(r.Prompt) == "":
		c.Add("/prompt", "prompt is empty; say in 1 to %d characters what the picture shows.", c.Model.MaxPrompt)
	}
	c.Text("/prompt", r.Prompt, c.Model.MaxPrompt)
	c.Text("/negative_prompt", r.NegativePrompt, c.Model.MaxPrompt)
	c.Text("/custom_id", r.CustomID, MaxName)
	c.Text("/user", r.User, MaxName)
	if r.CustomID != "" && !Visible(r.CustomID) {
		c.Add("/custom_id", "custom_id holds nothing that can be seen; give it a character, or leave it out.")
	}
	styled, ok := model.WithStyle(r.Prompt, r.StylePreset)
	if !ok {
		c.Add("/style_preset", "style_preset %s does not exist; use one of: %s.%s", Quoted(r.StylePreset), strings.Join(model.Styles(), ", "), spelling.MeantBy("style_preset", r.StylePreset, model.Styles()))
		return
	}
	if n := utf8.RuneCountInString(styled); !c.Model.Styled && n > c.Model.MaxPrompt && utf8.RuneCountInString(r.Prompt) <= c.Model.MaxPrompt {
		c.Add("/prompt", "with the words of style_preset %q the prompt has %s characters, %s takes %d; shorten it or leave the style out.", r.StylePreset, figure(n), c.Model.Name, c.Model.MaxPrompt)
	}
}

// Text holds a name or an opaque text against its length in characters.
func (c *Check) Text(pointer, s string, maxChars int) {
	if !utf8.ValidString(s) {
		c.Add(pointer, "%s is not valid UTF-8; send it as UTF-8.", pointer[1:])
		return
	}
	if n := utf8.RuneCountInString(s); n > maxChars {
		c.Add(pointer, "%s has %s characters; at most %d are allowed. Shorten it.", pointer[1:], figure(n), maxChars)
	}
	if found, there := control(s); there {
		c.Add(pointer, "%s holds the control character %s; take it out.", pointer[1:], found)
	}
}

func (c *Check) choices(r Request) {
	c.choice("output_format", r.OutputFormat, c.Model.Formats)
	c.choice("aspect_ratio", r.AspectRatio, c.Model.AspectRatios)
	c.choice("embed", r.Embed, []string{EmbedAll, EmbedNone})
	if r.Image != nil && c.Model.Image != nil && r.AspectRatio != "" {
		c.Add("/aspect_ratio", "%s takes no aspect_ratio beside an image: the picture keeps the image's sides. Leave aspect_ratio out.", c.Model.Name)
	}
}

func (c *Check) choice(name, got string, allowed []string) {
	if got == "" || slices.Contains(allowed, got) {
		return
	}
	hint := spelling.MeantBy(name, got, allowed)
	if w, h, ok := parseRatio(got); ok && name == "aspect_ratio" {
		hint = fmt.Sprintf(" The nearest is %s.", c.Model.Nearest(w, h))
	}
	c.Add("/"+name, "%s %s is not offered by %s; use one of: %s.%s", name, Quoted(got), c.Model.Name, strings.Join(allowed, ", "), hint)
}

// parseRatio reads a ratio in the ways that people write one, for a hint.
func parseRatio(s string) (w, h int, ok bool) {
	s = strings.NewReplacer("x", ":", "X", ":", "×", ":", "/", ":", " ", "").Replace(s)
	n, err := fmt.Sscanf(s, "%d:%d", &w, &h)
	return w, h, err == nil && n == 2 && w > 0 && h > 0
}

func (c *Check) numbers(r Request) {
	if r.Seed != nil && (*r.Seed < 0 || *r.Seed > c.Model.MaxSeed) {
		c.Add("/seed", "seed %s is out of range; %s takes 0 to %d, and 0 draws one for you.", figure(*r.Seed), c.Model.Name, c.Model.MaxSeed)
	}
	c.between("/deadline_seconds", r.DeadlineSeconds, MaxDeadline)
	c.between("/max_model_calls", r.MaxModelCalls, MaxCalls)
	if r.Strength == nil {
		return
	}
	if s := *r.Strength; s < 0 || s > 1 || s != s {
		c.Add("/strength", "strength %s is out of range; use 0 (keep the image) to 1 (ignore it).", figure(s))
	}
	switch {
	case c.Model.Image == nil:
		c.Add("/strength", "%s makes pictures from text alone and takes no strength; leave it out, or use %s with an image.", c.Model.Name, model.FromImage())
	case r.Image == nil:
		c.Add("/strength", "strength says how far to go from an image, and there is none; add image or leave strength out.")
	}
}

func (c *Check) between(pointer string, got *int, upper int) {
	if got != nil && (*got < 1 || *got > upper) {
		c.Add(pointer, "%s %s is out of range; use 1 to %d.", pointer[1:], figure(*got), upper)
	}
}

// Metadata holds pairs against their number and their bytes.
func (c *Check) Metadata(pairs map[string]string) {
	size := 0
	for k, v := range pairs {
		size += len(k) + len(v)
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			c.Add("/metadata", "metadata is not valid UTF-8; send it as UTF-8.")
		} else if found, there := control(k + v); there {
			c.Add("/metadata", "metadata holds in a name or value the control character %s; take it out.", found)
		}
	}
	if len(pairs) > MaxMetadataPairs || size > MaxMetadataBytes {
		c.Add("/metadata", "metadata has %s; at most %d pairs and %d bytes are kept.", Found(fmt.Sprintf("%d pairs and %d bytes", len(pairs), size)), MaxMetadataPairs, MaxMetadataBytes)
	}
}

// parameters holds the model's own settings against its limits.
func (c *Check) parameters(r Request) {
	if json.Valid(r.Parameters) && Canonical(r.Parameters) == nil && r.Mask == nil && len(c.Model.Parameters) == 0 {
		return // an empty object is none
	}
	if r.Parameters == nil && r.Mask != nil {
		r.Parameters = json.RawMessage("{}")
	}
	beside := model.Beside{Image: r.Image != nil, Mask: r.Mask != nil, Strength: r.Strength != nil}
	for _, f := range c.Model.CheckParameters(r.Parameters, beside) {
		c.Add("/parameters"+f.Pointer, "%s", f.Detail)
	}
}

// Clip keeps a value short enough to be repeated in a message.
func Clip(s string) string {
	const maxClip = 60
	s = strings.ToValidUTF8(s, "\ufffd")
	if r := []rune(s); len(r) > maxClip {
		return string(r[:maxClip]) + "…"
	}
	return s
}
