package prompt

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A stream reads objects wherever their lines end: those of an array, or one after the other.
type stream struct {
	in     *meter
	values *json.Decoder
	array  bool
	begun  bool
	name   string // of the encoding, as in lines
}

func newStream(in *lines, array bool) *stream {
	m := &meter{r: in.r}
	return &stream{in: m, values: json.NewDecoder(m), array: array, name: in.encoding}
}

func (s *stream) next() ([]byte, int, error) {
	s.in.left = MaxRecord
	if s.array && !s.begun {
		s.begun = true
		if _, err := s.values.Token(); err != nil {
			return nil, 0, s.stop(err)
		}
	}
	s.skip()
	if s.array && !s.values.More() {
		return nil, 0, s.close()
	}
	var value json.RawMessage
	if err := s.values.Decode(&value); err != nil {
		return nil, 0, s.stop(err)
	}
	line := s.line() - bytes.Count(value, []byte("\n"))
	if err := flaw(line, value, s.name); err != nil {
		return nil, 0, err
	}
	return value, line, nil
}

// skip passes over blanks between values, which the decoder would keep all of and look through again with every piece
// that it reads.
func (s *stream) skip() {
	if rest, _ := io.ReadAll(s.values.Buffered()); len(bytes.TrimLeft(rest, blanks)) == 0 {
		s.in.skip()
	}
}

// line is where the decoder stands: what the meter has counted but for what the decoder has not looked at yet.
func (s *stream) line() int {
	rest, _ := io.ReadAll(s.values.Buffered()) // a few kilobytes in memory
	return 1 + s.in.newlines - bytes.Count(rest, []byte("\n"))
}

// close takes the bracket that ends the array and looks for what should not be behind it.
func (s *stream) close() error {
	_, err := s.values.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // to the decoder a token that is missing is the end as any other
	}
	if err != nil {
		return s.stop(err)
	}
	s.skip()
	_, err = s.values.Token()
	if err == nil {
		return broken(s.line(), "Something follows the end of the array. A file holds one array, or an object on each line.")
	}
	return s.stop(err)
}

// stop ends the reading: behind a mistake nothing tells where the next object begins.
func (s *stream) stop(err error) error {
	_, wrong := errors.AsType[*json.SyntaxError](err)
	line := s.line() + s.ahead()
	switch {
	case errors.Is(err, errLong):
		return broken(line, "What begins here has more than %d bytes, the most that is read for one row. Shorten it.", MaxRecord)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return broken(line, "The file ends within the JSON. Check its brackets and quotes from here on.")
	case wrong:
		return broken(line, "What begins here is not JSON: %s. Check quotes, commas and brackets.", err)
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return fmt.Errorf("read line %d: %w", line, err)
}

// ahead counts the line ends between the decoder and what it could not read.
func (s *stream) ahead() int {
	rest, _ := io.ReadAll(s.values.Buffered())
	skipped := len(rest) - len(bytes.TrimLeft(rest, blanks+","))
	return bytes.Count(rest[:skipped], []byte("\n"))
}

const blanks = " \t\n"

var errLong = errors.New("row too long")

// A meter counts lines and stops a value that does not end. It hands out little at a time: what the decoder holds
// unread is looked through for each row.
type meter struct {
	r        *bufio.Reader
	newlines int
	left     int   // bytes that may be read before the row has to end
	err      error // what skip has met
}

// Read reads at most 4 KiB.
func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if m.left <= 0 {
		return 0, errLong
	}
	n, err := m.r.Read(p[:min(len(p), 4096, m.left)])
	m.left -= n
	m.newlines += bytes.Count(p[:n], []byte("\n"))
	return n, err
}

func (m *meter) skip() {
	for {
		b, err := m.r.ReadByte()
		if err != nil {
			m.err = err
			return
		}
		if strings.IndexByte(blanks, b) < 0 {
			_ = m.r.UnreadByte() // it was read
			return
		}
		if b == '\n' {
			m.newlines++
		}
	}
}
