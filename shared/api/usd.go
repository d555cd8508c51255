package api

import (
	"fmt"

	"easel/shared/usd"
)

// bound reads what a batch may cost at the most. Nothing would mean no bound, which is the opposite of what 0 says.
func bound(s string) (int64, error) {
	micro, err := usd.Parse(s)
	if err == nil && micro == 0 {
		err = fmt.Errorf("%s would allow no picture; write an amount such as 12.50, or leave it out for no bound", quote(s))
	}
	return micro, err
}
