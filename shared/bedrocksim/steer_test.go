package bedrocksim_test

import (
	"errors"
	"strings"
	"testing"

	"easel/shared/bedrocksim"
	"easel/shared/job"
)

func TestWordsAreReadInCapitals(t *testing.T) {
	g := serve(t, open(t, bedrocksim.Options{Tiny: true}))
	_, err := g.Generate(t.Context(), find(t, "core"), order("a boat [Sim:FILTERED]"))
	if ce, ok := errors.AsType[*job.CallError](err); !ok || ce.Code != job.CodeFiltered {
		t.Errorf("got %v, want the filter", err)
	}
}

func TestWrongWordsAreRefusedWithTheRightOnes(t *testing.T) {
	const list = "408, 424, 500, 503, denied, filtered, inference, notready, output, oversized, reset, throttle, truncated, slow=10s"
	for word, says := range map[string]string{
		"[sim:bogus]":                   `has no word "bogus"`,
		"[sim:]":                        `has no word ""`,
		"[sim: 500]":                    `has no word ""`,
		"[sim:throttlethrottleagain=9]": `has no word "throttlethro"`,
		"[sim:500x]":                    `has no word "500x"`,
		"[sim:slow]":                    `after its word "slow"`,
		"[sim:slow=abc]":                `after its word "slow"`,
		"[sim:slow=-1s]":                `after its word "slow"`,
		"[sim:throttle=x]":              `after its word "throttle"`,
		"[sim:throttle=-1]":             `after its word "throttle"`,
		"[sim:throttle=]":               `after its word "throttle"`,
		"[sim:500 a boat":               `after its word "500"`,
	} {
		for _, prompt := range []string{word, "a boat " + word, "[sim:500] " + word + " at sea"} {
			s := open(t, bedrocksim.Options{Tiny: true})
			_, err := serve(t, s).Generate(t.Context(), find(t, "core"), order(prompt))
			ce, ok := errors.AsType[*job.CallError](err)
			if !ok || ce.Class != job.Rejected || ce.Code != job.CodeInvalid {
				t.Fatalf("%q: got %v, want a rejection", prompt, err)
			}
			if !strings.Contains(ce.Message, says) || !strings.Contains(ce.Message, list) {
				t.Errorf("%q: the error says %q, want %q and the words", prompt, ce.Message, says)
			}
			if n := s.Ledger(bedrocksim.Filter{}).Totals[bedrocksim.Refused]; n != 1 {
				t.Errorf("%q: %d calls refused, want 1", prompt, n)
			}
		}
	}
}
