package prompt_test

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

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
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV, Encoding: c.encoding}), c.want)
		})
	}
}

func TestEncodingsOfOtherFormats(t *testing.T) {
	expect(t, transcript(t, "\xff\xfe"+utf16le("[{\"prompt\":\"Zoë\"},\n{\"prompt\":\"b\"}]"), prompt.Options{}), []string{`1 {"prompt":"Zoë"}`, `2 {"prompt":"b"}`})
	expect(t, transcript(t, "\xff\xfe"+utf16le("Zoë\r\nb\r\n"), prompt.Options{}), []string{`1 {"prompt":"Zoë"}`, `2 {"prompt":"b"}`})
	expect(t, transcript(t, "a\nb\xe9\nc", prompt.Options{}), []string{`1 {"prompt":"a"}`, "~line 2: The line is not UTF-8: its character 2 is the byte 0xE9", `3 {"prompt":"c"}`})
}
