package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
)

// spoolFile holds the rows while a run lasts.
const spoolFile = "rows.ndjson"

// defaultDownloads is how many pictures are fetched side by side.
const defaultDownloads = 8

// Run is one way from a file to a folder or, without a file, from a batch to a folder: Plan says what it comes to, Go
// does it, Close tidies up. The fields are not to be changed once Plan was called.
type Run struct {
	Client *client.Client
	Folder *folder.Folder
	Server string  // under what name the folder knows it
	Source *Source // nil: all pictures of Batch are fetched
	Batch  string
	Wait   bool // without a Source: until its last job has ended

	Key        string      // of the batch, where no folder lasts; empty: one of its own
	MaxCost    json.Number // of the batch in US dollars; empty: no bound
	Again      Choice      // rows of which another picture is made, whatever lies in the folder
	Only       Choice      // rows that this run makes; empty: all
	FetchAgain bool        // pictures whose files are missing are fetched, or made, again

	Limit    int  // only so many rows, the first of the file, are ordered; 0: all
	Redo     bool // rows that have changed since their pictures were made are made again
	Retry    bool // rows that failed before are sent again
	Retired  bool // the server takes models that have ended
	Withdraw bool // jobs that wait and whose rows the file has no more are canceled
	DryRun   bool // Go will not be called: not even an empty batch is made

	Simulated bool // the server is known to simulate, even before it has a batch

	Names     string        // a pattern for the names of pictures; empty: DefaultPattern
	Downloads int           // side by side; 0: 8
	Rows      int           // in one append, at most; 0: 1,000
	Poll      time.Duration // between two looks at the batch; 0: 1 to 5 s, by the pace
	Patience  time.Duration // with a server that does not answer; 0: 10 min

	Report    func(Event)         // hears of everything, one call at a time; nil: events are dropped
	Verifying func(done, all int) // called while pictures are held against the manifest; nil: not called
	Now       func() time.Time    // nil: time.Now
	Rest      func(context.Context, time.Duration)

	plan      Plan
	course    course
	catalogue *catalogue
	spool     *spool // nil without a Source
	rows      *rowTable
	batch     remoteBatch
	telling   sync.Mutex // one event at a time

	// Planning, in the order in which it begins.
	loader  loader
	opener  opener
	planner planner
	takes   takes
	asker   asker
	survey  survey

	// Going.
	cancellations cancellations
	sender        sender
	judge         judge
	fetcher       fetcher
}

// Summary is what a run came to.
type Summary struct {
	BatchID   string      `json:"batch_id,omitempty"`
	Folder    string      `json:"folder"`
	Made      int         `json:"made"`      // pictures in the folder, of the rows of the file
	Saved     int         `json:"saved"`     // of these, by this run
	Failed    int         `json:"failed"`    // rows that ended without a picture, now or before
	Canceled  int         `json:"canceled"`  // of Failed
	Unmade    int         `json:"unmade"`    // rows that have changed since their pictures were made, or whose files are missing since this run
	Missing   int         `json:"missing"`   // pictures that were made and could not be fetched, or whose jobs are gone
	Beyond    int         `json:"beyond"`    // rows beyond the limit
	Unsent    int         `json:"unsent"`    // rows that the server refused
	Elsewhere int         `json:"elsewhere"` // jobs of the batch that wait for rows which are not in the file any more
	Withdrawn int         `json:"withdrawn"` // of such jobs, canceled by this run
	Replaced  int         `json:"replaced"`  // jobs that this run has canceled since their rows have changed
	Left      int         `json:"left"`      // rows that have not ended
	Pictures  int         `json:"pictures"`  // in the folder, of whatever rows
	Ordered   int         `json:"ordered"`   // pictures that this run has asked the server for, and no earlier run
	CostUSD   json.Number `json:"cost_usd"`  // of these, at list price

	// CountedUSD is what the server counts for the batch, where that is more than one call for each row: a call that may have been executed is counted,
	// and may be made again. Otherwise it is empty.
	CountedUSD json.Number `json:"counted_usd,omitempty"`

	Simulated bool `json:"simulated"`
}

