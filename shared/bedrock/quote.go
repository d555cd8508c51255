package bedrock

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

const (
	maxQuote = 300 // characters of AWS's words that are passed on
	sameRun  = 16  // characters in a row that a text may not share with a prompt
	maxWord  = 100 // a longer word is no word but an encoded image or token
)

// secrets begin the parts of AWS's messages that repeat a request's headers.
var secrets = []string{"canonical string", "string-to-sign", "security-token:", "credential=", "signature="}

// quote returns another's words fit to be shown and logged: one line, bounded, and nothing at all if they
// repeat a piece of the prompt, an encoded image or a signature.
func (c call) quote(text string) string {
	text = strings.Join(strings.FieldsFunc(unwrap(text), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	}), " ")
	lower := strings.ToLower(text)
	secret := func(words string) bool { return strings.Contains(lower, words) }
	tooLong := func(word string) bool { return len(word) > maxWord }
	if slices.ContainsFunc(secrets, secret) || slices.ContainsFunc(strings.Fields(text), tooLong) ||
		repeats(lower, c.request.Prompt) || repeats(lower, c.request.NegativePrompt) {
		return ""
	}
	if runes := []rune(text); len(runes) > maxQuote {
		return string(runes[:maxQuote]) + "…"
	}
	return text
}

// unwrap takes the sentence out of the JSON that Stability's models put into the message.
func unwrap(text string) string {
	var inner struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal([]byte(text), &inner) == nil && inner.Detail != "" {
		return inner.Detail
	}
	return text
}

// repeats reports whether the text, in lower case, holds the prompt or a run of it.
func repeats(text, prompt string) bool {
	prompt = strings.ToLower(strings.Join(strings.Fields(prompt), " "))
	runes := []rune(text)
	n := min(sameRun, len([]rune(prompt)))
	if n == 0 {
		return false
	}
	for i := range max(len(runes)-n+1, 0) {
		if strings.Contains(prompt, string(runes[i:i+n])) {
			return true
		}
	}
	return false
}
