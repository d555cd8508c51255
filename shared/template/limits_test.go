package template

import (
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestABillionLaughsAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ inner, last, want string }{
		"long texts":    {strings.Repeat("__%d__ ", 8), "ha", "The template makes texts of more than 131072 bytes."},
		"long choices":  {strings.Repeat("__%d__ ", 8), "{a|b}", "The template makes texts of more than 131072 bytes."},
		"long picks":    {"{8$$ with $$__%d__|1|2|3|4|5|6|7|8|9}", "{a|b}", "The template makes texts of more than 131072 bytes."},
		"many columns":  {strings.Repeat("__%d__", 8), "{{title}}", "The template makes texts of more than 131072 bytes."},
		"a long chain":  {"__%d__", "ha", "Lists name each other more than 50 deep."},
		"large numbers": {"{2$$__%d__|{3$$__%d__|x} y|__%d__ z}", "{a|b}", "The template "},
	} {
		t.Run(name, func(t *testing.T) {
			deep := Lists{"60": {c.last}}
			for n := range 60 {
				deep[fmt.Sprint(n)] = []string{strings.ReplaceAll(c.inner, "%d", fmt.Sprint(n+1))}
			}
			for from := range 50 {
				if name == "a long chain" && from > 0 {
					break
				}
				parsed, err := parse(fmt.Sprintf("__%d__", from))
				if err != nil {
					t.Fatal(err)
				}
				n, err := parsed.Count(scope{deep, cells})
				if err == nil || from > 10 && !strings.Contains(err.Error(), c.want) {
					t.Fatalf("from %d: got %v, %v, want %s", from, n, err, c.want)
				}
			}
		})
	}
}

func TestWhatCannotBeCountedSoonIsRefused(t *testing.T) {
	var uneven []string
	for i := range MaxEntries {
		uneven = append(uneven, fmt.Sprintf("x%d {%s}", i, numbered(1+i%7)))
	}
	parsed, err := parse(strings.Repeat("{100$$__l__}", 12))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := parsed.Count(scope{Lists: Lists{"l": uneven}}); err == nil || !strings.HasPrefix(err.Error(), "The template is too large to be counted") {
		t.Errorf("counted %v, %v", n, err)
	}
}

func TestLongCellsCount(t *testing.T) {
	parsed, err := parse(strings.Repeat("{{title}}", 1000))
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]bool{130: true, 131: false} {
		if n, err := parsed.Count(scope{Columns: map[string]string{"title": strings.Repeat("x", size)}}); (err == nil) != want {
			t.Errorf("%d bytes: %v, %v", size, n, err)
		}
	}
}

func TestATrillionTextsAnswerAtOnce(t *testing.T) {
	template := strings.Repeat("{0|1|2|3|4|5|6|7|8|9}", 9) + "{0|1|2|3|4}{0|1}{0|1|2|3|4|5|6|7|8|9}{0|1|2|3|4|5|6|7|8|9}"
	small := "{a|b}"
	parsed, err := parse(template)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := parsed.Count(scope{}); err != nil || n.Cmp(big.NewInt(1_000_000_000_000)) != 0 {
		t.Errorf("counted %v, %v", n, err)
	}
	var first []string
	for text := range parsed.All(scope{}) {
		if first = append(first, text); len(first) == 3 {
			break
		}
	}
	if diff := cmp.Diff([]string{"0000000000000", "0000000000001", "0000000000002"}, first); diff != "" {
		t.Error(diff)
	}
	wide, err := parse(strings.Repeat(small, MaxBytes/len(small)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := wide.Count(scope{}); err != nil || n.BitLen() != MaxBytes/len(small)+1 {
		t.Errorf("2^%d has %d bits, %v", MaxBytes/len(small), n.BitLen(), err)
	}
	for text := range wide.All(scope{}) {
		if len(text) != MaxBytes/len(small) {
			t.Errorf("a text of %d bytes", len(text))
		}
		break
	}
}

func TestMemoryDoesNotGrowWithTheTexts(t *testing.T) {
	parsed, err := parse(strings.Repeat("{0|1|2|3|4|5|6|7|8|9}", 12) + " {3$$__colors__|__a*__|x|y}")
	if err != nil {
		t.Fatal(err)
	}
	var early, late runtime.MemStats
	n := 0
	for range parsed.All(scope{Lists: Lists{"colors": {"red"}, "a1": {"b", "c"}}}) {
		switch n++; n {
		case 1000:
			runtime.GC()
			runtime.ReadMemStats(&early)
		case 200_000:
			runtime.GC()
			runtime.ReadMemStats(&late)
		}
		if n == 200_000 {
			break
		}
	}
	if grown := int64(late.HeapAlloc) - int64(early.HeapAlloc); grown > 256<<10 {
		t.Errorf("%d bytes more after %d texts", grown, n)
	}
}
