package prompt

import (
	"encoding/csv"
	"strings"
	"testing"
)

// encoding/csv and what finds the end of a record must see the same cells, or rows would run into each other.
func FuzzQuotes(f *testing.F) {
	for _, seed := range []string{"a,b\n", `"a,b",c`, "\"a\nb\",c", `a "b" c,d`, `"a""b"`, ` "a" ,b`, ` "a, b",c`, `"a" b,c`, "", "\"\"\n", `,,"`, "\u00a0\"a\"", `"",""`} {
		f.Add(seed, true)
		f.Add(strings.ReplaceAll(seed, ",", "\t"), false)
	}
	f.Fuzz(func(t *testing.T, text string, comma bool) {
		if strings.Contains(text, "\r") || strings.TrimSpace(text) == "" {
			return // line ends are folded, and blank lines skipped, before
		}
		sep := '\t'
		if comma {
			sep = ','
		}
		q := quotes{comma: []byte(string(sep)), trim: comma}
		lines := strings.Split(text, "\n")
		if strings.TrimSpace(lines[0]) == "" {
			return
		}
		record := ""
		for n, line := range lines {
			record += line + "\n"
			if !q.scan([]byte(line), n+1) {
				return
			}
			if !q.open {
				break
			}
		}
		if q.open {
			return
		}
		rest := strings.NewReader(record + "end")
		c := csv.NewReader(rest)
		c.Comma, c.LazyQuotes, c.TrimLeadingSpace, c.FieldsPerRecord = sep, true, comma, -1
		cells, err := c.Read()
		if err != nil || len(cells) != q.cells {
			t.Fatalf("%q: %d cells, encoding/csv has %q: %v", record, q.cells, cells, err)
		}
		if next, err := c.Read(); err != nil || len(next) != 1 || next[0] != "end" {
			t.Fatalf("%q: encoding/csv ends it elsewhere: then comes %q: %v", record, next, err)
		}
	})
}
