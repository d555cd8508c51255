package request

import (
	"fmt"
	"strconv"
	"strings"

	"easel/shared/model"
)

// FieldError points at one member of a request.
type FieldError struct {
	Pointer string // JSON pointer, such as /aspect_ratio
	Line    int    // of a body with many requests, from 1; 0: it has one
	Detail  string // what was found, what is allowed, what to do
	Found   string // what this request holds, as Detail writes it; empty: Detail is the same for every request
}

// Found is an argument of [Faulty] that differs between requests which break the same rule.
type Found string

// Faulty words what is wrong with a member. The first [Found] among the arguments becomes that of the error.
func Faulty(pointer, format string, args ...any) FieldError {
	f := FieldError{Pointer: pointer, Detail: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if found, is := a.(Found); is {
			f.Found = string(found)
			break
		}
	}
	return f
}

// Rule is the detail without what was found: requests that break the same rule have the same one, whatever they hold.
func (f FieldError) Rule() string {
	if f.Found == "" {
		return f.Detail
	}
	return strings.Replace(f.Detail, f.Found, "…", 1)
}

// Quoted writes a text of a request, short enough to be repeated in a message.
func Quoted(s string) Found { return Found(strconv.Quote(Clip(s))) }

// figure writes a number of a request.
func figure[T int | int64 | float64](n T) Found { return Found(fmt.Sprint(n)) }

// sides writes how large an image of a request is.
func sides(h model.Header) Found { return Found(fmt.Sprintf("%d × %d", h.Width, h.Height)) }
