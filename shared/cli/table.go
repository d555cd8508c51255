package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// gap is what stands between two columns.
const gap = 2

// table aligns rows of cells for a person's eye. On a terminal that is too narrow cells go on below, between words.
func table(w io.Writer, rows [][]string) error {
	if f, ok := fileOf(w); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			rows = fit(rows, width)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, cell(w, strings.Join(row, "\t")))
	}
	return t.Flush()
}

// fit breaks cells so that the rows are no wider than the terminal, as far as their words allow: the widest column is made
// narrower first.
func fit(rows [][]string, width int) [][]string {
	widths, least := measure(rows)
	for {
		total, widest := 0, -1
		for n, w := range widths {
			total += w + gap
			if w > least[n] && (widest < 0 || w > widths[widest]) {
				widest = n
			}
		}
		if total-gap <= width || widest < 0 {
			break
		}
		widths[widest]--
	}
	var out [][]string
	for _, row := range rows {
		out = append(out, wrapRow(row, widths)...)
	}
	return out
}

// measure returns how wide each column is, and how wide its longest word.
func measure(rows [][]string) (widths, least []int) {
	for _, row := range rows {
		for n, text := range row {
			if n == len(widths) {
				widths, least = append(widths, 0), append(least, 0)
			}
			widths[n] = max(widths[n], uniseg.StringWidth(text))
			for _, piece := range words(text) {
				least[n] = max(least[n], uniseg.StringWidth(piece))
			}
		}
	}
	return widths, least
}

// wrapRow is a row on as many lines as its longest cell takes.
func wrapRow(row []string, widths []int) (lines [][]string) {
	for n, text := range row {
		for at, part := range wrap(text, widths[n]) {
			if at == len(lines) {
				lines = append(lines, make([]string, len(row)))
			}
			lines[at][n] = part
		}
	}
	return lines
}

// wrap breaks a text between words. A word that is wider stays whole.
func wrap(text string, width int) (lines []string) {
	soFar := ""
	for n, piece := range words(text) {
		switch {
		case n == 0:
			soFar = piece
		case uniseg.StringWidth(soFar)+1+uniseg.StringWidth(piece) <= width:
			soFar += " " + piece
		default:
			lines = append(lines, soFar)
			soFar = piece
		}
	}
	return append(lines, soFar)
}

// words are those of a text, the first with the blanks before it: they show what belongs to what.
func words(text string) []string {
	trimmed := strings.TrimLeft(text, " ")
	all := strings.Fields(trimmed)
	if len(all) > 0 {
		all[0] = text[:len(text)-len(trimmed)] + all[0]
	}
	return all
}
