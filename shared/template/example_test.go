package template_test

import (
	"encoding/json"
	"fmt"

	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

func Example() {
	row := prompt.Row{Columns: map[string]string{"animal": "fox"}}
	row.Request.Prompt = "a {red|green} {{animal}}, {2$$ and $$dawn|fog}"
	for made, err := range (template.Expand{}).Open().Rows(row) {
		fmt.Println(made.Request.Prompt, err)
	}
	// Output:
	// a red fox, dawn and fog <nil>
	// a red fox, fog and dawn <nil>
	// a green fox, dawn and fog <nil>
	// a green fox, fog and dawn <nil>
}

func ExampleExpander_Count() {
	_, err := template.Expand{}.Open().Count(prompt.Row{Line: 1, Request: request.Request{Settings: request.Settings{Prompt: "a {red|green fox"}}})
	fmt.Println(err)
	// Output:
	// line 1: /prompt: The template cannot be expanded: at byte 2: This { is never closed. Add a }, or put a backslash before a brace that is meant as it is: \{.
}

func ExampleExpand() {
	var expand template.Expand
	settings := `{"wildcards": {"colors": ["red", "green"]}, "matrix": {"model": ["core", "ultra"]}}`
	if err := json.Unmarshal([]byte(settings), &expand); err != nil {
		fmt.Println(err)
		return
	}
	row := prompt.Row{Line: 1, Request: request.Request{Settings: request.Settings{Prompt: "a __colors__ fox"}, CustomID: "fox"}}
	for made, err := range expand.Open().Rows(row) {
		fmt.Println(made.Request.CustomID, made.Request.Prompt, made.Request.Model, err)
	}
	// Output:
	// fox-027ab159acdc a red fox core <nil>
	// fox-9b8b87b86cc9 a red fox ultra <nil>
	// fox-415d650f7667 a green fox core <nil>
	// fox-57f694cd7d1a a green fox ultra <nil>
}

func ExampleFit() {
	row := prompt.Row{Request: request.Request{Settings: request.Settings{Prompt: "{a|b|c|d}{a|b|c|d}{a|b|c|d}{a|b|c|d}{a|b|c|d}{a|b|c|d}"}}}
	n, err := template.Expand{}.Open().Count(row)
	if err == nil {
		err = template.Fit(n, 2500, "one request")
	}
	fmt.Println(err)
	// Output:
	// The template makes 4,096 prompts; at most 2,500 fit into one request. Use mode random with a count, or fewer alternatives.
}
