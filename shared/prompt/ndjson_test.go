package prompt_test

import (
	"fmt"
	"strings"
	"testing"

	"easel/shared/prompt"
)

func TestNDJSON(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"an object a line":         {"{\"prompt\":\"a\"}\r\n\n  \n{\"prompt\":\"b\", \"seed\": 1} \n", []string{`1 {"prompt":"a"}`, `4 {"prompt":"b","seed":1}`}},
		"a broken line":            {"{\"prompt\":\"a\"}\n{\"prompt\" \"b\"}\n{\"prompt\":\"c\"}", []string{`1 {"prompt":"a"}`, "~line 2: The line is not JSON: character 11: invalid character", `3 {"prompt":"c"}`}},
		"characters are counted":   {"{\"prompt\": \"äöü🦊\" x}", []string{"~line 1: The line is not JSON: character 19:"}},
		"a line that ends":         {"{\"prompt\":\"a\n{\"prompt\":\"b\"}", []string{"~line 1: The line is not JSON: it ends within an object.", `2 {"prompt":"b"}`}},
		"commas between":           {"{\"prompt\":\"a\"},\n{\"prompt\":\"b\"}", []string{"~line 1: The line is not JSON: character 15: invalid character ',' after top-level value (one object belongs", `2 {"prompt":"b"}`}},
		"what is refused":          {"{\"prompt\":\"a\",\"aspect_ratio\":\"7:1\"}\n{\"promt\":\"b\"}", []string{"line 1: /aspect_ratio: aspect_ratio is not offered.", "~line 2: json: unknown field"}},
		"other values":             {"{\"prompt\":\"a\"}\n7\n\"b\"", []string{`1 {"prompt":"a"}`, "~line 2: json: cannot unmarshal number", "~line 3: json: cannot unmarshal string"}},
		"bytes that are not UTF-8": {"{\"prompt\":\"a\xe9\"}\n{\"prompt\":\"b\"}", []string{"~line 1: The line is not UTF-8: its character 13", `2 {"prompt":"b"}`}},
		"an array": {"\n[\n {\"prompt\":\"a\"},\n\n {\n\"prompt\":\"b\"\n}, {\"prompt\":\"c\"}\n]\n", []string{
			`3 {"prompt":"a"}`, `5 {"prompt":"b"}`, `7 {"prompt":"c"}`,
		}},
		"an array in a line": {"[{\"prompt\":\"a\"},{\"prompt\":\"b\"}]", []string{`1 {"prompt":"a"}`, `1 {"prompt":"b"}`}},
		"an empty array":     {"[ ]\n", nil},
		"an array with mistakes": {"[{\"prompt\":\"a\"},\n{\"promt\":\"b\"},\n\"c\",\n{\"prompt\":\"\xe9\"},\n{\"prompt\":\"d\"}]", []string{
			`1 {"prompt":"a"}`, "~line 2: json: unknown field", "~line 3: json: cannot unmarshal string", "~line 4: The line is not UTF-8", `5 {"prompt":"d"}`,
		}},
		"an array that is broken": {"[{\"prompt\":\"a\"},\n\n{\"prompt\":\n;}]", []string{`1 {"prompt":"a"}`, "~end: line 3: What begins here is not JSON: invalid character ';'"}},
		"an array without end":    {"[\n{\"prompt\":\"a\"}\n\n", []string{`2 {"prompt":"a"}`, "~The file ends within the JSON."}},
		"an object without end":   {"[\n{\"prompt\":\"a\"},\n{\"prompt\"", []string{`2 {"prompt":"a"}`, "~end: line 3: The file ends within the JSON."}},
		"something behind":        {"[{\"prompt\":\"a\"}]\n{}", []string{`1 {"prompt":"a"}`, "~end: line 2: Something follows the end of the array."}},
		"a bracket too many":      {"[{\"prompt\":\"a\"}]\n]", []string{`1 {"prompt":"a"}`, "~end: line 2: "}},
		"objects over lines":      {"{\n \"prompt\": \"a\"\n}\n{\n \"prompt\": \"b\"\n}\n", []string{`1 {"prompt":"a"}`, `4 {"prompt":"b"}`}},
		"one object for all":      {"{\n \"prompts\": [\"a\"]\n}", []string{"~line 1: json: unknown field \"prompts\""}},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.NDJSON}), c.want)
		})
	}
}

func TestBrokenLineFarDown(t *testing.T) {
	var file strings.Builder
	for n := 1; n <= 7002; n++ {
		if n == 7001 {
			file.WriteString("{\"prompt\": 'a'}\n")
			continue
		}
		fmt.Fprintf(&file, "{\"prompt\":\"%d\"}\n", n)
	}
	got := transcript(t, file.String(), prompt.Options{})
	if len(got) != 7002 || got[7001] != `7002 {"prompt":"7002"}` {
		t.Fatalf("%d rows, the last is %s", len(got), got[len(got)-1])
	}
	expect(t, got[7000:7001], []string{"~line 7001: The line is not JSON: character 12:"})
}
