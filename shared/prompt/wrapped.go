package prompt

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"easel/shared/request"
)

// wrapping begins an object over several lines that holds a list of rows: {"prompts": [ and no end of it.
var wrapping = regexp.MustCompile(`^\{\s*"[^"]*"\s*:\s*\[\s*\{?\s*$`)

// wrapped returns the rows of an object that has no prompt but a list of objects or texts, as {"prompts": [...]}: what
// people save of an answer of an API, or a language model writes. Any other value has none. An order as the API takes it is one of these as far as it
// says nothing for all of its rows.
func wrapped(value []byte, line int) ([]json.RawMessage, error) {
	if len(value) == 0 || value[0] != '{' {
		return nil, nil
	}
	names, cells, err := membersIn(value)
	if err != nil || slices.ContainsFunc(names, func(name string) bool { return called(name) == "prompt" }) {
		return nil, err
	}
	var rows []json.RawMessage
	var beside string
	for n, c := range cells {
		if all := rowsIn(c, names[n] == "prompts"); all != nil && rows == nil {
			rows = all
		} else if !c.empty() && (called(names[n]) != "" || slices.Contains(ordering, names[n])) {
			beside = names[n]
		}
	}
	if rows != nil && beside != "" {
		way := "Write it into each row, or say it with a flag."
		if called(beside) == "" && beside != "defaults" {
			way = "A row cannot hold it: say it with a flag."
		}
		return nil, bad(line, "The object holds a list of rows, and beside it %s for all of them. %s", request.Quoted(beside), way)
	}
	return rows, nil
}

// ordering are the members of an order of the API that change what its rows cost or how many they are.
var ordering = []string{"defaults", "expand", "max_cost_usd", "template"}

// rowsIn returns the elements of an array of objects or of an array of texts with more than a word, and nothing for
// other values: a list of tags holds no prompts. Said: it is called prompts, so they may be of one word.
func rowsIn(c datum, said bool) []json.RawMessage {
	var all []json.RawMessage
	if !c.is("[") || json.Unmarshal(c.raw, &all) != nil || len(all) == 0 {
		return nil
	}
	for _, one := range all {
		if one[0] != '{' && (one[0] != '"' || !said && !strings.Contains(string(one), " ")) {
			return nil
		}
	}
	return all
}
