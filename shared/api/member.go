package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"easel/shared/model"
	"easel/shared/request"
)

// member is one name that a request may have.
type member struct {
	name string
	read func(b *body, name string, raw json.RawMessage)
}

// members are all of them, in the order in which they are told to people.
var members = []member{
	{"prompt", textMember(func(r *request.Request) *string { return &r.Prompt })},
	{"model", textMember(func(r *request.Request) *string { return &r.Model })},
	{"negative_prompt", textMember(func(r *request.Request) *string { return &r.NegativePrompt })},
	{"aspect_ratio", textMember(func(r *request.Request) *string { return &r.AspectRatio })},
	{"seed", wholeMember(func(r *request.Request) **int64 { return &r.Seed })},
	{"style_preset", textMember(func(r *request.Request) *string { return &r.StylePreset })},
	{"output_format", textMember(func(r *request.Request) *string { return &r.OutputFormat })},
	{"image", readImage},
	{"strength", readStrength},
	{"parameters", readParameters},
	{"metadata", readMetadata},
	{"custom_id", textMember(func(r *request.Request) *string { return &r.CustomID })},
	{"user", textMember(func(r *request.Request) *string { return &r.User })},
	{"deadline_seconds", wholeMember(func(r *request.Request) **int { return &r.DeadlineSeconds })},
	{"max_model_calls", wholeMember(func(r *request.Request) **int { return &r.MaxModelCalls })},
	{"embed", textMember(func(r *request.Request) *string { return &r.Embed })},
}

// find returns the member of that name. stylePreset has a second name, because requests of older
// models that people have at hand spell it so.
func find(name string) (member, bool) {
	if name == "stylePreset" {
		name = "style_preset"
	}
	for _, m := range members {
		if m.name == name {
			return m, true
		}
	}
	return member{}, false
}

// accepts lists the members that a request for this model may have.
func accepts(m model.Model) []string {
	var names []string
	for _, f := range members {
		if m.Image == nil && (f.name == "image" || f.name == "strength") || m.Parameters == nil && f.name == "parameters" {
			continue
		}
		names = append(names, f.name)
	}
	return names
}

func textMember(of func(*request.Request) *string) func(*body, string, json.RawMessage) {
	return func(b *body, name string, raw json.RawMessage) {
		*of(&b.request), _ = b.text(pointerTo(name), name, raw)
	}
}

// text reads a string, and refuses half a surrogate pair, which the JSON package would replace.
func (b *body) text(pointer, name string, raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		b.add(pointer, "%s must be a string; it is %s. Put it into double quotes.", request.Clip(name), kindOf(raw))
		return "", false
	}
	if escape := loneSurrogate(raw); escape != "" {
		b.add(pointer, halfCharacter, request.Clip(name), escape)
		return "", false
	}
	return s, true
}

const halfCharacter = "%s holds %s, one half of a character; write the character itself, or both halves."

// escapes are whole surrogate pairs, halves of one, and all other escapes.
var escapes = regexp.MustCompile(`\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)|\\.`)

// loneSurrogate returns the first escape in a string that is half of a surrogate pair.
func loneSurrogate(raw []byte) string {
	if !bytes.Contains(raw, []byte(`\ud`)) && !bytes.Contains(raw, []byte(`\uD`)) {
		return ""
	}
	for at := escapes.FindSubmatchIndex(raw); at != nil; at = escapes.FindSubmatchIndex(raw) {
		if at[2] >= 0 {
			return string(raw[at[2]:at[3]])
		}
		raw = raw[at[1]:]
	}
	return ""
}

// wholeMember reads an integer exactly: through a float a large seed would become its neighbour.
func wholeMember[T int | int64](of func(*request.Request) **T) func(*body, string, json.RawMessage) {
	return func(b *body, name string, raw json.RawMessage) {
		kind := kindOf(raw)
		n, err := strconv.ParseInt(string(raw), 10, 64)
		value := T(n)
		switch {
		case kind == "a string":
			b.add(pointerTo(name), "%s must be a whole number; it is the string %s. Leave the quotes out.", name, verbatim(raw))
		case kind != "a number":
			b.add(pointerTo(name), "%s must be a whole number such as 7; it is %s.", name, kind)
		case errors.Is(err, strconv.ErrRange) || int64(value) != n:
			b.add(pointerTo(name), "%s %s is far out of range; use a smaller whole number.", name, verbatim(raw))
		case err != nil:
			b.add(pointerTo(name), "%s must be a whole number such as 7; it is %s.", name, verbatim(raw))
		default:
			*of(&b.request) = &value
		}
	}
}

