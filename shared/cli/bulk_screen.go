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
func (a *app) showPlan(w io.Writer, o *bulkOrder, source string, p bulk.Plan) {
	if a.json {
		return
	}
	fmt.Fprintf(w, "pictures  %s\n", o.origin(p))
	fmt.Fprintf(w, "%s: %s\n", source, counted(p.Rows, "row"))
	showFile(w, p)
	showRows(w, o.to, p)
	showCost(w, p)
	o.showRest(w, p)
	if len(p.Dropped) > 0 {
		fmt.Fprintf(w, "Not kept with the jobs, whose metadata have no more room: %s\n", clip(strings.Join(p.Dropped, ", "), 300))
	}
	for _, hint := range p.Hints {
		fmt.Fprintln(w, hint)
	}
	if room := p.FreeBytes; p.ToMake > 0 && room > 0 && room < uint64(p.ToMake)*bulk.PictureBytes {
		fmt.Fprintf(w, "The disk has %s left, which is little for %s.\n", humanize.Bytes(room), counted(p.ToMake, "picture"))
	}
}

// origin says where the pictures come from.
func (o *bulkOrder) origin(p bulk.Plan) string {
	switch {
	case o.home.on && p.Simulated:
		return "simulated, by a server of this command's own"
	case o.home.on:
		return "real: Amazon Bedrock, by a server of this command's own"
	case p.Simulated:
		return "simulated, at " + o.server
	case p.Unsure:
		return "of the server at " + o.server
	}
	return "real, at " + o.server
}

// showRows says what becomes of the rows.
func showRows(w io.Writer, to string, p bulk.Plan) {
	rows := [][]string{}
	add := func(name string, n int, hint string) {
		if n > 0 {
			rows = append(rows, []string{"  " + name, humanize.Comma(int64(n)), hint})
		}
	}
	limit := ""
	if p.Waiting > 0 {
		limit = "--limit counts new rows; " + humanize.Comma(int64(p.Waiting)) + " ordered before are made as well"
	}
	add("made already", p.Made, "in "+to)
	add("  changed since", p.Changed, "of these; their pictures stay (--redo changed makes them again)")
	add("  other ids", p.Renamed, "of these; the same was made for rows with another custom_id")
	add("  edited", p.Edited, "of these; the file is another one since it was fetched, and counts")
	add("failed before", p.Failed, "(--retry failed sends them again)")
	add("repeated", p.Duplicates, "left out: rows of the same custom_id and content")
	add("equal", p.Equal, "to a row further up; each gets a picture of its own")
	add("beyond --limit", p.Beyond, limit)
	add("to fetch", p.UnderWay-p.Waiting, "ordered before and ended; nothing new is paid for these")
	add("under way", p.Waiting, "ordered before and not made yet, "+dollars(p.WaitingUSD))
	add("to make", p.New(), "")
	_ = table(w, rows) // as far as the screen takes it
	showMissing(w, p)
	for _, text := range p.Sample {
		fmt.Fprintf(w, "    %s\n", clip(text, 90))
	}
	showPictures(w, to, p)
}

// showMissing tells which of the pictures to make were paid before.
func showMissing(w io.Writer, p bulk.Plan) {
	switch {
	case p.Missing == 0:
	case p.Simulated:
		fmt.Fprintf(w, "  made before, file missing: %s of these\n", humanize.Comma(int64(p.Missing)))
	default:
		fmt.Fprintf(w, "  made and paid before, file missing: %s, %s of these\n", humanize.Comma(int64(p.Missing)), dollars(p.MissingUSD))
	}
}

// showPictures accounts for what else lies in the folder.
func showPictures(w io.Writer, to string, p bulk.Plan) {
	if p.Others+p.Unknown == 0 {
		return
	}
	text := fmt.Sprintf("%s holds %s: %s of these rows", to, counted(p.Pictures(), "picture"), humanize.Comma(int64(p.Made)))
	if p.Others > 0 {
		text += fmt.Sprintf(", %s of other rows or of what these were before", humanize.Comma(int64(p.Others)))
	}
	if p.Unknown > 0 {
		text += fmt.Sprintf(", %s that manifest.jsonl does not know", humanize.Comma(int64(p.Unknown)))
	}
	fmt.Fprintln(w, text)
}

// showRest tells of orders that this file does not account for.
func (o *bulkOrder) showRest(w io.Writer, p bulk.Plan) {
	if p.Removed > 0 {
		then := "--cancel-removed cancels them"
		if o.drop {
			then = "they are canceled"
		}
		fmt.Fprintf(w, "%s of rows that are no longer in the file: not made yet, %s when they are; %s.\n",
			counted(p.Removed, "job"), dollars(p.RemovedUSD), then)
	}
	for _, e := range p.Earlier {
		if p.New() > 0 {
			fmt.Fprintf(w, "An earlier run with another server (%s, batch %s) left %s under way there: what of these has no picture here is ordered again.\n",
				e.Server, e.BatchID, counted(e.Left, "row"))
		}
	}
}

