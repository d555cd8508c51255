package template

import (
	"iter"
	"math/big"
	"math/rand/v2"

	"easel/shared/prompt"
)

// scope is what the names in a template refer to.
type scope struct {
	Lists   Lists
	Columns map[string]string
}

// Count returns how many texts the template stands for.
func (t *textTemplate) Count(s scope) (*big.Int, error) {
	b, err := t.bind(&library{lists: s.Lists}, s.Columns)
	if err != nil {
		return nil, err
	}
	return b.root.about().count, nil
}

// All yields the texts, and none where Count has an error.
func (t *textTemplate) All(s scope) iter.Seq[string] {
	return func(yield func(string) bool) {
		if b, err := t.bind(&library{lists: s.Lists}, s.Columns); err == nil {
			b.all(yield)
		}
	}
}

// Pick returns one of the texts.
func (t *textTemplate) Pick(s scope, r *rand.Rand) (string, error) {
	b, err := t.bind(&library{lists: s.Lists}, s.Columns)
	if err != nil {
		return "", err
	}
	return b.pick(r), nil
}

// Count returns how many rows a row becomes.
func (e Expand) Count(row prompt.Row) (*big.Int, error) { return e.Open().Count(row) }

// Rows yields what a row becomes.
func (e Expand) Rows(row prompt.Row) iter.Seq2[prompt.Row, error] { return e.Open().Rows(row) }
