package prompt_test

import (
	"strings"
	"testing"

	"easel/shared/job"
	"easel/shared/prompt"
)

// A line that is there twice comes up no more often, also in two lists that one name fits; one with a weight does.
func TestARepeatedEntryCountsOnce(t *testing.T) {
	for lists, most := range map[string]int{"red\nred\nred\nblue": 600, "red|red\nred|blue": 600, "3::red\nblue": 800} {
		e := prompt.Expand{Mode: prompt.ModeRandom, Picks: 1000, Seed: 1, Lists: prompt.Lists{}}
		for n, list := range strings.Split(lists, "|") {
			e.Lists["l"+strings.Repeat("x", n)] = strings.Split(list, "\n")
		}
		reds := 0
		for row, err := range e.Rows(prompt.Row{Request: job.Request{Prompt: "__l*__"}}) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Request.Prompt == "red" {
				reds++
			}
		}
		if reds > most || reds < most-200 {
			t.Errorf("%q: red came %d times of 1000", lists, reds)
		}
	}
}
