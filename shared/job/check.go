package job

import (
	"easel/shared/model"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// check collects what is wrong with a request, so that a client learns everything at once.
type check struct {
	model  model.Model
	fields []FieldError
}

func (c *check) add(pointer, format string, args ...any) {
	c.fields = append(c.fields, Faulty(pointer, format, args...))
}

// headers are what the images of a request say of themselves.
type headers struct{ image, mask model.Header }

// all holds a request against the limits of the model. The headers of its images come back, so that nothing reads them twice.
func (c *check) all(r Request) headers {
	c.texts(r)
	c.choices(r)
	c.numbers(r)
	h := headers{image: c.image(r)}
	h.mask = c.mask(r, h.image)
	c.parameters(r)
	c.metadata(r.Metadata)
	return h
}

func (c *check) texts(r Request) {
	switch {
	case strings.TrimSpace(r.Prompt) != "" && !Visible(r.Prompt):
		c.add("/prompt", "prompt holds nothing that can be seen; say in 1 to %d characters what the picture shows.", c.model.MaxPrompt)
	case strings.TrimSpace(r.Prompt) == "":
		c.add("/prompt", "prompt is empty; say in 1 to %d characters what the picture shows.", c.model.MaxPrompt)
	}
	c.text("/prompt", r.Prompt, c.model.MaxPrompt)
	c.text("/negative_prompt", r.NegativePrompt, c.model.MaxPrompt)
	c.text("/custom_id", r.CustomID, MaxName)
	c.text("/user", r.User, MaxName)
	if r.CustomID != "" && !Visible(r.CustomID) {
		c.add("/custom_id", "custom_id holds nothing that can be seen; give it a character, or leave it out.")
	}
	styled, ok := model.WithStyle(r.Prompt, r.StylePreset)
	if !ok {
		c.add("/style_preset", "style_preset %s does not exist; use one of: %s.%s", quoted(r.StylePreset), strings.Join(model.Styles(), ", "), meantBy("style_preset", r.StylePreset, model.Styles()))
		return
	}
	if n := utf8.RuneCountInString(styled); !c.model.Styled && n > c.model.MaxPrompt && utf8.RuneCountInString(r.Prompt) <= c.model.MaxPrompt {
		c.add("/prompt", "with the words of style_preset %q the prompt has %s characters, %s takes %d; shorten it or leave the style out.", r.StylePreset, figure(n), c.model.Name, c.model.MaxPrompt)
	}
}

func (c *check) text(pointer, s string, most int) {
	if !utf8.ValidString(s) {
		c.add(pointer, "%s is not valid UTF-8; send it as UTF-8.", pointer[1:])
		return
	}
	if n := utf8.RuneCountInString(s); n > most {
		c.add(pointer, "%s has %s characters; at most %d are allowed. Shorten it.", pointer[1:], figure(n), most)
	}
	if found, there := control(s); there {
		c.add(pointer, "%s holds the control character %s; take it out.", pointer[1:], found)
	}
}

func (c *check) choices(r Request) {
	c.choice("/output_format", r.OutputFormat, c.model.Formats, meantBy("output_format", r.OutputFormat, c.model.Formats))
	hint := meantBy("aspect_ratio", r.AspectRatio, c.model.AspectRatios)
	if w, h, ok := parseRatio(r.AspectRatio); ok {
		hint = fmt.Sprintf(" The nearest is %s.", c.model.Nearest(w, h))
	}
	c.choice("/aspect_ratio", r.AspectRatio, c.model.AspectRatios, hint)
	c.choice("/embed", r.Embed, []string{EmbedAll, EmbedNone}, meantBy("embed", r.Embed, []string{EmbedAll, EmbedNone}))
	if r.Image != nil && c.model.Image != nil && r.AspectRatio != "" {
		c.add("/aspect_ratio", "%s takes no aspect_ratio beside an image: the picture keeps the image's sides. Leave aspect_ratio out.", c.model.Name)
	}
}

func (c *check) choice(pointer, got string, allowed []string, hint string) {
	if got == "" || slices.Contains(allowed, got) {
		return
	}
	c.add(pointer, "%s %s is not offered by %s; use one of: %s.%s", pointer[1:], quoted(got), c.model.Name, strings.Join(allowed, ", "), hint)
}

// parseRatio reads a ratio in the ways that people write one, for a hint.
func parseRatio(s string) (w, h int, ok bool) {
	s = strings.NewReplacer("x", ":", "X", ":", "×", ":", "/", ":", " ", "").Replace(s)
	n, err := fmt.Sscanf(s, "%d:%d", &w, &h)
	return w, h, err == nil && n == 2 && w > 0 && h > 0
}

func (c *check) numbers(r Request) {
	if r.Seed != nil && (*r.Seed < 0 || *r.Seed > c.model.MaxSeed) {
		c.add("/seed", "seed %s is out of range; %s takes 0 to %d, and 0 draws one for you.", figure(*r.Seed), c.model.Name, c.model.MaxSeed)
	}
	c.between("/deadline_seconds", r.DeadlineSeconds, MaxDeadline)
	c.between("/max_model_calls", r.MaxModelCalls, MaxCalls)
	if r.Strength == nil {
		return
	}
	if s := *r.Strength; s < 0 || s > 1 || s != s {
		c.add("/strength", "strength %s is out of range; use 0 (keep the image) to 1 (ignore it).", figure(s))
	}
	switch {
	case c.model.Image == nil:
		c.add("/strength", "%s makes pictures from text alone and takes no strength; leave it out, or use %s with an image.", c.model.Name, model.FromImage())
	case r.Image == nil:
		c.add("/strength", "strength says how far to go from an image, and there is none; add image or leave strength out.")
	}
}

func (c *check) between(pointer string, got *int, most int) {
	if got != nil && (*got < 1 || *got > most) {
		c.add(pointer, "%s %s is out of range; use 1 to %d.", pointer[1:], figure(*got), most)
	}
}

func (c *check) metadata(pairs map[string]string) {
	size := 0
	for k, v := range pairs {
		size += len(k) + len(v)
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			c.add("/metadata", "metadata is not valid UTF-8; send it as UTF-8.")
		} else if found, there := control(k + v); there {
			c.add("/metadata", "metadata holds in a name or value the control character %s; take it out.", found)
		}
	}
	if len(pairs) > MaxMetadataPairs || size > MaxMetadataBytes {
		c.add("/metadata", "metadata has %s; at most %d pairs and %d bytes are kept.", Found(fmt.Sprintf("%d pairs and %d bytes", len(pairs), size)), MaxMetadataPairs, MaxMetadataBytes)
	}
}

// parameters holds the model's own settings against its limits.
func (c *check) parameters(r Request) {
	if json.Valid(r.Parameters) && canonical(r.Parameters) == nil && r.Mask == nil && len(c.model.Parameters) == 0 {
		return // an empty object is none
	}
	if r.Parameters == nil && r.Mask != nil {
		r.Parameters = json.RawMessage("{}")
	}
	beside := model.Beside{Image: r.Image != nil, Mask: r.Mask != nil, Strength: r.Strength != nil}
	for _, f := range c.model.CheckParameters(r.Parameters, beside) {
		c.add("/parameters"+f.Pointer, "%s", f.Detail)
	}
}

// clip keeps a value short enough to be repeated in a message.
func clip(s string) string {
	const most = 60
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
