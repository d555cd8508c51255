package prompt

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"easel/shared/request"
)

// marks are the byte order marks, by which a file says its encoding itself.
var marks = []struct {
	mark, name string
	encoding   encoding.Encoding // nil: UTF-8
}{
	{"\xef\xbb\xbf", "", nil},
	{"\xff\xfe", "utf-16le", littleEndian},
	{"\xfe\xff", "utf-16be", bigEndian},
}

var (
	littleEndian = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	bigEndian    = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
)

// wrongFileTypes begin files of other kinds, which people take for text because a program shows them as a table.
var wrongFileTypes = []struct{ magic, detail string }{
	{"PK\x03\x04", "The file is a spreadsheet or another zip, not text. Save the table as CSV in UTF-8."},
	{"\xd0\xcf\x11\xe0", "The file is a spreadsheet of an old kind, not text. Save the table as CSV in UTF-8."},
	{"\x1f\x8b", "The file is compressed with gzip. Unpack it: gunzip -c FILE."},
	{"%PDF-", "The file is a PDF, not text. Save the prompts as text or CSV in UTF-8."},
}

// decode returns the file as UTF-8 without its byte order mark, whether it had one, and the name of its encoding: nothing
// for UTF-8, whose mistakes are left in, since a line that has one can be named.
func decode(r io.Reader, o Options) (text io.Reader, name string, marked bool, err error) {
	from, name, err := o.encoding()
	if err != nil {
		return nil, "", false, err
	}
	in := bufio.NewReader(r)
	first, err := in.Peek(5)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", false, fmt.Errorf("read the file: %w", err)
	}
	for _, s := range wrongFileTypes {
		if bytes.HasPrefix(first, []byte(s.magic)) {
			return nil, "", false, &FileError{Detail: s.detail}
		}
	}
	for _, m := range marks {
		if bytes.HasPrefix(first, []byte(m.mark)) {
			_, _ = in.Discard(len(m.mark)) // it was there
			if o.contradicted(name, m.name) {
				return nil, "", false, broken(0, "--encoding %s has no effect: the file says itself, by its first bytes, that it is %s. Leave --encoding out.",
					request.Clip(o.Encoding), cmp.Or(m.name, "utf-8"))
			}
			from, name, marked = m.encoding, m.name, true
			break
		}
	}
	if from == nil {
		return in, "", marked, nil
	}
	return transform.NewReader(in, from.NewDecoder()), name, marked, nil
}

// contradicted reports whether an encoding was asked for by name and the mark of a file says another. utf-16 is either.
func (o Options) contradicted(asked, marked string) bool {
	if !o.Lenient || o.Encoding == "" || asked == marked {
		return false
	}
	return marked == "" || between.Replace(strings.ToLower(o.Encoding)) != "utf16"
}
