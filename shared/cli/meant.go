package cli

import (
	"strings"

	"easel/shared/api"
	"easel/shared/spelling"
)

// mean reads the value of a flag that people spell in many ways, and says what it has read as another word: --style "Digital
// Art" as digital-art.
func (a *app) mean(flag, member string, value *string) {
	if meant := spelling.Meant(member, *value); meant != *value {
		a.say("%s %s is read as %s.", flag, quote(clip(*value, 40)), meant)
		*value = meant
	}
}

func (a *app) meanAll(s *api.Settings) {
	a.mean("--model", "model", &s.Model)
	a.mean("--style", "style_preset", &s.StylePreset)
	a.mean("--aspect", "aspect_ratio", &s.AspectRatio)
	a.mean("--format", "output_format", &s.OutputFormat)
}

// meant reads the flags for rows, and the values of a matrix.
func (r *rowFlags) meant(a *app) {
	a.meanAll(&r.defaults.Settings)
	for n, pair := range r.matrix {
		name, list, ok := strings.Cut(pair, "=")
		if !ok {
			continue // it is refused
		}
		values := strings.Split(list, ",")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
			a.mean("--matrix "+name, matrixName(name), &values[i])
		}
		r.matrix[n] = name + "=" + strings.Join(values, ",")
	}
}

// sayAll tells sentences, a line each.
func (a *app) sayAll(sentences []string) {
	for _, text := range sentences {
		a.say("%s", text)
	}
}
