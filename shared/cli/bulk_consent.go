package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"easel/shared/bulk"
	"easel/shared/usd"
)

// consent asks before pictures are paid for where there is a reason to. A simulated picture costs nothing.
func (a bulkCommands) consent(ctx context.Context, o *bulkOrder, p bulk.Plan) error {
	threshold, err := usd.Parse(o.ask)
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
	case p.PaidAgain > 0:
		return "pictures that were made and paid before would be paid again"
	case p.Lost():
		return "the folder holds pictures that its manifest.jsonl does not know, and they may be these"
	case p.Cost > threshold:
		return "it is more than --ask-above " + o.ask
	}
	return ""
}

func (o *bulkOrder) question(p bulk.Plan, found bool) string {
	text := fmt.Sprintf("Send %s for %s", counted(p.New(), "picture"), dollars(p.CostUSD))
	if p.PaidAgain > 0 {
		text += fmt.Sprintf(", %s of which were made and paid before and are missing in %s", humanize.Comma(int64(p.PaidAgain)), o.to)
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
func (a bulkCommands) answer(ctx context.Context) (string, error) {
	replies := make(chan string, 1)
	go func() {
		reply, _ := bufio.NewReader(a.in).ReadString('\n') // no answer is no
		replies <- strings.ToLower(strings.TrimSpace(reply))
	}()
	select {
	case reply := <-replies:
		return reply, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
