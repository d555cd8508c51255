package folder

import (
	"encoding/csv"
	"io"
	"strings"

	"golang.org/x/text/encoding"

	"easel/shared/prompt"
)

// A tableWriter writes rows in a dialect.
type tableWriter struct {
	w      io.Writer
	closer io.Closer // of the encoder, which may hold back what it has been given; nil: none
	csv    *csv.Writer
	quoted bool
	comma  string
	end    string // of a line
}

// newTableWriter begins a table. It has a mark of the byte order where a program would take its encoding for another one.
func newTableWriter(w io.Writer, d prompt.Taken, code encoding.Encoding, marked bool) (*tableWriter, error) {
	s := &tableWriter{w: w, quoted: d.Quoted, comma: d.Comma(), end: "\n"}
	if code != nil {
		encoder := code.NewEncoder().Writer(w)
		s.w = encoder
		s.closer, _ = encoder.(io.Closer)
	}
	if d.CRLF {
		s.end = "\r\n"
	}
	s.csv = csv.NewWriter(s.w)
	s.csv.Comma, s.csv.UseCRLF = []rune(s.comma)[0], d.CRLF
	if !marked {
		return s, nil
	}
	_, err := io.WriteString(s.w, "\ufeff")
	return s, err
}

func (s *tableWriter) row(cells []string) error {
	if !s.quoted {
		return s.csv.Write(cells)
	}
	quoted := make([]string, len(cells))
	for n, value := range cells {
		quoted[n] = `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
	}
	_, err := io.WriteString(s.w, strings.Join(quoted, s.comma)+s.end)
	return err
}

func (s *tableWriter) close() error {
	s.csv.Flush()
	if err := s.csv.Error(); err != nil || s.closer == nil {
		return err
	}
	return s.closer.Close()
}
