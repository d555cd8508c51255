package bulk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/big"
	"strings"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
	"easel/shared/upright"
)

// MostRows is how many rows one run takes unless it is told otherwise: what a batch holds.
const MostRows = 100_000

// maxFaulty bounds how many faulty rows are read: a file that is of another kind has nothing else.
const maxFaulty = MostRows

// Source is a file of prompts. It is read once, from its beginning to its end.
type Source struct {
	Name     string // in messages, and as the name of the batch
	In       io.Reader
	Options  prompt.Options   // Decode and Lenient are set here
	Defaults request.Request  // model, negative prompt, ratio, style, format and number of calls of rows that name none
	Expand   *template.Expand // how a row becomes many; nil: each is one
	// ExpandedBy is the same as a person said it, for the folder to remember.
	ExpandedBy string
	Most       int64 // rows after expansion; 0: MostRows

	reader   *prompt.Reader // nil until it is read
	expander *template.Expander
	read     int // rows of the file
	hints    hints
}

// FaultsError says that a file holds rows that cannot be sent, and which.
type FaultsError struct {
	File string
	prompt.Faults
	More bool // reading stopped before the end of the file
}

// Error has a line for each kind of fault.
func (e *FaultsError) Error() string {
	rows := fmt.Sprintf("%d faulty rows", e.Rows)
	if e.Rows == 1 {
		rows = "1 faulty row"
	}
	text := fmt.Sprintf("nothing was sent: %s has %s%s", e.File, rows, e.Text())
	if e.More {
		text += fmt.Sprintf("\nThere may be more: reading stopped in line %d.", e.Last())
	}
	return text
}

// TooManyError says that a file comes to more rows than a run may have.
type TooManyError struct {
	Line  int      // of the row with which they became too many
	Count *big.Int // what that row comes to
	Most  int64
}

// Error tells the row that multiplies.
func (e *TooManyError) Error() string {
	if e.Count.IsInt64() && e.Count.Int64() == 1 {
		return fmt.Sprintf("the file has more than %d rows (line %d)", e.Most, e.Line)
	}
	return fmt.Sprintf("the file comes to more than %d pictures: its line %d alone makes %s", e.Most, e.Line, e.Count)
}

// rows yields the rows with all that is made of them. A [*prompt.LineError] is about one row, and reading goes on behind
// it; any other error is the last.
func (s *Source) rows() iter.Seq2[prompt.Row, error] {
	return func(yield func(prompt.Row, error) bool) {
		s.Options.Decode, s.Options.Lenient = api.ParseJob, true
		reader, err := prompt.NewReader(s.In, s.Options)
		if err != nil {
			yield(prompt.Row{}, err)
			return
		}
		s.reader = reader
		if s.Expand != nil {
			s.expander = s.Expand.Open()
		}
		room := big.NewInt(cmp.Or(s.Most, MostRows))
		for {
			row, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				s.read++
				err = s.prepare(&row, room)
			}
			if !s.yield(row, err, yield) || (err != nil && !faulty(err)) {
				return
			}
		}
	}
}

// prepare completes a row before anything is made of it.
func (s *Source) prepare(row *prompt.Row, room *big.Int) error {
	s.look(*row)
	row.Request = s.complete(row.Request)
	if err := s.turn(row); err != nil {
		return err
	}
	return s.charge(*row, room)
}

// turn has the images of a row upright before anything is made of the row.
func (s *Source) turn(row *prompt.Row) error {
	for at, image := range map[string]*[]byte{"/image": &row.Request.Image, "/parameters/mask_image": &row.Request.Mask} {
		out, turned, err := upright.Turn(*image)
		if err != nil {
			return &prompt.LineError{Line: row.Line, Fields: []request.FieldError{request.Faulty(at, "is %s", request.Found(err.Error()))}}
		}
		if turned {
			*image = out
			s.hints.turned++
		}
	}
	return nil
}

func faulty(err error) bool {
	_, is := errors.AsType[*prompt.LineError](err)
	return is
}

// complete gives a row what it leaves to the defaults.
func (s *Source) complete(r request.Request) request.Request {
	d := &s.Defaults
	for _, one := range []struct {
		flag        string
		value, into *string
	}{
		{"--model", &d.Model, &r.Model},
		{"--negative", &d.NegativePrompt, &r.NegativePrompt},
		{"--aspect", &d.AspectRatio, &r.AspectRatio},
		{"--style", &d.StylePreset, &r.StylePreset},
		{"--format", &d.OutputFormat, &r.OutputFormat},
	} {
		if *one.value == "" {
			continue
		}
		used := *one.into == ""
		if used {
			*one.into = *one.value
		}
		s.hints.fallback(one.flag, used)
	}
	if d.MaxModelCalls != nil {
		s.hints.fallback("--max-calls", r.MaxModelCalls == nil)
		r.MaxModelCalls = cmp.Or(r.MaxModelCalls, d.MaxModelCalls)
	}
	return r
}

// charge takes what a row comes to off the room that is left, before anything of it is expanded.
func (s *Source) charge(row prompt.Row, room *big.Int) error {
	count := big.NewInt(1)
	if s.expander != nil {
		var err error
		if count, err = s.expander.Count(row); err != nil {
			return err
		}
	}
	if room.Sub(room, count); room.Sign() < 0 {
		return &TooManyError{Line: row.Line, Count: count, Most: cmp.Or(s.Most, MostRows)}
	}
	return nil
}

func (s *Source) yield(row prompt.Row, err error, yield func(prompt.Row, error) bool) bool {
	if err != nil || s.expander == nil {
		return yield(row, err)
	}
	for expanded, err := range s.expander.Rows(row) {
		if !yield(expanded, err) {
			return false
		}
	}
	return true
}

// note adds what is wrong with a row, in the words of the file: columns may have other names than the members that they
// stand for.
func (s *Source) note(faults *prompt.Faults, lineNumber int, err error) {
	fields := []request.FieldError{{Detail: err.Error()}}
	if e, ok := errors.AsType[*prompt.LineError](err); ok {
		fields = e.Fields
		if len(fields) == 0 {
			fields = []request.FieldError{{Detail: e.Detail, Found: e.Found}}
		}
	}
	if e, ok := errors.AsType[*job.Error](err); ok && len(e.Fields) > 0 {
		fields = e.Fields
	}
	for _, f := range fields {
		at := f.Pointer
		if strings.HasPrefix(at, "/") {
			at, f.Detail = s.reader.Place(at), f.Detail+s.reader.Doubt(at, f.Found)
		}
		if column, is := strings.CutPrefix(at, "column "); is {
			faults.Add(lineNumber, column, "", f)
			continue
		}
		faults.Add(lineNumber, "", strings.TrimPrefix(at, "/"), f)
	}
}
