package prompt

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecordsAreTakenApartAsTheyAreMeant(t *testing.T) {
	for record, want := range map[string][]string{
		`a,b`: {"a", "b"}, ``: {""}, `,`: {"", ""}, `"a,b",c`: {"a,b", "c"}, `"a""b"`: {`a"b`}, `"",""`: {"", ""}, `"",`: {"", ""},
		`"B" ,C`: {"B", "C"}, ` "B",C `: {"B", "C "}, "\t\"B\"\t,C": {"B", "C"}, ` a , b `: {" a ", " b "}, `6" nail,b`: {`6" nail`, "b"},
		"\"a\nb\" , \"c\n\"": {"a\nb", "c\n"}, `"a" b,c`: nil, `"a"b`: nil, `a "b" c`: {`a "b" c`},
	} {
		q := quotes{comma: []byte(",")}
		q.reset()
		sense := true
		for n, line := range strings.Split(record, "\n") {
			sense = sense && q.scan([]byte(line), n+1)
		}
		if diff := cmp.Diff(want, q.cells); sense && (diff != "" || q.open) || sense == (want == nil) {
			t.Errorf("%q: %t (-want +got)\n%s", record, sense, diff)
		}
	}
}

// encoding/csv sees the same cells, where no blanks stand around quotes.
func FuzzQuotes(f *testing.F) {
	for _, seed := range []string{"a,b\n", `"a,b",c`, "\"a\nb\",c", `a "b" c,d`, `"a""b"`, ` "a" ,b`, ` "a, b",c`, `"a" b,c`, "", "\"\"\n", `,,"`, "\u00a0\"a\"", `"",""`} {
		f.Add(seed, true)
		f.Add(strings.ReplaceAll(seed, ",", "\t"), false)
	}
	f.Fuzz(func(t *testing.T, text string, comma bool) {
		if strings.Contains(text, "\r") || strings.TrimSpace(text) == "" {
			return // line ends are folded, and blank lines skipped, before
		}
		sep, blanks := '\t', " \""
		if comma {
			sep, blanks = ',', " \t\""
		}
		if strings.Contains(text, `"`) && strings.ContainsAny(strings.ReplaceAll(text, `"`, ""), strings.Trim(blanks, `"`)) {
			return
		}
		q := quotes{comma: []byte(string(sep))}
		q.reset()
		record := ""
		for n, line := range strings.Split(text, "\n") {
			if n == 0 && strings.TrimSpace(line) == "" {
				return
			}
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
		c := csv.NewReader(strings.NewReader(record + "end"))
		c.Comma, c.LazyQuotes, c.FieldsPerRecord = sep, true, -1
		cells, err := c.Read()
		if err != nil || !slices.Equal(cells, q.cells) {
			t.Fatalf("%q: cells %q, encoding/csv has %q: %v", record, q.cells, cells, err)
		}
		if next, err := c.Read(); err != nil || len(next) != 1 || next[0] != "end" {
			t.Fatalf("%q: encoding/csv ends it elsewhere: then comes %q: %v", record, next, err)
		}
	})
}