func showCost(w io.Writer, p bulk.Plan) {
	if p.ToMake == 0 {
		fmt.Fprintln(w, "There is nothing to make.")
		return
	}
	if p.New()+p.Waiting == 0 {
		fmt.Fprintf(w, "There is nothing to make. %s ordered before and ended: what came of them is fetched.\n", counted(p.UnderWay, "row"))
		return
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m := p.Models[name]
		rows = append(rows, []string{"  " + name, humanize.Comma(int64(m.Jobs)), dollars(m.CostUSD)})
	}
	_ = table(w, rows) // as far as the screen takes it
	parts := ""
	if p.Waiting > 0 {
		parts = fmt.Sprintf(": %s ordered before, %s new", humanize.Comma(int64(p.Waiting)), humanize.Comma(int64(p.New())))
	}
	fmt.Fprintf(w, "%s, %s%s, %s\n", counted(p.New()+p.Waiting, "picture"), price(p), parts, lasts(p.Seconds))
}

// price is that of all that is not made yet, ordered or not.
func price(p bulk.Plan) string {
	list := dollars(job.USD(p.Cost+p.Ordered)) + " at list price"
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

// consent asks before pictures are paid for where there is a reason to. A simulated picture costs nothing.
func (a *app) consent(ctx context.Context, o *bulkOrder, p bulk.Plan) error {
	threshold, err := job.ParseUSD(o.ask)
	found := !o.home.named && !o.home.on
	why := o.doubt(p, threshold, found)
	if err != nil || o.yes || p.Simulated || p.New() == 0 || why == "" {
		return err
	}
	question := o.question(p, found)
	in, ok := a.in.(*os.File)
	if !ok || a.json || !term.IsTerminal(int(in.Fd())) {
		return fmt.Errorf("%s Nobody is here to be asked, and %s. Nothing was sent: to send it, add --yes", question, why)
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

// doubt is why a person is asked: a server that was only found, pictures that were paid before or may have been, or much
// money. Nothing is asked where it is empty.
func (o *bulkOrder) doubt(p bulk.Plan, threshold int64, found bool) string {
	switch {
	case found:
		return "the server was not named"
	case p.Missing > 0:
		return "pictures that were made and paid before would be paid again"
	case p.Lost():
		return "the folder holds pictures, and its manifest.jsonl knows none: they may be these"
	case p.Cost > threshold:
		return "it is more than --ask-above " + o.ask
	}
	return ""
}

func (o *bulkOrder) question(p bulk.Plan, found bool) string {
	text := fmt.Sprintf("Send %s for %s", counted(p.New(), "picture"), dollars(p.CostUSD))
	if p.Missing > 0 {
		text += fmt.Sprintf(", %s of which were made and paid before and are missing in %s", humanize.Comma(int64(p.Missing)), o.to)
	}
	if p.Lost() {
		text += fmt.Sprintf(", though %s in %s may be some of them", counted(p.Unknown, "picture"), o.to)
	}
	if p.Waiting > 0 {
		text += fmt.Sprintf(", beside %s ordered before for %s", humanize.Comma(int64(p.Waiting)), dollars(p.WaitingUSD))
	}
	if found {
		text += ", to " + o.server + ", which makes real pictures"
	}
	return text + "?"
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
	if s.Pictures == s.Made {
		fmt.Fprintf(a.out, "%s in %s, %s made now: %s\n", counted(s.Made, "picture"), to, humanize.Comma(int64(s.Saved)), cost)
	} else {
		fmt.Fprintf(a.out, "%s made now, %s in %s: %s\n", counted(s.Saved, "picture"), humanize.Comma(int64(s.Pictures)), to, cost)
	}
	a.showFailed(to, s)
	if s.Unsent > 0 {
		fmt.Fprintf(a.out, "%s not sent\n", counted(s.Unsent, "row"))
	}
	if s.Beyond > 0 {
		fmt.Fprintf(a.out, "%s left beyond --limit\n", counted(s.Beyond, "row"))
	}
	if s.Withdrawn > 0 {
		fmt.Fprintf(a.out, "%s canceled of rows that are no longer in the file\n", counted(s.Withdrawn, "job"))
	}
	if s.Elsewhere > 0 {
		fmt.Fprintf(a.out, "%s still under way for rows that are no longer in the file\n", counted(s.Elsewhere, "job"))
	}
	if exists(contact(to)) {
		fmt.Fprintf(a.out, "Look at them: %s\n", contact(to))
	}
}

// showFailed leads to failed.csv where that was written. Canceled rows do not get into it: there is nothing to mend.
func (a *app) showFailed(to string, s bulk.Summary) {
	if n := s.Failed - s.Canceled; n > 0 {
		where := ""
		if exists(failedFile(to)) {
			where = ": see " + failedFile(to)
		}
		fmt.Fprintf(a.out, "%s without a picture%s\n", counted(n, "row"), where)
	}
	if s.Canceled > 0 {
		fmt.Fprintf(a.out, "%s canceled; easel bulk makes them when it is run again\n", counted(s.Canceled, "row"))
	}
}
