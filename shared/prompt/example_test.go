package prompt_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"easel/shared/prompt"
)

// A table as a spreadsheet saves it, with a column of another name for the prompts.
func ExampleReader() {
	file := "Nr;Title;Aspect Ratio\r\n1;a lighthouse, at dawn;16:9\r\n2;a fox;7:1\r\n"
	r, err := prompt.NewReader(strings.NewReader(file), prompt.Options{
		Format:  prompt.FormatOf("Picture list.csv"),
		Columns: map[string]string{"prompt": "title"},
		Decode:  strict, // in earnest api.ParseJob
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("line %d: %s (%s), number %s\n", row.Line, row.Request.Prompt, row.Request.AspectRatio, row.Columns["nr"])
	}
	// Output:
	// line 2: a lighthouse, at dawn (16:9), number 1
	// line 3: column Aspect Ratio: aspect_ratio is not offered.
}
