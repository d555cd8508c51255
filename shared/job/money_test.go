package job_test

import (
	"strings"
	"testing"

	"easel/shared/usd"
)

func TestAmountsAreWrittenForPeople(t *testing.T) {
	for micro, want := range map[int64]string{0: "$0.00", 40_000: "$0.04", 2_400_000: "$2.40", 5_000_000: "$5.00", 1_234_567: "$1.234567", 12_500_000_000: "$12500.00"} {
		if got := usd.Format(micro); got != want {
			t.Errorf("%d: got %s, want %s", micro, got, want)
		}
	}
}

func TestAmountsAreReadExactly(t *testing.T) {
	for s, want := range map[string]int64{
		"0.04": 40_000, "12.50": 12_500_000, "5": 5_000_000, "0": 0, "0.000001": 1, "1000000000": 1_000_000_000_000_000,
		"0.30000000": 300_000, "007": 7_000_000, "9007199.254741": 9_007_199_254_741,
	} {
		got, err := usd.Parse(s)
		if err != nil || got != want {
			t.Errorf("%s: got %d, %v", s, got, err)
		}
		if again, err := usd.Parse(usd.Number(got).String()); err != nil || again != got {
			t.Errorf("%s: written as %s and read as %d, %v", s, usd.Number(got), again, err)
		}
	}
	for s, want := range map[string]string{
		"-1": "less than nothing", "0.0000001": "millionth", "1000000001": "more than 1000000000", "99999999999999999999": "more than",
		"": "no amount", ".5": "no amount", "5.": "no amount", "1e3": "no amount", "1,5": "no amount", "$5": "no amount", "+1": "no amount",
		"١": "no amount", "NaN": "no amount", " 1": "no amount", "1.2.3": "no amount", "1." + strings.Repeat("0", 1000) + "x": "no amount",
	} {
		if got, err := usd.Parse(s); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
}
