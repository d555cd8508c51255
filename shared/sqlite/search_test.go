package sqlite

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
)

// TestASearchOfManyWordsIsBounded has searches of which each word would have FTS5 merge most of its index, again and again.
func TestASearchOfManyWordsIsBounded(t *testing.T) {
	for text, want := range map[string]string{
		"red fox":                       `"fox"* "red"*`,
		strings.Repeat("fox FOX ", 25):  `"FOX"*`,
		strings.Repeat("日 ", 100):       `"日"*`,
		"one two three four five a six": `"six"* "a" "five"* "four"* "three"* "two" "one"`,
	} {
		if got := expression(text); got != want {
			t.Errorf("%.20s: got %s, want %s", text, got, want)
		}
	}
}

// TestTheIndexOfWordsKeepsNoWordOfAnErasedJob erases jobs between others. The index of words leaves out of a word what it
// shares with the one before it in the alphabet, so that the ends of words are looked for. No two words have the same.
func TestTheIndexOfWordsKeepsNoWordOfAnErasedJob(t *testing.T) {
	s := startScrubbing(t, 7, 0)
	ends := map[string]bool{} // whether the job is there
	var all []job.Job
	erase := func(n int) {
		for word := range strings.FieldsSeq(all[n].Input.Prompt) {
			if len(word) == 16 {
				ends[word[6:]] = false
			}
		}
		var until *time.Time
		if n%3 == 0 {
			until = minutes(60)
		}
		if err := s.Erase(t.Context(), all[n].ID, all[n].Version, instant(), until); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 600 {
		j, words := order(fmt.Sprint("job ", n)), []string{"a", "common", "fox"}
		for range s.rng.IntN(30) {
			word := fmt.Sprintf("%016x", s.rng.Uint64())
			words, ends[word[6:]] = append(words, word), true
		}
		j.Input.Prompt = strings.Join(words, " ")
		store(t, s.DB, j)
		all = append(all, j)
		if n%2 == 1 {
			erase(n / 2) // half of all, of which the oldest has been in the index for long
		}
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw := bytes.ToLower(s.raw(t))
	left, lost := 0, 0
	for end, there := range ends {
		switch found := bytes.Contains(raw, []byte(end)); {
		case found && !there:
			left++
		case !found && there:
			lost++
		}
	}
	if left > 0 || lost > len(ends)/50 {
		t.Errorf("%d words of erased jobs are left, and %d of others are not found, of %d", left, lost, len(ends))
	}
	seesWhole(t, s.DB)
}
