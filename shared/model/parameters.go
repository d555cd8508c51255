package model

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The kinds of a [Parameter].
const (
	KindNumber  = "number"
	KindInteger = "integer"
	KindChoice  = "choice"  // one of its Values
	KindObject  = "object"  // passed through as it is
	KindPrompts = "prompts" // a list of {"text", "weight"}
	KindImage   = "image"   // travels beside the others, as [Request.Mask]
)

// MaxParameterBytes bounds the JSON of all parameters but the mask. It is a bound of our own: they are
// kept in the record.
const MaxParameterBytes = 65_536

// maxFaults bounds how many of them are told at once: a body has room for thousands.
const maxFaults = 32

// Parameter is a setting that one model has and others do not. An order gives it under its name in the
// object "parameters".
type Parameter struct {
	Name     string
	Kind     string
	Min, Max float64         // of a number, an integer, or the length of a list of prompts
	MaxText  int             // characters of one text in a list of prompts
	Values   []string        // of a choice
	Default  json.RawMessage // sent where the order does not say; nil: the model decides
}

// Fault is something wrong with the parameters of an order.
type Fault struct {
	Pointer string // from the parameters on, such as /steps; empty for all of them
	Detail  string // what is wrong and what is allowed
}

// Beside says what an order holds beside its parameters.
type Beside struct{ Image, Mask, Strength bool }

// elsewhere are names that the model's own request has and that an order gives by another.
var elsewhere = map[string]string{
	"width": "Use aspect_ratio of the order.", "height": "Use aspect_ratio of the order.", "seed": "Use seed of the order.",
	"style_preset": "Use style_preset of the order.", "init_image": "Use image of the order.", "init_image_mode": "Use image_mode.",
	"image_strength": "Use strength of the order, which counts the other way: 0 keeps the image, 1 ignores it.",
	"samples":        "One job makes one picture: send several jobs.",
}

// CheckParameters says what is wrong with the parameters of an order: a name that the model does not
// have, a value out of its range, or a value that does not go with the rest of the order.
func (m Model) CheckParameters(raw json.RawMessage, beside Beside) []Fault {
	fields, fault := m.object(raw)
	if fault != nil {
		return []Fault{*fault}
	}
	var faults []Fault
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if len(faults) == maxFaults {
			break
		}
		n := slices.IndexFunc(m.Parameters, func(p Parameter) bool { return p.Name == name })
		if n < 0 {
			faults = append(faults, m.unknown(name))
			continue
		}
		if at, detail := m.Parameters[n].check(fields[name]); detail != "" {
			faults = append(faults, Fault{"/" + name + at, name + " " + detail})
		}
	}
	if len(faults) > 0 || m.agree == nil {
		return faults
	}
	return m.agree(raw, beside)
}

// object takes parameters apart. Where there are none, the map is empty.
func (m Model) object(raw json.RawMessage) (map[string]json.RawMessage, *Fault) {
	fields := map[string]json.RawMessage{}
	switch {
	case len(raw) == 0:
		return fields, nil
	case len(m.Parameters) == 0:
		return nil, &Fault{Detail: fmt.Sprintf("%s takes no parameters; leave them out.", cmp.Or(m.Alias, m.ID))}
	case len(raw) > MaxParameterBytes:
		return nil, &Fault{Detail: fmt.Sprintf("parameters have %d bytes; at most %d are allowed, without the mask.", len(raw), MaxParameterBytes)}
	case json.Unmarshal(raw, &fields) != nil || fields == nil:
		return nil, &Fault{Detail: `parameters must be an object such as {"steps": 30}.`}
	}
	return fields, nil
}

func (m Model) unknown(name string) Fault {
	names := make([]string, len(m.Parameters))
	for n, p := range m.Parameters {
		names[n] = p.Name
	}
	if most := 60; utf8.RuneCountInString(name) > most {
		name = string([]rune(name)[:most]) + "…"
	}
	detail := fmt.Sprintf("%q is no parameter of %s.", name, m.Name)
	if use := elsewhere[name]; use != "" {
		detail += " " + use
	}
	pointer := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	return Fault{pointer, detail + " It has: " + strings.Join(names, ", ") + "."}
}

// check returns what is wrong with a value, and where below it.
func (p Parameter) check(raw json.RawMessage) (at, detail string) {
	switch p.Kind {
	case KindNumber, KindInteger:
		return "", p.number(raw)
	case KindChoice:
		var s string
		if json.Unmarshal(raw, &s) != nil || !slices.Contains(p.Values, s) {
			return "", "must be one of: " + strings.Join(p.Values, ", ") + "."
		}
	case KindObject:
		if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			return "", "must be an object; it is sent on as it is."
		}
	case KindPrompts:
		return p.prompts(raw)
	case KindImage:
		return "", "must be an image file, base64-encoded."
	}
	return "", ""
}

func (p Parameter) number(raw json.RawMessage) string {
	f, err := strconv.ParseFloat(string(raw), 64)
	whole := err == nil && f == math.Trunc(f) && !strings.ContainsAny(string(raw), ".eE")
	if err != nil || f < p.Min || f > p.Max || (p.Kind == KindInteger && !whole) {
		return fmt.Sprintf("must be %s from %g to %g.", map[string]string{KindInteger: "a whole number", KindNumber: "a number"}[p.Kind], p.Min, p.Max)
	}
	return ""
}

// prompts looks at every text, since a wrong one is refused by the model with all the others.
func (p Parameter) prompts(raw json.RawMessage) (at, detail string) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) < int(p.Min) || len(list) > int(p.Max) {
		return "", fmt.Sprintf(`must be a list of %g to %g objects such as {"text": "fog", "weight": 0.5}.`, p.Min, p.Max)
	}
	for n, one := range list {
		var w WeightedPrompt
		d := json.NewDecoder(bytes.NewReader(one))
		d.DisallowUnknownFields()
		if err := d.Decode(&w); err != nil || string(one) == "null" || strings.TrimSpace(w.Text) == "" {
			return fmt.Sprintf("/%d", n), `has an entry that is not like {"text": "fog", "weight": 0.5}; text is needed, weight is 1 where it is left out.`
		}
		if size := utf8.RuneCountInString(w.Text); size > p.MaxText {
			return fmt.Sprintf("/%d/text", n), fmt.Sprintf("has a text of %d characters; at most %d are allowed.", size, p.MaxText)
		}
	}
	return "", ""
}

// FillParameters adds the defaults to parameters that were checked, with their names in order. It
// returns nil for a model that has none.
func (m Model) FillParameters(raw json.RawMessage) json.RawMessage {
	if len(m.Parameters) == 0 {
		return nil
	}
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &fields) // nothing to add to is well
	for _, p := range m.Parameters {
		if _, given := fields[p.Name]; !given && p.Default != nil {
			fields[p.Name] = p.Default
		}
	}
	out, _ := json.Marshal(fields) // it was JSON before
	return out
}
