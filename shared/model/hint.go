package model

import "strings"

// foreign are names that clients send and no model of Bedrock has. The first that a name begins with
// decides.
var foreign = []struct{ prefix, hint string }{
	{"dall-e-2", `OpenAI ended it on 2026-05-12, and Bedrock never had it.`},
	{"dall-e-3", `OpenAI ended it on 2026-05-12, and Bedrock never had it.`},
	{"gpt-image", `It is OpenAI's, which ended gpt-image-1 on 2026-10-23, and Bedrock never had it.`},
	{"dall", `It is OpenAI's, and Bedrock never had it.`},
	{"stability.sd3-ultra", `A page of AWS prints that name for ultra, and Bedrock does not know it.`},
	{"amazon.nova", `The one image model of that family, Nova Canvas, ended on 2026-09-30.`},
	{"amazon.titan", `The image models of that family ended by 2026-06-30.`},
}

// Hint says in a sentence what a name is that [Find] does not know. It is empty for a name that says
// nothing about what was meant.
func Hint(name string) string {
	name = strings.ToLower(name)
	if m, known := Find(strings.TrimPrefix(name, "us.")); known && !m.Retired() {
		return m.Alias + " has no inference profile: leave out the prefix."
	}
	for _, f := range foreign {
		if strings.HasPrefix(name, f.prefix) {
			return f.hint
		}
	}
	return ""
}
