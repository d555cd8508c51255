package template_test

import (
	"strings"
	"testing"

	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

// A line that is there twice comes up no more often, also in two lists that one name fits; one with a weight does.
func TestARepeatedEntryCountsOnce(t *testing.T) {
	for lists, most := range map[string]int{"red\nred\nred\nblue": 600, "red|red\nred|blue": 600, "3::red\nblue": 800} {
		e := template.Expand{Mode: template.ModeRandom, Picks: 1000, Seed: 1, Lists: template.Lists{}}
		for n, list := range strings.Split(lists, "|") {
			e.Lists["l"+strings.Repeat("x", n)] = strings.Split(list, "\n")
		}
		reds := 0
		for row, err := range e.Rows(prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: "__l*__"}}}) {
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
