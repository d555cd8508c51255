package template

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"easel/shared/prompt"
)

// chance makes the random choices of one row. They depend on the row and not on its place: a row that is put in above it
// must not change what it becomes, or everything below would be made and paid for anew.
func (e Expand) chance(own string) *rand.Rand {
	sum := sha256.Sum256([]byte(own))
	return rand.New(rand.NewPCG(uint64(e.Seed), binary.LittleEndian.Uint64(sum[:])))
}

// origin is what tells a row from others: its custom_id, or without one what its prompts are made of.
func origin(row prompt.Row, f *forms) string {
	if row.Request.CustomID != "" {
		return fmt.Sprintf("custom_id %q", row.Request.CustomID)
	}
	own := []string{row.Request.Prompt, row.Request.NegativePrompt}
	for _, b := range []*bound{f.prompt, f.negative} {
		for _, name := range b.root.about().needs {
			own = append(own, name, row.Columns[name])
		}
	}
	return fmt.Sprintf("prompts %q", own)
}
