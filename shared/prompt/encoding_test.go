package prompt_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"easel/shared/prompt"
)

func utf16le(s string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return string(out)
}

func utf16be(s string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return string(out)
}

func TestEncodings(t *testing.T) {
	const file = "prompt\tseed\r\nZoë 🦊\t7\r\n"
	want := []string{`2 {"prompt":"Zoë 🦊","seed":7}`}
	for name, c := range map[string]struct {
		file, encoding string
		want           []string
	}{
		"UTF-8":                   {file, "", want},
		"UTF-8 by name":           {file, "UTF-8", want},
		"UTF-8 with a mark":       {"\xef\xbb\xbf" + file, "", want},
		"as Excel writes Unicode": {"\xff\xfe" + utf16le(file), "", want},
		"big-endian":              {"\xfe\xff" + utf16be(file), "", want},
		"UTF-16 by name":          {utf16le(file), "utf-16le", want},
		"UTF-16 by a loose name":  {"\xff\xfe" + utf16le(file), "UTF16", want},
		"UTF-16 without its mark": {utf16be(file), "utf-16be", want},
		"a mark against the name": {"\xef\xbb\xbf" + file, "windows-1252", want},
		"UTF-16 against the name": {"\xfe\xff" + utf16be(file), "utf-16le", want},
		"Windows":                 {"prompt\nZo\xeb \x80\x93", "windows-1252", []string{`2 {"prompt":"Zoë €“"}`}},
		"Windows by its old name": {"prompt\nZo\xeb", " Latin-1 ", []string{`2 {"prompt":"Zoë"}`}},
		"a Mac":                   {"prompt\rZo\x91", "mac-roman", []string{`2 {"prompt":"Zoë"}`}},
		"Japanese":                {"prompt\n\x8c\xcf", "shift_jis", []string{`2 {"prompt":"狐"}`}},
		"a separator below 0x40":  {"prompt,seed\n\x83\x5c,7", "Shift_JIS", []string{`2 {"prompt":"ソ","seed":7}`}},
		"the wrong name":          {"prompt\nZo\xeb\nb", "shift_jis", []string{"~line 2: The line holds bytes that mean nothing in shift_jis.", `3 {"prompt":"b"}`}},
		"half a character":        {"prompt\nbc", "utf-16le", []string{"~end: line 1: The line holds bytes that mean nothing in utf-16le"}},
		"half a pair":             {"\xff\xfe" + utf16le("prompt\na") + "\x3e\xd8" + utf16le("\nb"), "", []string{"~line 2: The line holds bytes that mean nothing in utf-16le", `3 {"prompt":"b"}`}},
		"UTF-16 nobody knows of":  {utf16le("prompt\na"), "", []string{"~end: line 1: The line holds a zero byte, as UTF-16 does. If the file is UTF-16, say so: --encoding utf-16le"}},
		"a replacement in UTF-8":  {"prompt\na\ufffdb", "", []string{"2 {\"prompt\":\"a\ufffdb\"}"}},
		"a workbook":              {"PK\x03\x04\x14\x00", "", []string{"~end: The file is a spreadsheet or another zip, not text. Save the table as CSV"}},
		"an old workbook":         {"\xd0\xcf\x11\xe0\xa1", "", []string{"~end: The file is a spreadsheet of an old kind"}},
		"what is compressed":      {"\x1f\x8b\x08\x00\x00", "", []string{"~end: The file is compressed with gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV, Encoding: c.encoding, Lookup: htmlindex.Get}), c.want)
		})
	}
}

func TestEncodingsOfOtherFormats(t *testing.T) {
	expect(t, transcript(t, "\xff\xfe"+utf16le("[{\"prompt\":\"Zoë\"},\n{\"prompt\":\"b\"}]"), prompt.Options{}), []string{`1 {"prompt":"Zoë"}`, `2 {"prompt":"b"}`})
	expect(t, transcript(t, "\xff\xfe"+utf16le("Zoë\r\nb\r\n"), prompt.Options{}), []string{`1 {"prompt":"Zoë"}`, `2 {"prompt":"b"}`})
	expect(t, transcript(t, "a\nb\xe9\nc", prompt.Options{}), []string{`1 {"prompt":"a"}`, "~line 2: The line is not UTF-8: its character 2 is the byte 0xE9", `3 {"prompt":"c"}`})
}

// labels are names of one-byte encodings as HTML, Windows, databases and people write them.
const labels = `ibm866 cp866 latin2 iso-8859-2 ISO_8859-2 iso8859-2 latin3 iso-8859-3 latin4 iso-8859-4 cyrillic iso-8859-5 arabic iso-8859-6
greek iso-8859-7 hebrew iso-8859-8 latin6 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8 koi8-r koi8-u mac macintosh
x-mac-roman windows-874 tis-620 iso-8859-11 windows-1250 cp1250 x-cp1250 windows-1251 CP1251 ascii us-ascii latin1 iso-8859-1 iso88591
windows-1252 cp1252 windows-1253 cp1253 latin5 iso-8859-9 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 x-mac-cyrillic`

func TestCommonEncodingsAreThoseOfHTML(t *testing.T) {
	for label := range strings.FieldsSeq(labels) {
		want, err := htmlindex.Get(label)
		if err != nil {
			t.Fatal(err)
		}
		same(t, label, want)
	}
}

func TestCodePagesOfDOS(t *testing.T) {
	for label, want := range map[string]encoding.Encoding{
		"ibm437": charmap.CodePage437, "cp850": charmap.CodePage850, "IBM-852": charmap.CodePage852,
		"ibm855": charmap.CodePage855, "cp858": charmap.CodePage858, "ansi": charmap.Windows1252,
	} {
		same(t, label, want)
	}
}

// same reads each byte that ASCII does not have, without Lookup. A row is no text where a byte means nothing.
func same(t *testing.T, label string, want encoding.Encoding) {
	t.Helper()
	for b := 0x80; b <= 0xff; b++ {
		text, err := want.NewDecoder().String(string([]byte{'a', byte(b), 'z'}))
		if err != nil {
			t.Fatal(err)
		}
		r, err := prompt.NewReader(strings.NewReader("a"+string([]byte{byte(b)})+"z"), prompt.Options{Format: prompt.Text, Encoding: label, Decode: strict})
		if err != nil {
			t.Fatal(err)
		}
		row, err := r.Next()
		if strings.ContainsRune(text, utf8.RuneError) != (err != nil) || err == nil && row.Request.Prompt != text {
			t.Errorf("%s reads %#x as %q (%v), want %q", label, b, row.Request.Prompt, err, text)
		}
	}
}

func TestUnknownEncodingsAreRefusedWithThoseThatAreKnown(t *testing.T) {
	for name, want := range map[string]string{
		"klingon":   `~end: There is no encoding "klingon" here. Use utf-8, utf-16le, utf-16be, windows-1250 to windows-1258, windows-874, iso-8859-1 to`,
		"shift_jis": `~end: There is no encoding "shift_jis" here. Use utf-8`,
		"-":         `~end: There is no encoding "-" here`,
	} {
		expect(t, transcript(t, "a", prompt.Options{Encoding: name}), []string{want})
	}
	want := []string{`~end: There is no encoding "klingon". Use utf-8, utf-16le,`}
	expect(t, transcript(t, "a", prompt.Options{Encoding: "klingon", Lookup: htmlindex.Get}), want)
}
