package bulk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"easel/shared/api"
)

// line is a row as it lies in the spool.
type line struct {
	Key      string         `json:"key"`
	CustomID string         `json:"custom_id,omitempty"` // as the file has it
	Number   int            `json:"line"`
	Input    api.JobRequest `json:"input"` // with the key as custom_id
	Cells    []string       `json:"cells,omitempty"`
}

// spool keeps the rows of a file on disk while a run lasts, decoded, one a line. So the file is read once, standard input
// is as good as a file, what is sent is what was shown, and memory holds a place for each row instead of its prompt.
type spool struct {
	file *os.File
	out  *bufio.Writer
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
func (s *spool) add(l line) (at int64, err error) {
	b, err := json.Marshal(l)
	if err != nil {
		return 0, fmt.Errorf("put a row aside: %w", err)
	}
	at = s.end
	if _, err := s.out.Write(append(b, '\n')); err != nil {
		return 0, fmt.Errorf("put a row aside: %w", err)
	}
	s.end += int64(len(b)) + 1
	return at, nil
}

func (s *spool) flush() error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("put the rows aside: %w", err)
	}
	return nil
}

// at reads one row. It may be called from many goroutines.
func (s *spool) at(offset int64) (l line, err error) {
	in := bufio.NewReader(io.NewSectionReader(s.file, offset, s.end-offset))
	b, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	if err != nil {
		return l, fmt.Errorf("read back a row: %w", err)
	}
	return l, nil
}

// all reads the rows in their order.
func (s *spool) all() iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		in := json.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.end), 1<<18))
		for in.InputOffset() < s.end-1 {
			var l line
			if err := in.Decode(&l); err != nil {
				yield(l, fmt.Errorf("read back the rows: %w", err))
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// close removes the file.
func (s *spool) close() error {
	name := s.file.Name()
	if err := s.file.Close(); err != nil {
		return err
	}
	return os.Remove(name)
}
