package prompt_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/prompt"
)

func TestOptionsOfOtherProgramsAreRead(t *testing.T) {
	for line, want := range map[string]string{
		`--prompt "a fox" --negative_prompt "people" --seed 5`:  `{"prompt":"a fox","negative_prompt":"people","seed":5}`,
		`--prompt "a \"red\" fox"`:                              `{"prompt":"a \"red\" fox"}`,
		`--prompt "a fox" --width 1344 --height 768 --steps 30`: `{"prompt":"a fox","aspect_ratio":"16:9"}`,
		`a fox --ar 16:9`:                                              `{"prompt":"a fox","aspect_ratio":"16:9"}`,
		`a fox —ar 16x9 --v 6.1 --stylize 250`:                         `{"prompt":"a fox","aspect_ratio":"16:9"}`,
		`a fox, red --no people, text --ar 2:3 --seed 7 --style Anime`: `{"prompt":"a fox, red","negative_prompt":"people, text","aspect_ratio":"2:3","seed":7,"style_preset":"anime"}`,
		`a fox --style raw --tile`:                                     `{"prompt":"a fox"}`,
		`a fox --seed -1`:                                              `{"prompt":"a fox"}`,
		`a fox --ar=3:2`:                                               `{"prompt":"a fox","aspect_ratio":"3:2"}`,
		`a fox --negative-prompt 'blurry'`:                             `{"prompt":"a fox","negative_prompt":"blurry"}`,
		`--ar 16:9 a fox`:                                              `{"prompt":"a fox","aspect_ratio":"16:9"}`,
		`a fox -n4 -S1`:                                                `{"prompt":"a fox","seed":1}`,
		`a fox -s 50 -W 1024 -H 1024 -C7.5 -A k_lms`:                   `{"prompt":"a fox","aspect_ratio":"1:1"}`,
		`"quoted"`:                          `{"prompt":"quoted"}`,
		`“a red fox”,`:                      `{"prompt":"a red fox"}`,
		`„ein Fuchs“`:                       `{"prompt":"ein Fuchs"}`,
		`1. a fox`:                          `{"prompt":"a fox"}`,
		`12) "a fox --ar 1:1"`:              `{"prompt":"a fox","aspect_ratio":"1:1"}`,
		`- a fox`:                           `{"prompt":"a fox"}`,
		`• a fox`:                           `{"prompt":"a fox"}`,
		`a fox -- in snow`:                  `{"prompt":"a fox -- in snow"}`,
		`a --very red fox, 2-n4 -5 degrees`: `{"prompt":"a --very red fox, 2-n4 -5 degrees"}`,
		`"a fox" says "no"`:                 `{"prompt":"\"a fox\" says \"no\""}`,
		`2001: a space odyssey`:             `{"prompt":"2001: a space odyssey"}`,
		`a fox — seeding a field`:           `{"prompt":"a fox — seeding a field"}`,
	} {
		expect(t, transcript(t, line, prompt.Options{Format: prompt.Text, Lenient: true, ReadOptions: true}), []string{"1 " + want})
	}
	for file, want := range map[string]string{
		"prompt,seed\na fox --seed 5 --ar 1:1,": `2 {"prompt":"a fox","aspect_ratio":"1:1","seed":5}`,
		"prompt,seed\na fox --seed 5,5":         `2 {"prompt":"a fox","seed":5}`,
		"prompt,seed\na fox --seed 5,7":         `~line 2: column seed: seed is said in the row and`,
		"prompt,ratio\na fox --ar 1:1,16:9":     `~line 2: column ratio: aspect_ratio is said in the row and`,
		"prompt\na fox --seed five":             `~line 2: /prompt: the option for the seed says "five"`,
		`{"prompt":"a fox --ar 1:1"}`:           `1 {"prompt":"a fox","aspect_ratio":"1:1"}`,
		"prompt\n1. a fox":                      `2 {"prompt":"1. a fox"}`,
		"prompt\n\"\"\"a fox\"\"\"":             `2 {"prompt":"a fox"}`,
	} {
		expect(t, transcript(t, file, prompt.Options{Lenient: true, ReadOptions: true}), []string{want})
	}
}

func TestOptionsOfOtherProgramsAreSeen(t *testing.T) {
	file := "a hen\na fox --ar 16:9 --v 6\n1. a fox\n- \"a fox\" \na fox -n4 -S1\n\"a fox\",\n"
	for read, left := range map[bool][]string{true: {"--v", "-n"}, false: nil} {
		r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{Format: prompt.Text, Lenient: true, ReadOptions: read, Decode: strict})
		var prompts []string
		for err == nil {
			var row prompt.Row
			if row, err = r.Next(); err == nil {
				prompts = append(prompts, row.Request.Prompt)
			}
		}
		want := prompt.Foreign{
			Options: prompt.Mark{Rows: 2, Line: 2}, Lists: prompt.Mark{Rows: 2, Line: 3}, Quotes: prompt.Mark{Rows: 2, Line: 4},
			Names: []string{"--ar", "--v", "-n", "-S"}, Left: left,
		}
		if diff := cmp.Diff(want, r.Foreign()); diff != "" {
			t.Errorf("read %t: (-want +got)\n%s", read, diff)
		}
		if !read && prompts[1] != "a fox --ar 16:9 --v 6" {
			t.Errorf("prompts are %q", prompts)
		}
	}
}
