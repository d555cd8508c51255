package model_test

import (
	"fmt"

	"easel/shared/model"
)

// The catalogue answers for retired models too, so that a caller does not learn of their end from an error.
func ExampleFind() {
	for _, name := range []string{"core", "amazon.nova-canvas-v1:0"} {
		m, _ := model.Find(name)
		if m.Retired() {
			fmt.Printf("%s ended on %s; use %s\n", m.Name, m.EndOfLife, m.Successor)
			continue
		}
		fmt.Printf("%s: $%.2f a picture, %d a minute, in %s\n", m.Name, float64(m.PriceMicroUSD)/1e6, m.RPM, m.Region)
	}
	// Output:
	// Stable Image Core 1.1: $0.04 a picture, 90 a minute, in us-west-2
	// Amazon Nova Canvas ended on 2026-09-30; use core
}

// What goes over the wire holds just the fields that the model knows: an unknown one is refused.
func ExampleModel_Encode() {
	m, _ := model.Find("core")
	prompt, _ := model.WithStyle("a red fox in the snow", "anime")
	body, err := m.Encode(model.Request{Prompt: prompt, AspectRatio: "3:2", OutputFormat: "png", Seed: 7})
	fmt.Println(string(body), err)
	// Output:
	// {"prompt":"a red fox in the snow, anime style, clean line work, cel shading, vivid colours","aspect_ratio":"3:2","seed":7,"output_format":"png"} <nil>
}
