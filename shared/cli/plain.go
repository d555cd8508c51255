package cli

import (
	"io"
	"strings"
)

// symbols are the characters beyond ASCII that this program writes of itself. A prompt keeps its letters.
var symbols = strings.NewReplacer(
	"…", "...", "×", "x", "·", "-", "–", "-", "—", "-", "÷", "/", "→", "->", "’", "'", "“", `"`, "”", `"`, "\u00a0", " ",
)

// plainWriter writes ASCII in place of the program's own symbols, for a terminal whose locale has no others.
// JSON stays as it is: it is UTF-8 in every locale.
type plainWriter struct {
	io.Writer
	a *app
}

// Write reports the bytes of p, whatever became of them.
func (w *plainWriter) Write(p []byte) (int, error) {
	if w.a.json {
		return w.Writer.Write(p)
	}
	if _, err := io.WriteString(w.Writer, symbols.Replace(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// plain makes the output of the app fit for a locale without UTF-8.
func (a *app) plain() {
	a.out, a.errs = &plainWriter{a.out, a}, &plainWriter{a.errs, a}
}

// cell is a text of a table as the writer will show it, so that its column is as wide as it looks.
func cell(w io.Writer, text string) string {
	if p, ok := w.(*plainWriter); ok && !p.a.json {
		return symbols.Replace(text)
	}
	return text
}
