package prompt

import (
	"fmt"
	"math/big"

	"easel/shared/job"
)

// Matrix multiplies a request: one for each combination of the values given. A member without values stays as the
// request has it; an empty text stands for the default, so that ["", "anime"] makes pictures with a style and without.
type Matrix struct {
	Model       []string `json:"model,omitempty"`
	StylePreset []string `json:"style_preset,omitempty"`
	AspectRatio []string `json:"aspect_ratio,omitempty"`
	Seed        []int64  `json:"seed,omitempty"` // 0: one is drawn
}

func (m Matrix) check() (fields []job.FieldError) {
	add := func(member string, twice any, found bool) {
		if found {
			fields = append(fields, job.FieldError{
				Pointer: "/matrix/" + member,
				Detail:  fmt.Sprintf("%s names %v twice, and each value would be paid for. Name it once; runs makes several pictures of each.", member, twice),
			})
		}
	}
	for _, one := range []struct {
		member string
		values []string
	}{{"model", m.Model}, {"style_preset", m.StylePreset}, {"aspect_ratio", m.AspectRatio}} {
		twice, found := repeated(one.values)
		add(one.member, fmt.Sprintf("%q", brief(twice)), found)
	}
	twice, found := repeated(m.Seed)
	add("seed", twice, found)
	return fields
}

func repeated[T comparable](values []T) (twice T, found bool) {
	seen := map[T]bool{}
	for _, v := range values {
		if seen[v] {
			return v, true
		}
		seen[v] = true
	}
	return twice, false
}

func (m Matrix) count() *big.Int {
	n := big.NewInt(1)
	for _, values := range []int{len(m.Model), len(m.StylePreset), len(m.AspectRatio), len(m.Seed)} {
		n.Mul(n, big.NewInt(int64(max(1, values))))
	}
	return n
}

// each yields the combinations, the seed changing first and the model last.
func (m Matrix) each(r job.Request, yield func(job.Request) bool) bool {
	for _, r.Model = range or(m.Model, r.Model) {
		for _, r.StylePreset = range or(m.StylePreset, r.StylePreset) {
			for _, r.AspectRatio = range or(m.AspectRatio, r.AspectRatio) {
				if !m.seeds(r, yield) {
					return false
				}
			}
		}
	}
	return true
}

func (m Matrix) seeds(r job.Request, yield func(job.Request) bool) bool {
	if len(m.Seed) == 0 {
		return yield(r)
	}
	for _, seed := range m.Seed {
		r.Seed = new(seed)
		if !yield(r) {
			return false
		}
	}
	return true
}

func or(values []string, one string) []string {
	if len(values) == 0 {
		return []string{one}
	}
	return values
}
