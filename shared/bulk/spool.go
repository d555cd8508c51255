package bulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"easel/shared/api"
)

// line is a row as it lies in the spool.
type line struct {
	Key      string         `json:"key"`
	CustomID string         `json:"custom_id,omitempty"` // as the file has it
	Number   int            `json:"line"`
	Input    api.JobRequest `json:"-"` // with the key as custom_id
	Cells    []string       `json:"cells,omitempty"`
}

// place is where in the spool the request of a row lies, as JSON.
type place struct {
	at   int64
	size int32
}

// spool keeps the rows of a file on disk while a run lasts, decoded: the request of a row as it is sent, and on the next line
// what else is known of it. So the file is read once, standard input is as good as a file, what is sent is what was shown, and
// memory holds a place for each row instead of its prompt.
type spool struct {
	file *os.File
	out  *bufio.Writer
	row  bytes.Buffer
	end  int64
}

func newSpool(path string) (*spool, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("put the rows aside: %w", err)
	}
	return &spool{file: file, out: bufio.NewWriterSize(file, 1<<18)}, nil
}

// add returns where the row lies. It can be read after flush.
func (s *spool) add(l line) (place, error) {
	s.row.Reset()
	out := json.NewEncoder(&s.row)
	out.SetEscapeHTML(false)
	err := out.Encode(l.Input)
	p := place{at: s.end, size: int32(s.row.Len() - 1)}
	if err == nil {
		err = out.Encode(l)
	}
	if err == nil {
		_, err = s.out.Write(s.row.Bytes())
	}
	if err != nil {
		return place{}, fmt.Errorf("put a row aside: %w", err)
	}
	s.end += int64(s.row.Len())
	return p, nil
}

func (s *spool) flush() error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("put the rows aside: %w", err)
	}
	return nil
}

// request is the JSON of a row. Like line it may be called by many goroutines.
func (s *spool) request(p place) (json.RawMessage, error) {
	text := make([]byte, p.size)
	if _, err := s.file.ReadAt(text, p.at); err != nil {
		return nil, fmt.Errorf("read back a row: %w", err)
	}
	return text, nil
}

// line is a row with all that is known of it.
func (s *spool) line(p place) (l line, err error) {
	in := json.NewDecoder(io.NewSectionReader(s.file, p.at, s.end-p.at))
	var request api.JobRequest
	if err = in.Decode(&request); err == nil {
		err = in.Decode(&l)
	}
	if err != nil {
		return l, fmt.Errorf("read back a row: %w", err)
	}
	l.Input = request
	return l, nil
}

// close removes the file.
func (s *spool) close() error {
	path := s.file.Name()
	if err := s.file.Close(); err != nil {
		return err
	}
	return os.Remove(path)
}
