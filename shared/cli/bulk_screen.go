package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"easel/shared/bulk"
	"easel/shared/job"
)

// showPlan is the first screen: what is there, what is to be made, and what that costs. The machine has heard of it by
// an event.
func (a *app) showPlan(w io.Writer, to, source string, p bulk.Plan) {
	if a.json {
		return
	}
	fmt.Fprintf(w, "%s: %s\n", source, counted(p.Rows, "row"))
	rows := [][]string{}
	add := func(name string, n int, hint string) {
		if n > 0 {
			rows = append(rows, []string{"  " + name, humanize.Comma(int64(n)), hint})
		}
	}
	add("made already", p.Made, "in "+to)
	add("changed since", p.Changed, "of these; their pictures stay (--redo changed makes them again)")
	add("failed before", p.Failed, "(--retry failed sends them again)")
	add("repeated", p.Duplicates, "left out: rows of the same custom_id and content")
	add("equal", p.Equal, "to a row further up; each gets a picture of its own")
	add("beyond --limit", p.Beyond, "")
	add("under way", p.UnderWay, "ordered before; nothing new is paid for these")
	add("to make", p.New(), "")
	_ = table(w, rows) // as far as the screen takes it
	for _, text := range p.Sample {
		fmt.Fprintf(w, "    %s\n", clip(text, 90))
	}
	showCost(w, p)
	if len(p.Dropped) > 0 {
		fmt.Fprintf(w, "Not kept with the jobs, whose metadata have no more room: %s\n", clip(strings.Join(p.Dropped, ", "), 300))
	}
	if room := p.FreeBytes; p.ToMake > 0 && room > 0 && room < uint64(p.ToMake)*bulk.PictureBytes {
		fmt.Fprintf(w, "The disk has %s left, which is little for %s.\n", humanize.Bytes(room), counted(p.ToMake, "picture"))
	}
}

func showCost(w io.Writer, p bulk.Plan) {
	if p.ToMake == 0 {
		fmt.Fprintln(w, "There is nothing to make.")
		return
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m := p.Models[name]
		rows = append(rows, []string{"  " + name, humanize.Comma(int64(m.Jobs)), dollars(m.CostUSD)})
	}
	_ = table(w, rows) // as far as the screen takes it
	fmt.Fprintf(w, "%s, %s, %s\n", counted(p.New(), "picture"), price(p), lasts(p.Seconds))
}

func price(p bulk.Plan) string {
	list := dollars(p.CostUSD) + " at list price"
	if p.Simulated {
		return "nothing to pay (simulated; " + list + ")"
	}
	return list
}

func lasts(seconds int64) string {
	switch d := time.Duration(seconds) * time.Second; {
	case d < time.Minute:
		return "less than a minute at the present pace"
	case d < 2*time.Hour:
		return fmt.Sprintf("about %d min at the present pace", int(d.Minutes()+0.5))
	default:
		return fmt.Sprintf("about %.1f hours at the present pace", d.Hours())
	}
}

// counted is a number with its thing.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return humanize.Comma(int64(n)) + " " + thing + "s"
}

// consent asks where much money is at stake. A simulated picture costs nothing, so nobody is asked for it.
func (a *app) consent(ctx context.Context, o *bulkOrder, p bulk.Plan) error {
	threshold, err := job.ParseUSD(o.ask)
	if err != nil || o.yes || p.Simulated || p.Cost <= threshold {
		return err
	}
	question := fmt.Sprintf("Send %s for %s?", counted(p.New(), "picture"), dollars(p.CostUSD))
	in, ok := a.in.(*os.File)
	if !ok || a.json || !term.IsTerminal(int(in.Fd())) {
		return fmt.Errorf("%s Nobody is here to be asked, and it is more than --ask-above %s. Nothing was sent: to send it, add --yes", question, o.ask)
	}
	fmt.Fprintf(a.errs, "%s [y/N] ", question)
	switch answer, err := a.answer(ctx); {
	case err != nil:
		return &paused{cause: err, back: o.back}
	case answer == "y" || answer == "yes":
		return nil
	}
	a.say("Nothing was sent.")
	return told(codeUsage)
}

// answer reads a line of what is typed, until an interruption.
func (a *app) answer(ctx context.Context) (string, error) {
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.in).ReadString('\n') // no answer is no
		typed <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case line := <-typed:
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// showSummary tells what a run came to.
func (a *app) showSummary(to string, s bulk.Summary) {
	if a.json {
		return
	}
	cost := dollars(s.CostUSD) + " at list price"
	if s.Simulated {
		cost = "nothing to pay (simulated; " + cost + ")"
	}
	fmt.Fprintf(a.out, "%s in %s, %s made now: %s\n", counted(s.Made, "picture"), to, humanize.Comma(int64(s.Saved)), cost)
	if s.Failed > 0 {
		canceled := ""
		if s.Canceled > 0 {
			canceled = fmt.Sprintf(" (%s canceled)", humanize.Comma(int64(s.Canceled)))
		}
		fmt.Fprintf(a.out, "%s without a picture%s: see %s\n", counted(s.Failed, "row"), canceled, failedFile(to))
	}
	if s.Unsent > 0 {
		fmt.Fprintf(a.out, "%s not sent\n", counted(s.Unsent, "row"))
	}
	if s.Beyond > 0 {
		fmt.Fprintf(a.out, "%s left beyond --limit\n", counted(s.Beyond, "row"))
	}
	if s.Elsewhere > 0 {
		fmt.Fprintf(a.out, "%s of the batch for rows that are no longer in the file\n", counted(s.Elsewhere, "job"))
	}
	if exists(contact(to)) {
		fmt.Fprintf(a.out, "Look at them: %s\n", contact(to))
	}
}
