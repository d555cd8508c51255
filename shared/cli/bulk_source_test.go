package cli

import (
	"os"
	"path/filepath"
	"testing"

	"easel/shared/api"
	"easel/shared/prompt"
)

// The command line has room for the encodings that a function does without.
func TestAFileMayBeInAnyEncodingThatHTMLKnows(t *testing.T) {
	for encoding, file := range map[string]string{
		"shift_jis": "\x8c\xcf", "EUC-JP": "\xb8\xd1", "gb18030": "\xba\xfc", "big5": "\xaa\xb0", "utf-16be": "\x72\xd0", "": "狐",
	} {
		name := filepath.Join(t.TempDir(), "prompts.txt")
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		rows := rowFlags{encoding: encoding}
		source, closer, err := rows.open(t.Context(), &app{}, name)
		if err != nil {
			t.Fatal(err)
		}
		defer closer.Close()
		source.Options.Decode = api.ParseJob
		r, err := prompt.NewReader(source.In, source.Options)
		if err != nil {
			t.Fatal(err)
		}
		if row, err := r.Next(); err != nil || row.Request.Prompt != "狐" {
			t.Errorf("%q: got %q, %v", encoding, row.Request.Prompt, err)
		}
	}
}
