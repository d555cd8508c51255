package prompt

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/text/encoding"

	"easel/shared/request"
)

// The bounds of a file that hold whatever its length.
const (
	MaxRecord  = 4<<20 + 64<<10 // bytes of one row in UTF-8: a body of 4 MiB and what stands around it
	MaxColumns = 1000           // of a CSV
)

// Options say how a file is to be read. Only Decode must be there.
type Options struct {
	Format   Format            // empty: told from the first line
	Likely   Format            // what a file is where its first line does not tell, such as by its name; empty: Text
	Encoding string            // such as windows-1252; empty: UTF-8. A byte order mark overrides it
	Columns  map[string]string // which header stands for a member of a request; an empty one: none does
	Comma    rune              // of a CSV; 0: found among comma, semicolon and tab

	// Lenient reads what people mean, as [job.Meant] has it, and takes JSON as a CSV: members by their aliases, and as
	// metadata what is none. The reader tells what it took for what.
	Lenient bool

	// ReadOptions takes options of other programs, numbers of lists and quotes off the prompts, and reads the options. It
	// needs Lenient.
	ReadOptions bool

	// Lookup finds an encoding that is not among the common ones here, by its name in lower case. It is for programs with
	// room for the tables of East Asia: htmlindex.Get of golang.org/x/text. nil: there are no more.
	Lookup func(name string) (encoding.Encoding, error)

	// Decode reads one row as a JSON object, strictly. The bytes are its own only during the call. Where its error is
	// a [job.Error], or has a method LineFields() []job.FieldError, the fields become those of the LineError.
	Decode func(line []byte) (request.Request, error)
}

// A Reader yields the requests of a file one after the other. It holds one row in memory, whatever the length of the
// file, and is not safe for use by several goroutines.
type Reader struct {
	rows   source
	binder *binder
	taken  Taken
	ends   *folder
	end    error // why nothing more comes

	lenient, options bool // as Options have it
	foreign          Foreign
}

// A source reads rows of one format.
type source interface{ next() (Row, error) }

// NewReader looks at the beginning of a file: its encoding, its format and, of a CSV, the header. It returns a
// [*FileError] for a file that cannot be read as it is, with what to do about it, and otherwise what reading returned.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	if o.Decode == nil {
		return nil, errors.New("prompt: Options.Decode is missing")
	}
	text, name, marked, err := decode(r, o)
	if err != nil {
		return nil, err
	}
	ends := &folder{r: text}
	in := bufio.NewReaderSize(ends, 64<<10)
	first, err := head(in)
	switch {
	case errors.Is(err, io.EOF) && len(bytes.TrimSpace(first)) == 0:
		return nil, &FileError{Detail: "The file is empty. Write a prompt on each line, or a header and rows."}
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("read the file: %w", err)
	}
	reader, err := choose(&lines{r: in, encoding: name}, first, o)
	if err != nil {
		return nil, err
	}
	reader.ends, reader.taken.Mark = ends, marked
	return reader, nil
}

func choose(in *lines, first []byte, o Options) (*Reader, error) {
	b := &binder{decode: o.Decode, lenient: o.Lenient}
	r := &Reader{binder: b, lenient: o.Lenient, options: o.ReadOptions, taken: Taken{Format: o.Format, Encoding: cmp.Or(in.encoding, "utf-8"), Said: o.Format != ""}}
	if o.Format == "" {
		r.taken.Format = told(first, o)
	}
	if err := o.idle(r.taken.Format); err != nil {
		return nil, err
	}
	switch r.taken.Format {
	case CSV:
		t, err := openTable(in, b, o)
		if err != nil {
			return nil, err
		}
		r.rows, r.taken.Separator, r.taken.Quoted = t, separatorName(t.comma), t.quoted
	case NDJSON:
		r.rows = openJSON(in, first, b, o)
	case Text:
		r.rows = &plain{in: in, decode: o.Decode}
	default:
		return nil, &FileError{Detail: fmt.Sprintf("There is no format %q; use %s, %s or %s.", o.Format, CSV, NDJSON, Text)}
	}
	return r, nil
}

// Next returns the next row, or io.EOF after the last. After a [*LineError] reading can go on with the row behind it;
// any other error, such as a [*FileError] or one of the io.Reader, ends it and comes again.
func (r *Reader) Next() (Row, error) {
	if r.end != nil {
		return Row{}, r.end
	}
	row, err := r.rows.next()
	if err == nil && r.lenient {
		err = r.foreignIn(&row)
	}
	if _, on := errors.AsType[*LineError](err); err != nil && !on {
		r.end = err
	}
	return row, err
}

// Format returns what the file is made of.
func (r *Reader) Format() Format { return r.taken.Format }

// Header returns the names of a CSV's columns as they are in the file, and nil for other formats.
func (r *Reader) Header() []string {
	if t, is := r.rows.(*table); is {
		return t.header
	}
	return nil
}

// Dropped returns the columns, in their order, that in some row read so far were not kept as metadata: there was no room,
// or an earlier column has the same name. What had no room is in Row.Columns all the same.
func (r *Reader) Dropped() []string {
	names := slices.Clone(r.binder.dropped)
	if header := r.binder.columns.names; !r.binder.columns.json {
		slices.SortFunc(names, func(a, b string) int { return slices.Index(header, a) - slices.Index(header, b) })
	}
	return names
}

// Readings returns the values that were taken for others in the rows read so far.
func (r *Reader) Readings() []Reading { return r.binder.readings.all }

// Place says where in a file the member stands that a JSON pointer names: of a CSV "column Title", of the JSON object that
// was read last the pointer to it there, otherwise the pointer itself.
func (r *Reader) Place(pointer string) string { return r.binder.columns.place(pointer) }
