package sqlite

import (
	"fmt"
	"strconv"
	"strings"

	"easel/shared/job"
)

// receipt names one receive of a message: the next receive has another.
type receipt struct {
	message  int64
	receives int
}

// String writes a receipt as [Delivery] has it.
func (r receipt) String() string {
	return strconv.FormatInt(r.message, 10) + "-" + strconv.Itoa(r.receives)
}

// parseReceipt reads a receipt, or returns job.ErrInvalid.
func parseReceipt(text string) (r receipt, err error) {
	message, receives, _ := strings.Cut(text, "-")
	r.message, err = strconv.ParseInt(message, 10, 64)
	if err == nil {
		r.receives, err = strconv.Atoi(receives)
	}
	if err != nil {
		return receipt{}, fmt.Errorf("%q is not a receipt: %w", text, job.ErrInvalid)
	}
	return r, nil
}
