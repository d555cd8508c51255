package prompt

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"easel/shared/request"
)

// A folder makes every line end, be it CR LF, LF or CR, an LF, and ends the file at the byte that DOS ended one with, if
// nothing but line ends follows it.
type folder struct {
	r    io.Reader
	cr   bool   // the last byte read was a CR
	crlf bool   // a CR LF was read
	end  []byte // the end of a DOS file, with what has followed it
	rest []byte // of end, where it was none
	err  error  // of the reader
}

const (
	dosEnd = 0x1a
	maxEnd = 64 << 10 // bytes: DOS filled the last block of a file with it
)

// Read reads and folds.
func (f *folder) Read(p []byte) (int, error) {
	for len(p) > 0 && len(f.rest) == 0 && f.err == nil {
		n, err := f.r.Read(p)
		f.err = err
		if n = f.hold(p[:f.fold(p[:n])]); n > 0 {
			return n, nil
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	if len(f.rest) > 0 || len(p) == 0 {
		return n, nil
	}
	return n, f.err
}

// hold keeps back what may be the end of a DOS file, and returns how much of the text can be read where it lies. What has
// to be read after what was kept back is in rest.
func (f *folder) hold(p []byte) int {
	all := append(f.end, p...)
	kept := all[len(bytes.TrimRight(all, "\x1a\n")):]
	kept = kept[max(0, bytes.IndexByte(kept, dosEnd)):]
	if bytes.IndexByte(kept, dosEnd) < 0 || len(kept) > maxEnd {
		kept = nil
	}
	if len(f.end)+len(kept) == 0 {
		return len(p)
	}
	f.rest = bytes.Clone(all[:len(all)-len(kept)])
	f.end = bytes.Clone(kept)
	return 0
}

func (f *folder) fold(p []byte) int {
	if !f.cr && bytes.IndexByte(p, '\r') < 0 {
		return len(p)
	}
	n := 0
	for _, b := range p {
		if b == '\n' && f.cr {
			f.cr, f.crlf = false, true
			continue
		}
		f.cr = b == '\r'
		if f.cr {
			b = '\n'
		}
		p[n] = b
		n++
	}
	return n
}

// lines reads a file line by line and knows the number of each.
type lines struct {
	r        *bufio.Reader
	encoding string // what the file was decoded from; empty: UTF-8
	buf      []byte
	n        int                    // number of the line read last
	again    func() ([]byte, error) // what the next call returns instead of a new line; nil: nothing
}

// next returns a line without its end, good until the next call. With a *LineError comes the line all the same, as far
// as it fits: a caller that follows quotes across lines has to see it.
func (l *lines) next() ([]byte, error) {
	if again := l.again; again != nil {
		l.again = nil
		return again()
	}
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if long = long || len(l.buf)+len(part) > MaxRecord; !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.buf) == 0 && !long:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read line %d: %w", l.n+1, err)
		}
		l.n++
		line := bytes.TrimPrefix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\ufeff")) // of a file that was put behind another
		return line, l.judge(line, long)
	}
}

// filled returns the next line that is not blank.
func (l *lines) filled() ([]byte, error) {
	for {
		line, err := l.next()
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
}

// peek returns the same and leaves it to the next call.
func (l *lines) peek() ([]byte, error) {
	line, err := l.filled()
	l.again = func() ([]byte, error) { return line, err }
	return line, err
}

func (l *lines) judge(line []byte, long bool) error {
	if long {
		return bad(l.n, "The line has more than %d bytes, the most that is read for one row. Shorten it.", MaxRecord)
	}
	return flaw(l.n, line, l.encoding)
}

// flaw is the error about what keeps a line from being text, or nil. What was decoded is UTF-8 whatever it was before, but holds
// a replacement character where the encoding had no meaning for a byte.
func flaw(n int, line []byte, encoding string) error {
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		return bad(n, "The line holds a zero byte, as UTF-16 does. If the file is UTF-16, say so: --encoding utf-16le or utf-16be. "+
			"Otherwise take it out.")
	case encoding != "" && bytes.ContainsRune(line, utf8.RuneError):
		return bad(n, "The line holds bytes that mean nothing in %s. The file may be in another encoding, "+
			"such as --encoding utf-8 or windows-1252.", encoding)
	case encoding != "" || utf8.Valid(line):
		return nil
	}
	at := 0
	for at < len(line) {
		r, size := utf8.DecodeRune(line[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return bad(n, "The line is not UTF-8: its %s. Spreadsheets on Windows often write "+
		"another encoding: --encoding windows-1252. Or save the file as UTF-8.",
		request.Found(fmt.Sprintf("character %d is the byte 0x%X", utf8.RuneCount(line[:at])+1, line[at])))
}
