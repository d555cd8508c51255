package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"easel/shared/bulk"
	"easel/shared/usd"
)

// showPlan is the first screen: what is there, what is to be made, and what that costs. The machine has heard of it by
// an event.
func (a bulkCommands) showPlan(w io.Writer, o *bulkOrder, source string, p bulk.Plan) {
	if a.json {
		return
	}
	fmt.Fprintf(w, "pictures  %s\n", o.origin(p))
	rows := counted(p.FileRows, "row")
	if p.FileRows != p.Rows {
		rows += ", " + counted(p.Rows, "picture")
	}
	fmt.Fprintf(w, "%s: %s\n", source, rows)
	showFile(w, p)
	showRows(w, o.to, p)
	showCost(w, p)
	o.showRest(w, p)
	if len(p.Dropped) > 0 {
		fmt.Fprintf(w, "Not kept with the jobs, whose metadata have no more room: %s\n", clip(strings.Join(p.Dropped, ", "), 300))
	}
	for _, advice := range p.Hints {
		fmt.Fprintln(w, advice)
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
	addRow := func(name string, n int, note string) {
		if n > 0 {
			rows = append(rows, []string{"  " + name, humanize.Comma(int64(n)), note})
		}
	}
	addRow("made already", p.Made, "in "+to)
	addRow("  changed since", p.Changed, "of these; they will not be made, and their pictures stay (--redo changed makes them)")
	addRow("  other ids", p.Renamed, "of these; the same was made for rows with another custom_id")
	addRow("  edited", p.Edited, "of these; the file is another one since it was fetched, and counts")
	addRow("  rejected", p.Rejected, "of these; their pictures lie in a folder rejected (--redo ID makes another)")
	addRow("failed before", p.Failed, "(--retry failed sends them again)")
	addRow("jobs deleted", p.Deleted, "on the server, and left alone (--redo ID makes another picture)")
	addRow("deleted", p.Gone, "their pictures were made, and stay away (--fetch-again has them back)")
	addRow("not chosen", p.Skipped, "left out by --only")
	addRow("repeated", p.Duplicates, "left out: rows of the same custom_id and content")
	addRow("equal", p.Equal, "to a row further up; each gets a picture of its own")
	addRow("beyond --limit", p.Beyond, "which takes the first rows of the file; what was ordered before is made as well")
	addRow("to fetch", p.UnderWay-p.Waiting, "ordered before and ended; nothing new is paid for these")
	addRow("under way", p.Waiting, "ordered before and not made yet, "+dollars(p.WaitingUSD))
	addRow("to make", p.New(), "")
	_ = table(w, rows) // as far as the screen takes it
	showMissing(w, p)
	for _, text := range p.Sample {
		fmt.Fprintf(w, "    %s\n", clip(text, 90))
	}
	showPictures(w, to, p)
}

// showMissing tells which pictures were made before and lie nowhere, and what it costs to have them back.
func showMissing(w io.Writer, p bulk.Plan) {
	made := "made and paid before"
	if p.Simulated {
		made = "made before"
	}
	if p.PaidAgain > 0 {
		fmt.Fprintf(w, "  %s, file missing: %s, %s of these\n", made, humanize.Comma(int64(p.PaidAgain)), dollars(p.AgainUSD))
	}
	if p.Missing > 0 {
		fmt.Fprintf(w, "  %s, file missing: %s, %s to have back: they stay away without --fetch-again\n", made, humanize.Comma(int64(p.Missing)), dollars(p.BackUSD))
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
	if p.Replaced > 0 {
		fmt.Fprintf(w, "%s of rows as they were before they changed: not made yet; they are canceled as the changed ones are sent.\n", counted(p.Replaced, "job"))
	}
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
	fmt.Fprintf(w, "%s, %s%s%s\n", counted(p.New()+p.Waiting, "picture"), price(p), parts, until(p))
}

// price is that of all that is not made yet, ordered or not.
func price(p bulk.Plan) string {
	list := dollars(usd.Number(p.Cost+p.Ordered)) + " at list price"
	if p.Simulated {
		return "nothing to pay (simulated; " + list + ")"
	}
	return list
}

// until is how long it takes, and how long it would take for real where that is longer; or when the daily budget has paid for
// all of it.
func until(p bulk.Plan) string {
	if p.DailyBudgetUSD != nil {
		last := time.Now().Add(time.Duration(p.Seconds) * time.Second).Local()
		return fmt.Sprintf("; the daily budget of %s lets the last picture be there about %s", dollars(*p.DailyBudgetUSD), last.Format(time.DateOnly))
	}
	text := ", " + lasts(p.Seconds) + " at the present pace"
	if p.Simulated && p.Bedrock >= 60 && p.Bedrock > p.Seconds {
		text += fmt.Sprintf(" (on Amazon Bedrock %s)", lasts(p.Bedrock))
	}
	return text
}

func lasts(seconds int64) string {
	switch d := time.Duration(seconds) * time.Second; {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("about %d min", int(d.Minutes()+0.5))
	case d < 48*time.Hour:
		return fmt.Sprintf("about %.1f hours", d.Hours())
	default:
		return fmt.Sprintf("about %.1f days", d.Hours()/24)
	}
}

// counted is a number with its thing.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return humanize.Comma(int64(n)) + " " + thing + "s"
}

// showSummary tells what a run came to.
func (a bulkCommands) showSummary(to string, s bulk.Summary) {
	if a.json {
		return
	}
	ordered := "this run ordered nothing"
	if s.Ordered > 0 {
		ordered = "this run ordered " + counted(s.Ordered, "picture") + ": " + costOf(s)
	}
	if s.Pictures == s.Made {
		fmt.Fprintf(a.out, "%s in %s, %s of them new; %s\n", counted(s.Made, "picture"), to, humanize.Comma(int64(s.Saved)), ordered)
	} else {
		fmt.Fprintf(a.out, "%s, %s in %s; %s\n", counted(s.Saved, "new picture"), humanize.Comma(int64(s.Pictures)), to, ordered)
	}
	if s.CountedUSD != "" {
		fmt.Fprintf(a.out, "The server counts %s at list price for the batch: rows took more than one call, as those that failed and were sent again, or where one may have been executed when a server died\n",
			dollars(s.CountedUSD))
	}
	a.showFailed(to, s)
	for _, some := range []struct {
		n           int
		thing, fate string
	}{
		{s.Unmade, "row", "without a picture of what they ask for: see the plan above"},
		{s.Unsent, "row", "not sent"},
		{s.Left, "row", "left"},
		{s.Beyond, "row", "left beyond --limit"},
		{s.Replaced, "job", "canceled of rows that have changed"},
		{s.Withdrawn, "job", "canceled of rows that are no longer in the file"},
		{s.Elsewhere, "job", "still under way for rows that are no longer in the file"},
	} {
		if some.n > 0 {
			fmt.Fprintf(a.out, "%s %s\n", counted(some.n, some.thing), some.fate)
		}
	}
	if exists(contact(to)) {
		fmt.Fprintf(a.out, "Look at them: %s\n", contact(to))
	}
}

// costOf is what this run has ordered.
func costOf(s bulk.Summary) string {
	amount := dollars(s.CostUSD) + " at list price"
	if s.Simulated {
		return "nothing to pay (simulated; " + amount + ")"
	}
	return amount
}

// showFailed leads to failed.csv where that was written. Canceled rows do not get into it: there is nothing to mend.
func (a bulkCommands) showFailed(to string, s bulk.Summary) {
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
