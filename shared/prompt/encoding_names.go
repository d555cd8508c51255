package prompt

import (
	"cmp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"easel/shared/request"
)

// codePages are the encodings that need no Lookup, as errors name them; nil: UTF-8. All but the first have one byte for a character or two, so that a
// table of theirs is a kilobyte or two. Those of Chinese, Japanese and Korean are hundreds, and a function loads all that it could need.
// HTML reads iso-8859-1, -9 and -11 as the Windows encodings that hold them, and so do we.
var codePages = map[string]encoding.Encoding{
	"utf-8": nil, "utf-16le": littleEndian, "utf-16be": bigEndian,

	"windows-874": charmap.Windows874, "windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251,
	"windows-1252": charmap.Windows1252, "windows-1253": charmap.Windows1253, "windows-1254": charmap.Windows1254,
	"windows-1255": charmap.Windows1255, "windows-1256": charmap.Windows1256, "windows-1257": charmap.Windows1257,
	"windows-1258": charmap.Windows1258,

	"iso-8859-2": charmap.ISO8859_2, "iso-8859-3": charmap.ISO8859_3, "iso-8859-4": charmap.ISO8859_4, "iso-8859-5": charmap.ISO8859_5,
	"iso-8859-6": charmap.ISO8859_6, "iso-8859-7": charmap.ISO8859_7, "iso-8859-8": charmap.ISO8859_8, "iso-8859-10": charmap.ISO8859_10,
	"iso-8859-13": charmap.ISO8859_13, "iso-8859-14": charmap.ISO8859_14, "iso-8859-15": charmap.ISO8859_15, "iso-8859-16": charmap.ISO8859_16,

	"macintosh": charmap.Macintosh, "x-mac-cyrillic": charmap.MacintoshCyrillic, "koi8-r": charmap.KOI8R, "koi8-u": charmap.KOI8U,

	"ibm437": charmap.CodePage437, "ibm850": charmap.CodePage850, "ibm852": charmap.CodePage852, "ibm855": charmap.CodePage855,
	"ibm858": charmap.CodePage858, "ibm866": charmap.CodePage866,
}

// spoken are other names that people and programs use for the codePages.
var spoken = map[string]string{
	"ansi": "windows1252", "ascii": "windows1252", "usascii": "windows1252", "latin1": "windows1252", "iso88591": "windows1252",
	"latin2": "iso88592", "latin3": "iso88593", "latin4": "iso88594", "latin5": "windows1254", "iso88599": "windows1254",
	"latin6": "iso885910", "latin9": "iso885915", "iso885911": "windows874", "tis620": "windows874",
	"cyrillic": "iso88595", "arabic": "iso88596", "greek": "iso88597", "hebrew": "iso88598",
	"mac": "macintosh", "xmacroman": "macintosh", "macroman": "macintosh", "maccyrillic": "xmaccyrillic",
	"koi": "koi8r", "koi8": "koi8r", "unicode": "utf16le", "utf16": "utf16le",
}

// nameable tells people of the codePages without naming each. HTML has no iso-8859-12 either.
const nameable = "utf-8, utf-16le, utf-16be, windows-1250 to windows-1258, windows-874, iso-8859-1 to iso-8859-11, " +
	"iso-8859-13 to iso-8859-16, macintosh, x-mac-cyrillic, koi8-r, koi8-u, ibm437, ibm850, ibm852, ibm855, ibm858, ibm866"

// encoding is what the file is said to be in, and its name: nil and nothing for UTF-8.
func (o Options) encoding() (encoding.Encoding, string, error) {
	asked := cmp.Or(strings.ToLower(strings.TrimSpace(o.Encoding)), "utf-8")
	for name, found := range codePages {
		switch {
		case between.Replace(name) != squeezed(asked):
		case found == nil:
			return nil, "", nil
		default:
			return found, name, nil
		}
	}
	if o.Lookup == nil {
		return nil, "", broken(0, "There is no encoding %q here. Use %s. Or save the file as UTF-8.", request.Clip(asked), nameable)
	}
	found, err := o.Lookup(asked)
	if err != nil {
		return nil, "", broken(0, "There is no encoding %q. Use %s; or another name that HTML knows, such as shift_jis, "+
			"euc-kr, big5 or gb18030.", request.Clip(asked), nameable)
	}
	return found, asked, nil
}

// FindEncoding returns the encoding of a name that [Taken] has, and nil for UTF-8 and for what is none. Lookup is that of [Options].
func FindEncoding(name string, lookup func(string) (encoding.Encoding, error)) encoding.Encoding {
	found, _, _ := Options{Encoding: name, Lookup: lookup}.encoding()
	return found
}

var between = strings.NewReplacer("-", "", "_", "", " ", "")

// squeezed is a name as codePages has it: ISO_8859-15 is iso-8859-15, and cp1252 is windows-1252.
func squeezed(name string) string {
	name = between.Replace(name)
	if page, ok := strings.CutPrefix(strings.TrimPrefix(name, "x"), "cp"); ok {
		name = "ibm" + page
		if strings.HasPrefix(page, "125") {
			name = "windows" + page
		}
	}
	return cmp.Or(spoken[name], name)
}
