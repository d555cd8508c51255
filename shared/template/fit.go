package template

import (
	"fmt"
	"math/big"

	"easel/shared/job"
)

// CodeTooMany is the code of the error of [Fit].
const CodeTooMany = "too_many_jobs"

// Fit refuses a number of prompts beyond the most, before anything is expanded. Its error is a [*job.Error] of kind
// ErrInvalid that reads "The template makes 1,000,000,000,000 prompts; at most 2,500 fit into one request." with advice;
// where names what they have to fit into, such as "one request".
func Fit(n *big.Int, most int64, where string) error {
	if n.Cmp(big.NewInt(most)) <= 0 {
		return nil
	}
	return &job.Error{Kind: job.ErrInvalid, Code: CodeTooMany, Message: fmt.Sprintf(
		"The template makes %s prompts; at most %s fit into %s. Use mode random with a count, or fewer alternatives.",
		grouped(n), grouped(big.NewInt(most)), where)}
}

// grouped writes a number with commas, or from 10^30 on its size, since a person cannot read so many digits.
func grouped(n *big.Int) string {
	digits := n.String()
	if len(digits) > 30 {
		return fmt.Sprintf("at least 10^%d", len(digits)-1)
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
