package prompt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"easel/shared/job"
	"easel/shared/request"
)

// LineError says what is wrong with one row of a file.
type LineError struct {
	Line   int                  // where the row begins, or the mistake in it, from 1
	Fields []request.FieldError // what is wrong with its members; Pointer is "column Title" for a CSV; may be empty
	Detail string               // what was wrong and what to do
	Found  string               // what this row holds, as Detail writes it; empty: Detail is the same for every row
}

// Error returns the line with what is wrong on it.
func (e *LineError) Error() string {
	if len(e.Fields) == 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Detail)
	}
	var parts []string
	for _, f := range e.Fields {
		if f.Pointer != "" {
			f.Detail = f.Pointer + ": " + f.Detail
		}
		parts = append(parts, f.Detail)
	}
	return fmt.Sprintf("line %d: %s", e.Line, strings.Join(parts, "; "))
}

// FileError says why a file cannot be read, or not to its end.
type FileError struct {
	Line   int    // from 1; 0: the file as a whole
	Detail string // what was found, what is wanted, what to do
}

// Error returns the detail, with the line where there is one.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.Detail
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Detail)
}

func bad(line int, format string, args ...any) error {
	f := request.Faulty("", format, args...)
	return &LineError{Line: line, Detail: f.Detail, Found: f.Found}
}

func broken(line int, format string, args ...any) error {
	return &FileError{Line: line, Detail: fmt.Sprintf(format, args...)}
}

// final makes an error of a row one that ends the reading: what stands below a header that cannot be read means nothing.
func final(err error) error {
	if e, ok := errors.AsType[*LineError](err); ok {
		return &FileError{Line: e.Line, Detail: e.Detail}
	}
	return err
}

// refused turns an error of Options.Decode into one that names the line. The line that its fields may name is one of
// the object, which is of no use to the reader of a file.
func refused(line int, err error) *LineError {
	e := &LineError{Line: line, Detail: err.Error()}
	var fields []request.FieldError
	var other interface{ LineFields() []request.FieldError }
	if known, ok := errors.AsType[*job.Error](err); ok {
		e.Detail, fields = known.Message, known.Fields
	} else if errors.As(err, &other) {
		fields = other.LineFields()
	}
	for _, f := range fields {
		f.Line = line
		e.Fields = append(e.Fields, f)
	}
	return e
}

func figure(n int) request.Found { return request.Found(strconv.Itoa(n)) }
