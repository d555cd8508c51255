package bedrocksim

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // formats of input images
	_ "image/png"  // likewise
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // likewise
)

// order is a request that the model understands.
type order struct {
	model   string
	spec    spec
	guarded bool // a guardrail was given

	prompt   string
	seed     int64 // as sent
	aspect   string
	format   string
	mode     string
	image    []byte
	shape    image.Config // of the input image
	strength float64
	sides    [2]int // of a model that is told them
	style    string // of a model that has a parameter for it

	words []steering
	slow  time.Duration
	drawn int // bytes of the picture
}

func (o order) key() key { return key{o.model, PromptHash(o.prompt), o.seed} }

// read parses and checks a body in the order in which the real service complains: no JSON, no prompt,
// a field too many, a value out of range.
func (o *order) read(body []byte) *answer {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		if json.Valid(body) {
			return malformed("#", "expected type: JSONObject, found: "+kindOf(body))
		}
		return invalid("Malformed input request, please reformat your input and try again.")
	}
	if _, ok := fields[guardrailConfig]; ok {
		if !o.guarded {
			return invalid("The body has " + guardrailConfig + ", and no guardrail was given.")
		}
		delete(fields, guardrailConfig)
		body, _ = json.Marshal(fields) // it was JSON before
	}
	if o.spec.diffusion {
		return o.diffuse(body)
	}
	if _, ok := fields["prompt"]; !ok {
		return malformed("#", "required key [prompt] not found")
	}
	for name := range fields {
		if !slices.Contains(o.spec.fields, name) {
			return o.spec.unknown()
		}
	}
	o.format, o.mode, o.aspect, o.strength = "png", "", "", -1
	for _, name := range o.spec.fields {
		raw, ok := fields[name]
		if !ok {
			continue
		}
		if problem := readers[name](o, raw); problem != "" {
			return malformed("#/"+name, problem)
		}
	}
	if bad := o.agree(); bad != nil {
		return bad
	}
	return o.steer()
}

// agree checks what fields say of each other.
func (o *order) agree() *answer {
	switch {
	case o.mode == "image-to-image" && o.image == nil:
		return malformed("#", "required key [image] not found")
	case o.image == nil:
		return nil
	case o.mode == "text-to-image":
		return malformed("#/image", "image is not allowed in mode text-to-image")
	case o.strength < 0:
		return malformed("#", "required key [strength] not found")
	case o.aspect != "":
		return malformed("#/aspect_ratio", "aspect_ratio is not allowed with an image")
	}
	return nil
}

func malformed(where, problem string) *answer {
	return invalid("Malformed input request: " + where + ": " + problem + ", please reformat your input and try again.")
}

// unknown lists the fields that the model takes, wrapped twice as the real one does it.
func (s spec) unknown() *answer {
	detail, _ := json.Marshal(map[string]string{ // strings always marshal
		"detail": "Invalid field in request. Available fields: ['" + strings.Join(s.fields, "', '") + "']",
	})
	return invalid(string(detail))
}

// readers take one field each and say what is wrong with it.
var readers = map[string]func(*order, json.RawMessage) string{
	"prompt": func(o *order, raw json.RawMessage) string { return text(raw, &o.prompt) },
	"negative_prompt": func(_ *order, raw json.RawMessage) string {
		var unused string
		return text(raw, &unused)
	},
	"aspect_ratio":  func(o *order, raw json.RawMessage) string { return oneOf(raw, aspects, &o.aspect) },
	"output_format": func(o *order, raw json.RawMessage) string { return oneOf(raw, o.spec.formats, &o.format) },
	"mode":          func(o *order, raw json.RawMessage) string { return oneOf(raw, o.spec.modes, &o.mode) },
	"seed":          func(o *order, raw json.RawMessage) string { return number(raw, "Integer", &o.seed, o.spec.maxSeed) },
	"strength":      func(o *order, raw json.RawMessage) string { return number(raw, "Number", &o.strength, 1) },
	"image":         (*order).readImage,
}

// typed takes a value of a type, by the name that the validator of Bedrock has for it.
func typed(raw json.RawMessage, kind string, into any) string {
	if err := json.Unmarshal(raw, into); err != nil || string(raw) == "null" {
		return "expected type: " + kind + ", found: " + kindOf(raw)
	}
	return ""
}

func text(raw json.RawMessage, into *string) string {
	if problem := typed(raw, "String", into); problem != "" {
		return problem
	}
	if n := utf8.RuneCountInString(*into); n > maxPrompt {
		return fmt.Sprintf("expected maxLength: %d, actual: %d", maxPrompt, n)
	}
	return ""
}

func oneOf(raw json.RawMessage, allowed []string, into *string) string {
	return cmp.Or(typed(raw, "String", into), listed(into, allowed))
}

// listed says what is wrong with a word, if anything; nil is none.
func listed(got *string, allowed []string) string {
	if got == nil || slices.Contains(allowed, *got) {
		return ""
	}
	return *got + " is not a valid enum value"
}

func number[T int64 | float64](raw json.RawMessage, kind string, into *T, most T) string {
	return cmp.Or(typed(raw, kind, into), within(into, 0, most))
}

func kindOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	switch raw[0] {
	case '{':
		return "JSONObject"
	case '[':
		return "JSONArray"
	case '"':
		return "String"
	case 't', 'f':
		return "Boolean"
	case 'n':
		return "Null"
	}
	if bytes.ContainsAny(raw, ".eE") {
		return "BigDecimal"
	}
	return "Integer"
}

// within says what is wrong with a number, if anything; nil is none.
func within[T int | int64 | float64](got *T, least, most T) string {
	switch {
	case got == nil:
	case *got < least:
		return fmt.Sprintf("%v is not greater or equal to %v", *got, least)
	case *got > most:
		return fmt.Sprintf("%v is not less or equal to %v", *got, most)
	}
	return ""
}

// readImage looks at the header only; the picture is decoded when it is its turn to be drawn over.
func (o *order) readImage(raw json.RawMessage) string {
	var encoded string
	if problem := typed(raw, "String", &encoded); problem != "" {
		return problem
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "not valid base64"
	}
	shape, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return "not a JPEG, PNG or WebP image"
	}
	if min(shape.Width, shape.Height) < minSide || shape.Width > maxPixels/shape.Height {
		return fmt.Sprintf("sides must be at least %d pixels and the area at most %d", minSide, maxPixels)
	}
	o.image, o.shape = data, shape
	return ""
}
