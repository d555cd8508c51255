package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"

	"easel/shared/api"
	"easel/shared/model"
	"easel/shared/usd"
)

// emit writes one JSON object as one line.
func (a *app) emit(v any) error { return encode(a.out, v) }

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// say is for what a person may like to know beside the result.
func (a *app) say(message string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.errs, message+"\n", args...)
	}
}

// tell prints a result: as JSON, or in words on a line.
func (a *app) tell(result any, text string) error {
	if a.json {
		return a.emit(result)
	}
	_, err := fmt.Fprintln(a.out, text)
	return err
}

// sheet is names and values of one thing.
type sheet [][]string

// add leaves out what has no value.
func (s *sheet) add(name, value string) {
	if value != "" {
		*s = append(*s, []string{name, value})
	}
}

// show prints all that a person may want to know of one job.
func (a *app) show(j api.Job) error {
	if a.json {
		return a.emit(j)
	}
	l := sheet{{"Job", j.ID}, {"Status", j.Status}, {"Model", j.Model}, {"Prompt", clip(j.Input.Prompt, 300)}}
	l.add("Seed", fmt.Sprint(j.Sent.Seed))
	l.add("Cost", cost(j))
	l.add("Created", when(j.CreatedAt))
	l.add("Style", j.Input.StylePreset)
	l.add("Negative", clip(j.Input.NegativePrompt, 300))
	l.add("Custom ID", clip(j.CustomID, 128))
	l.add("Batch", j.BatchID)
	if j.Input.Image != nil {
		l.add("From", fmt.Sprintf("an image of %d × %d", j.Input.Image.Width, j.Input.Image.Height))
	}
	if j.CompletedAt != nil {
		l.add("Ended", when(*j.CompletedAt))
	}
	if j.Deadline != nil && !j.Ended() {
		l.add("Deadline", when(*j.Deadline))
	}
	if j.Waiting != nil {
		l.add("Waiting", j.Waiting.Code+": "+clip(j.Waiting.Message, 500))
		l.add("Next look", when(j.Waiting.Until))
	}
	if j.Status == "canceled" && j.ModelCalls > 0 && len(j.Images) == 0 {
		l.add("Image", "none yet; a call that was in flight may still add its picture")
	}
	if j.Error != nil {
		l.add("Error", j.Error.Code+": "+clip(j.Error.Message, 500))
	}
	for _, img := range j.Images {
		l.add("Image", imageInfo(img))
	}
	if len(j.Images) > 0 {
		l.add("Address", j.URLs.Image)
	}
	return table(a.out, l)
}

// line is one job on one line, its ID first.
func line(j api.Job) string {
	text := j.ID + "  " + j.Status
	if j.Error != nil {
		text += "  " + j.Error.Code
	}
	if n := len(j.Images); n > 0 {
		text += "  " + imageInfo(j.Images[n-1]) + "  " + cost(j)
	}
	return text
}

func imageInfo(img api.Image) string {
	return fmt.Sprintf("%d × %d %s, %s, seed %d", img.Width, img.Height, format(img), size(img.SizeBytes), img.Seed)
}

func format(img api.Image) string { return strings.TrimPrefix(img.ContentType, "image/") }

func size(bytes int64) string { return humanize.Bytes(uint64(max(0, bytes))) }

// dollars writes an amount for people: with cents, and commas between thousands.
func dollars(n json.Number) string {
	micro, err := usd.Parse(n.String())
	if err != nil {
		return "$" + n.String()
	}
	units, cents, _ := strings.Cut(strings.TrimPrefix(usd.Format(micro), "$"), ".")
	amount, _ := strconv.ParseInt(units, 10, 64) // digits
	return "$" + humanize.Comma(amount) + "." + cents
}

// cost says what the calls made so far cost at list price, and that a simulated one costs nothing.
func cost(j api.Job) string {
	list := dollars(j.Cost.ListUSD)
	if j.Simulated {
		return "nothing (simulated; " + list + " at list price)"
	}
	return list
}

func when(t time.Time) string { return t.Local().Format(time.DateTime) }

// short is the name of a model that people type.
func short(id string) string {
	m, _ := model.Find(id)
	return cmp.Or(m.Alias, id)
}

// clip makes a text fit for one line of a terminal: a prompt may hold line ends, and sequences that a
// terminal would obey. What is cut off begins with a whole character, be it an emoji that takes many runes.
func clip(s string, limit int) string {
	const nonJoiner, joiner = '\u200c', '\u200d' // Persian is spelt with the one, families of emoji with the other
	clean := func(r rune) rune {
		if r != joiner && r != nonJoiner && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return ' '
		}
		return r
	}
	text := strings.Map(clean, strings.ToValidUTF8(s, "?"))
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	kept, room := 0, limit-1
	for state := -1; ; {
		var cluster string
		cluster, _, _, state = uniseg.FirstGraphemeClusterInString(text[kept:], state)
		if room -= utf8.RuneCountInString(cluster); room < 0 {
			return text[:kept] + "…"
		}
		kept += len(cluster)
	}
}
