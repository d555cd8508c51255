package worker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/picture"
)

// embed writes the prompt and the settings into an image. [picture.Write] says which files stay as they are.
func embed(data []byte, j job.Job, seed int64, h model.Header) []byte {
	settings, _ := json.Marshal(job.SettingsOf(j)) // strings and numbers cannot fail
	return picture.Write(data, picture.Text{Parameters: parametersText(j, seed, h), Settings: settings})
}

// parametersText is the text that image tools agree on: the prompt, the negative prompt, and a last line that begins with
// "Steps:". Some of them look for a sampler too, which the models do not tell, and none takes a colon in a model's name.
func parametersText(j job.Job, seed int64, h model.Header) string {
	var b strings.Builder
	b.WriteString(unmistakable(j.Sent.Prompt))
	if j.Sent.NegativePrompt != "" {
		b.WriteString("\nNegative prompt: " + unmistakable(j.Sent.NegativePrompt))
	}
	var own struct {
		Steps   int     `json:"steps"`
		Sampler string  `json:"sampler"`
		Scale   float64 `json:"cfg_scale"`
	}
	_ = json.Unmarshal(j.Sent.Parameters, &own) // they were checked; most models have none
	fmt.Fprintf(&b, "\nSteps: %d, Sampler: %s, ", own.Steps, cmp.Or(own.Sampler, "unknown"))
	if own.Scale != 0 {
		fmt.Fprintf(&b, "CFG scale: %v, ", own.Scale)
	}
	m, _ := model.Find(j.Model)
	alias := cmp.Or(m.Alias, strings.ReplaceAll(j.Model, ":", "."))
	fmt.Fprintf(&b, "Seed: %d, Size: %dx%d, Model: %s", seed, h.Width, h.Height, alias)
	return b.String()
}

// unmistakable puts a blank into words by which image tools divide the text, and before a brace, by which they take all
// of it for JSON. The settings hold the prompt to the letter.
func unmistakable(prompt string) string {
	prompt = strings.NewReplacer("\nSteps:", "\n Steps:", "Negative prompt:", "Negative  prompt:").Replace(prompt)
	if strings.HasPrefix(prompt, "{") {
		return " " + prompt
	}
	return prompt
}
