package prompt

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"easel/shared/model"
)

// ReportColumns begins the names of the columns that Easel writes into failed.csv beside those of the source.
const ReportColumns = "easel_"

// Reported reports whether a column of that name is one that Easel wrote. It is no part of a row: a file that has it was
// made to be edited and read again, and its error texts are neither prompts nor metadata.
func Reported(name string) bool {
	name = strings.TrimFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '"' || r == '\'' || r == '\u200b'
	})
	return len(name) >= len(ReportColumns) && strings.EqualFold(name[:len(ReportColumns)], ReportColumns)
}

// usual are names of columns that hold what pictures show, in the words of other programs and languages, folded; the
// likelier ones come first. They serve for a proposal alone.
var usual = []string{
	"text", "title", "description", "caption", "subject", "input", "instruction", "content", "query", "alt", "alttext",
	"beschreibung", "bildbeschreibung", "bildtext", "motiv", "titel", "eingabe",
	"description", "légende", "texte", "titre", "consigne",
	"descripción", "texto", "título", "descrição", "indicación",
	"descrizione", "testo", "titolo", "omschrijving", "beschrijving", "tekst", "beskrivelse", "beskrivning", "kuvaus",
	"opis", "popis", "tytuł", "описание", "текст", "запрос", "açıklama", "metin",
	"提示词", "提示詞", "描述", "标题", "標題", "プロンプト", "説明", "タイトル", "프롬프트", "설명",
}

// promptless says that no column holds the prompts, and which one may.
func (c *columns) promptless(line int, rows [][]string, guessed bool) error {
	if c.headless() {
		return broken(line, "No column is called prompt, and the first line looks like a row and no header. "+
			"Write a line above it that names the columns, one of them prompt. %s", c.found())
	}
	hint := ""
	if guessed && len(c.names) > 1 {
		hint = " If the file has no header but a prompt on each line, it is text: say --file-format text."
	}
	if len(c.names) == 1 {
		hint = " If the file has no header but a prompt on each line, it is text: call it .txt."
	}
	return broken(line, "No column is called prompt. %s Say which one holds the prompts: --column %s.%s", c.found(), Pair("prompt", c.likely(rows)), hint)
}

// headless reports whether a header of several columns holds what belongs into a row: numbers that are no years, dates,
// files, addresses, models, or a text of many words.
func (c *columns) headless() bool {
	return len(c.names) > 1 && slices.ContainsFunc(c.names, func(name string) bool {
		_, model := model.Find(name)
		return model || link().MatchString(name) || stored().MatchString(path.Ext(name)) || len(strings.Fields(name)) > 6 ||
			letters(name) == 0 && strings.ContainsFunc(name, unicode.IsDigit) && !year().MatchString(name)
	})
}

var year = pattern(`^\d{4}$`)

// likely is the column that an example should name: one that is nearly called prompt, or as people call texts, or that
// holds the longest ones.
func (c *columns) likely(rows [][]string) string {
	var able []int
	for n := range c.names {
		if c.able(n, rows) {
			able = append(able, n)
		}
	}
	for _, alike := range []func(string) bool{
		func(name string) bool { return c.meant(name) == "prompt" },
		func(name string) bool { return strings.Contains(fold(name), "prompt") },
	} {
		if n := slices.IndexFunc(able, func(n int) bool { return alike(c.names[n]) }); n >= 0 {
			return c.names[able[n]]
		}
	}
	for _, u := range usual {
		if n := slices.IndexFunc(able, func(n int) bool { return fold(c.names[n]) == u }); n >= 0 {
			return c.names[able[n]]
		}
	}
	best, most := "COLUMN", 0
	for _, n := range able {
		if size := prose(n, rows); size > most {
			best, most = c.names[n], size
		}
	}
	return best
}

// able reports whether a column may hold prompts: it is no other member's, no report, neither nearly empty nor filled with
// facts.
func (c *columns) able(n int, rows [][]string) bool {
	name := c.names[n]
	if name == "" || Reported(name) || called(name) != "" || strings.Contains(fold(name), "negativ") {
		return false
	}
	if meant := c.meant(name); meant != "" && meant != "prompt" {
		return false
	}
	texts, filled := 0, 0
	for _, cells := range rows {
		if n >= len(cells) || strings.TrimSpace(cells[n]) == "" {
			continue
		}
		filled++
		if !fact(cells[n]) {
			texts++
		}
	}
	return 2*texts > filled && 4*texts >= len(rows) || len(rows) == 0
}

// prose counts the letters of a column whose cells are of several words, most of them, and nothing of others: names and
// categories are no prompts to pay for.
func prose(n int, rows [][]string) (size int) {
	sentences, texts := 0, 0
	for _, cells := range rows {
		if n >= len(cells) || fact(cells[n]) {
			continue
		}
		texts++
		if len(strings.Fields(cells[n])) > 1 || strings.ContainsFunc(cells[n], unspaced) {
			sentences++
		}
		size += letters(cells[n])
	}
	if 2*sentences <= texts {
		return 0
	}
	return size
}

// unspaced are letters of scripts that put no blanks between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// pattern is an expression that is compiled when it is first asked for. The functions that take orders link this package
// for its rows, and what only files need is no part of their cold start.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var (
	// link is what begins like an address and has no blanks in it.
	link = pattern(`^(?:\w+:\S*|www\.\S+|\S+@\S+\.\S+)$`)
	// code is one word with what no word of a language has in it: an ID, a file, a path, an address.
	code = pattern(`^\S*[\d_/\\#=+&]\S*$|^\S+\.\S+$|^\S+-\S+-\S+$`)
	// stored is the end of a file's name.
	stored = pattern(`(?i)^\.(?:png|jpe?g|webp|gif|tiff?|bmp|svg|psd|heic|avif|pdf|txt|csv|tsv|jsonl?|docx?|xlsx?|zip|mp4)$`)
	// switches are the words of columns that say yes or no.
	switches = pattern(`(?i)^(?:true|false|yes|no|on|off|ja|nein|wahr|falsch|oui|non|vrai|faux|sí|si|verdadero|falso|vero|sim|não|tak|nie|да|нет|null|none|nan|n/?a)$`)
)

// fact reports whether a cell holds anything but words for a picture: nothing, a number, a date, an ID, an address, a
// file or yes and no.
func fact(cell string) bool {
	cell = strings.TrimSpace(cell)
	foreign := strings.ContainsFunc(cell, unspaced)
	switch {
	case letters(cell) == 0, link().MatchString(cell), switches().MatchString(cell), stored().MatchString(path.Ext(cell)):
		return true
	case code().MatchString(cell) && !foreign:
		return true
	}
	return measured(cell)
}

// measured reports whether a cell is numbers with their units, months or codes: no fewer numbers than words, no fewer digits
// than letters, or capitals with digits.
func measured(cell string) bool {
	terms, numbers, digits := 0, 0, 0
	for term := range strings.FieldsSeq(cell) {
		switch {
		case strings.ContainsFunc(term, unicode.IsDigit):
			numbers++
		case letters(term) > 2:
			terms++
		}
	}
	for _, r := range cell {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	shouted := cell == strings.ToUpper(cell) && cell != strings.ToLower(cell) // as codes are
	return numbers > 0 && (numbers >= terms && !strings.ContainsFunc(cell, unspaced) || digits >= letters(cell) || shouted)
}

func letters(cell string) (n int) {
	for _, r := range cell {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
