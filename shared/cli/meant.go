package cli

import (
	"fmt"
	"strings"

	"easel/shared/api"
	"easel/shared/spelling"
)

// meantFlags reads the flags of values that people spell in many ways, and says in a sentence each what it has read as
// another word: --style "Digital Art" as digital-art.
type meantFlags struct{ said []string }

func (m *meantFlags) read(flag, member string, value *string) {
	if meant := spelling.Meant(member, *value); meant != *value {
		m.said = append(m.said, fmt.Sprintf("%s %s is read as %s.", flag, quote(clip(*value, 40)), meant))
		*value = meant
	}
}

// meant returns what the flags of an order were read as.
func (o *order) meant() []string {
	var m meantFlags
	m.members(&o.request)
	return m.said
}

func (m *meantFlags) members(r *api.JobRequest) {
	m.read("--model", "model", &r.Model)
	m.read("--style", "style_preset", &r.StylePreset)
	m.read("--aspect", "aspect_ratio", &r.AspectRatio)
	m.read("--format", "output_format", &r.OutputFormat)
	m.read("--embed", "embed", &r.Embed)
}

// meant returns what the flags for rows, and the values of a matrix, were read as.
func (r *rowFlags) meant() []string {
	var m meantFlags
	given := api.FromRequest(r.defaults)
	m.members(&given)
	d := &r.defaults
	d.Model, d.StylePreset, d.AspectRatio, d.OutputFormat = given.Model, given.StylePreset, given.AspectRatio, given.OutputFormat
	for n, pair := range r.matrix {
		name, list, ok := strings.Cut(pair, "=")
		if !ok {
			continue // it is refused
		}
		values := strings.Split(list, ",")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
			m.read("--matrix "+name, matrixName(name), &values[i])
		}
		r.matrix[n] = strings.Join(append([]string{name + "=" + values[0]}, values[1:]...), ",")
	}
	return m.said
}

// sayAll tells sentences, a line each.
func (a *app) sayAll(sentences []string) {
	for _, text := range sentences {
		a.say("%s", text)
	}
}