// verbatim is a value as it stands in the body.
func verbatim(raw json.RawMessage) request.Found { return request.Found(request.Clip(string(raw))) }

func readStrength(b *body, name string, raw json.RawMessage) {
	var f float64
	if kind := kindOf(raw); kind != "a number" {
		b.add(pointerTo(name), "%s must be a number from 0 to 1, such as 0.35; it is %s.", name, kind)
		return
	}
	if json.Unmarshal(raw, &f) != nil {
		b.add(pointerTo(name), "%s %s is out of range; use 0 (keep the image) to 1 (ignore it).", name, verbatim(raw))
		return
	}
	b.request.Strength = &f
}

func readMetadata(b *body, name string, raw json.RawMessage) {
	if kind := kindOf(raw); kind != "an object" {
		b.add(pointerTo(name), `%s must be an object of strings, such as {"project": "atlas"}; it is %s.`, name, kind)
		return
	}
	pairs := map[string]string{}
	for key, raw := range each(raw) {
		if _, twice := pairs[key]; twice {
			b.add(pointerTo(name, key), "%s is there twice in metadata; keep one of them.", quote(key))
			continue
		}
		pairs[key], _ = b.text(pointerTo(name, key), "metadata "+quote(key), raw)
	}
	b.request.Metadata = overlay(b.request.Metadata, pairs)
}

// overlay lays pairs over those of defaults, which other requests share.
func overlay(defaults, pairs map[string]string) map[string]string {
	if len(defaults) == 0 {
		return pairs
	}
	all := maps.Clone(defaults)
	maps.Copy(all, pairs)
	return all
}

// readParameters takes the mask out of the parameters: it is a file, and no record holds files. What the
// others may be is known to the model.
func readParameters(b *body, name string, raw json.RawMessage) {
	if kind := kindOf(raw); kind != "an object" {
		b.add(pointerTo(name), `%s must be an object, such as {"steps": 30}; it is %s.`, name, kind)
		return
	}
	if escape := loneSurrogate(raw); escape != "" {
		b.add(pointerTo(name), halfCharacter, name, escape)
		return
	}
	fields := map[string]json.RawMessage{}
	for key, value := range each(raw) {
		if _, twice := fields[key]; twice {
			b.add(pointerTo(name, key), "%s is there twice in %s; keep one of them.", quote(key), name)
		}
		fields[key] = value
	}
	maps.DeleteFunc(fields, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	b.request.Mask = nil // that of defaults belongs to their parameters
	if mask, there := fields[maskImage]; there {
		delete(fields, maskImage)
		b.request.Mask = b.file(pointerTo(name, maskImage), maskImage, mask)
	}
	b.request.Parameters, _ = json.Marshal(fields) // it was JSON before
}

const maskImage = "mask_image"

func readImage(b *body, name string, raw json.RawMessage) {
	b.request.Image = b.file(pointerTo(name), name, raw)
}

// file takes base64 with and without the prefix of a data URL, which browsers put before it.
func (b *body) file(pointer, name string, raw json.RawMessage) []byte {
	s, ok := b.text(pointer, name, raw)
	if !ok {
		return nil
	}
	start := 0
	if head, _, found := strings.Cut(s, ";base64,"); found && strings.HasPrefix(head, "data:image/") {
		start = len(head) + len(";base64,")
	}
	switch {
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		b.add(pointer, "%s is an address, and Easel fetches nothing; send the file itself, base64-encoded.", name)
		return nil
	case start == len(s):
		b.add(pointer, "%s is empty; send a file, base64-encoded, or leave %s out.", name, name)
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(s[start:])
	if corrupt, ok := errors.AsType[base64.CorruptInputError](err); ok {
		b.add(pointer, "%s is not base64: %s does not belong there. Encode the file's bytes with the standard alphabet and padding.", name,
			request.Found(fmt.Sprintf("character %d of %d", int64(start)+int64(corrupt)+1, len(s))))
		return nil
	}
	return data
}
