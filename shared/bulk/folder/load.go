package folder

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"

	"easel/shared/request"
)

// maxLine is how many bytes of a line of the manifest are read; a longer one is none of ours.
const maxLine = 16 << 20

// lines reads a manifest line by line, whatever the length of one.
type lines struct {
	in     *bufio.Reader
	number int
	start  int64 // of the line that next returned
	next   int64
	text   []byte // without its end; cut off if there is no end to it
	whole  bool   // whether it ended in a newline
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, 1<<18)} }

// read goes to the next line. It returns io.EOF after the last.
func (l *lines) read() error {
	l.text, l.whole, l.start = l.text[:0], false, l.next
	l.number++
	for !l.whole {
		part, err := l.in.ReadSlice('\n')
		l.next += int64(len(part))
		l.whole = err == nil
		if len(l.text) <= maxLine {
			l.text = append(l.text, part...)
		}
		if errors.Is(err, io.EOF) && l.next > l.start {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	l.text = bytes.TrimSuffix(l.text, []byte("\n"))
	return nil
}

// loadManifest reads the manifest from its beginning, and cuts off what a crash has left of a last line.
func (m *manifest) loadManifest() (err error) {
	m.file, err = m.root.OpenFile(manifestFile, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o666)
	if err != nil {
		return m.fail("open", manifestFile, err)
	}
	in := newLines(m.file)
	for {
		err := in.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return m.fail("read", manifestFile, err)
		}
		e, understood := readEntry(in.text)
		if !in.whole {
			return m.mend(in, e, understood)
		}
		m.end = in.next
		if understood {
			m.index.enter(in.start, e, false)
		} else if len(bytes.TrimSpace(in.text)) > 0 {
			m.warn(in.number)
		}
	}
}

func readEntry(text []byte) (e Entry, understood bool) {
	if len(text) > maxLine || json.Unmarshal(text, &e) != nil {
		return e, false
	}
	return e, e.Key != ""
}

// mend deals with a last line that has no end. An editor may have taken away just that.
func (m *manifest) mend(in *lines, e Entry, understood bool) error {
	if !understood {
		if err := m.file.Truncate(in.start); err != nil {
			return m.fail("mend", manifestFile, err)
		}
		return nil
	}
	if _, err := m.file.WriteString("\n"); err != nil {
		return m.fail("mend", manifestFile, err)
	}
	m.index.enter(in.start, e, false)
	m.end = in.next + 1
	return nil
}

// strange is what is wrong with a line of the manifest that cannot be read.
var strange = request.FieldError{Detail: "this is no line that easel wrote. It is skipped; " +
	"if the row is still in the file of prompts and its server has the picture, it is fetched again and not paid again"}

func (m *manifest) warn(number int) { m.broken.Add(number, "", "", strange) }
