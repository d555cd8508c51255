package template

import (
	"fmt"
	"math/big"
	"strconv"

	"easel/shared/model"
	"easel/shared/request"
)

// Matrix multiplies a request: one for each combination of the values given. A member without values stays as the
// request has it; an empty text stands for the default, so that ["", "anime"] makes pictures with a style and without.
type Matrix struct {
	Model       []string `json:"model,omitempty"`
	StylePreset []string `json:"style_preset,omitempty"`
	AspectRatio []string `json:"aspect_ratio,omitempty"`
	Seed        []int64  `json:"seed,omitempty"` // 0: one is drawn
}

// Add gives a member one more value: model, style_preset, aspect_ratio or seed.
func (m *Matrix) Add(member, value string) error {
	axis := map[string]*[]string{"model": &m.Model, "style_preset": &m.StylePreset, "aspect_ratio": &m.AspectRatio}[member]
	switch {
	case axis != nil:
		*axis = append(*axis, value)
		return nil
	case member != "seed":
		return fmt.Errorf("%q is no member of a matrix; use model, style_preset, aspect_ratio or seed", request.Clip(member))
	}
	seed, err := strconv.ParseInt(request.PlainNumber(value), 10, 64)
	if err != nil {
		return fmt.Errorf("seed must be a whole number such as 7; it is %q", request.Clip(value))
	}
	m.Seed = append(m.Seed, seed)
	return nil
}

func (m Matrix) check() (fields []request.FieldError) {
	add := func(member, value string) {
		fields = append(fields, request.FieldError{
			Pointer: "/matrix/" + member,
			Detail:  fmt.Sprintf("%s names %s twice, and each value would be paid for. Name it once; runs makes several pictures of each.", member, value),
		})
	}
	for _, one := range []struct {
		member        string
		given, values []string
	}{{"model", m.Model, modelIDs(m.Model)}, {"style_preset", m.StylePreset, m.StylePreset}, {"aspect_ratio", m.AspectRatio, m.AspectRatio}} {
		if at := repeated(one.values); at >= 0 {
			add(one.member, strconv.Quote(request.Clip(one.given[at])))
		}
	}
	if at := repeated(m.Seed); at >= 0 {
		add("seed", strconv.FormatInt(m.Seed[at], 10))
	}
	return fields
}

// modelIDs resolves aliases: a model that is named by both its names is paid for twice.
func modelIDs(names []string) []string {
	ids := make([]string, len(names))
	for n, name := range names {
		ids[n] = name
		if m, found := model.Find(name); found {
			ids[n] = m.ID
		}
	}
	return ids
}

// repeated is the place of the first value that was there before, or -1.
func repeated[T comparable](values []T) int {
	seen := map[T]bool{}
	for at, v := range values {
		if seen[v] {
			return at
		}
		seen[v] = true
	}
	return -1
}

func (m Matrix) count() *big.Int {
	n := big.NewInt(1)
	for _, values := range []int{len(m.Model), len(m.StylePreset), len(m.AspectRatio), len(m.Seed)} {
		n.Mul(n, big.NewInt(int64(max(1, values))))
	}
	return n
}

// each yields the combinations, the seed changing first and the model last.
func (m Matrix) each(r request.Request, yield func(request.Request) bool) bool {
	for _, r.Model = range or(m.Model, r.Model) {
		for _, r.StylePreset = range or(m.StylePreset, r.StylePreset) {
			for _, r.AspectRatio = range or(m.AspectRatio, r.AspectRatio) {
				for _, r.Seed = range m.seeds(r.Seed) {
					if !yield(r) {
						return false
					}
				}
			}
		}
	}
	return true
}

func (m Matrix) seeds(own *int64) (all []*int64) {
	for _, seed := range m.Seed {
		all = append(all, new(seed))
	}
	return or(all, own)
}

func or[T any](values []T, one T) []T {
	if len(values) == 0 {
		return []T{one}
	}
	return values
}