// Go sends what the plan holds, and fetches what is made, until every row has ended. Rows that fail are no error. It
// returns the context's error where that ended first, a [*GoneError] for a server that stayed away, and the server's
// [*api.Problem] where it refused rows; what it had taken is fetched before that, and the summary holds.
func (r *Run) Go(ctx context.Context) (Summary, error) {
	if err := r.opener.leave(r.plan.ToMake); err != nil {
		return Summary{}, err
	}
	if err := r.planner.dismiss(); err != nil {
		return Summary{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := newWatch(r)
	var fetching, sending sync.WaitGroup
	for range cmp.Or(r.Downloads, defaultDownloads) {
		fetching.Go(func() {
			for t := range w.queue {
				if err := r.fetcher.fetch(ctx, t); err != nil {
					stop(err)
				}
				w.fetched()
			}
		})
	}
	sending.Go(func() {
		err := errors.Join(w.rescue(ctx, r.survey.rescues), r.cancellations.cancelRemoved(ctx, r.Withdraw))
		if err == nil && r.Source != nil && r.plan.ToMake > r.plan.rescued {
			err = r.sender.send(ctx)
		}
		if err != nil {
			stop(err)
		}
		w.sent.Store(true)
	})
	if err := w.watch(ctx); err != nil {
		stop(err)
	}
	sending.Wait()
	close(w.queue)
	fetching.Wait()
	if ctx.Err() != nil {
		r.halt(ctx)
		return r.sum(), context.Cause(ctx)
	}
	return r.end(ctx)
}

// end writes what is for people, and tells that all is over.
func (r *Run) end(ctx context.Context) (Summary, error) {
	s := r.sum()
	s.Elsewhere, s.CountedUSD = r.elsewhere(ctx), r.counted(ctx)
	left, _ := r.rows.open()
	if err := r.opener.leave(left); err != nil {
		return s, err
	}
	if err := r.Folder.Report(ctx); err != nil {
		return s, err
	}
	r.tell(Event{Event: Done, Summary: &s})
	return s, r.sender.refusal
}

func (r *Run) sum() Summary {
	p := r.Progress()
	left, _ := r.rows.open()
	pictures, _ := r.Folder.Pictures()
	r.course.mu.Lock()
	defer r.course.mu.Unlock()
	c := &r.course
	return Summary{
		Left:    left,
		BatchID: r.batch.ID, Folder: r.Folder.Path, Made: p.Made, Saved: c.saved, Failed: c.failed - c.lost + r.plan.Failed,
		Canceled: c.ceased, Missing: c.lost, Unmade: r.plan.Changed + r.plan.Missing, Beyond: r.plan.Beyond - c.within, Unsent: c.unsent, Withdrawn: c.withdrawn, Replaced: c.replaced, Pictures: pictures,
		Ordered: c.ordered, CostUSD: p.CostUSD, Simulated: r.batch.Simulated,
	}
}

// Abandon takes back what planning has made, where nothing is to be sent: a new folder is left as it was, and the batch that
// was opened for it is deleted. A batch that cannot be deleted stays on the server without jobs and costs nothing.
func (r *Run) Abandon(ctx context.Context) {
	if !r.Folder.Forget() {
		return
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer done()
	if r.batch.ID != "" && r.batch.Counts.Total == 0 {
		_, _ = r.Client.DeleteBatch(ctx, r.batch.ID)
	}
}

// assemble builds what the run consists of, once the catalogue is known and the rows have a spool.
func (r *Run) assemble() {
	r.rows = newRowTable()
	r.batch.run = r
	r.loader = loader{Run: r, chosen: chosen{again: r.Again, only: r.Only}, lines: map[folder.Digest]int{}}
	r.opener.Run, r.planner.Run, r.takes.Run, r.asker.Run, r.survey.Run = r, r, r, r, r
	r.cancellations.Run, r.sender.Run, r.judge.Run = r, r, r
	r.fetcher = fetcher{Run: r, retrier: retrier{run: r}}
}

// ofFile reports whether the rows are a file's, and not made of the jobs of a batch.
func (r *Run) ofFile() bool { return r.Source != nil }

// Close removes what was needed only for the run. The folder stays open.
func (r *Run) Close() error {
	if r.spool == nil {
		return nil
	}
	return r.spool.close()
}

// refused reports whether an error is the server's no to what was sent, which is no reason to leave what it took before.
func refused(err error) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && !Passing(err) && (p.Status == 422 || p.Status == 429 || p.Status == 413)
}
