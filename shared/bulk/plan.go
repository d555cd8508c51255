package bulk

import (
	"context"
	"encoding/json"

	"easel/shared/prompt"
)

// Plan is what a run comes to, before anything is sent.
type Plan struct {
	FileRows   int `json:"file_rows"`  // of the file, before templates make several of one
	Rows       int `json:"rows"`       // of the file, with all that templates make of them
	Made       int `json:"made"`       // their pictures lie in the folder
	Changed    int `json:"changed"`    // of Made: the row is another one since then, and its picture stays
	Renamed    int `json:"renamed"`    // of Made: the picture was made for a row with another custom_id
	Edited     int `json:"edited"`     // of Made: the file is another one since it was fetched
	Rejected   int `json:"rejected"`   // of Made: a person has put the picture into a folder named rejected
	Missing    int `json:"missing"`    // their pictures were made and paid before, and no file is them: said for the first time
	Gone       int `json:"gone"`       // the same, said by a run before
	Deleted    int `json:"deleted"`    // their jobs were deleted on the server: they are not made anew
	Skipped    int `json:"skipped"`    // to be made, but others were chosen
	Failed     int `json:"failed"`     // failed before, and not asked for again
	Duplicates int `json:"duplicates"` // not among Rows: they repeat an earlier row, custom_id and all
	Equal      int `json:"equal"`      // they ask for what an earlier row asks for; each gets its own picture
	Beyond     int `json:"beyond"`     // to be made, but not among the first rows of the file, which are the limit
	ToMake     int `json:"to_make"`    // what this run is to make
	UnderWay   int `json:"under_way"`  // of ToMake: ordered before
	Waiting    int `json:"waiting"`    // of UnderWay: not made yet, and to be paid as ordered
	Replaced   int `json:"replaced"`   // jobs that have not ended and are canceled by this run, since their rows have changed
	Removed    int `json:"removed"`    // jobs of the batch that are not made yet and whose rows the file has no more

	Others  int `json:"others"`  // pictures of the folder that were made for other rows, or for these as they were once
	Unknown int `json:"unknown"` // pictures of the folder of which the manifest knows nothing

	Cost    int64                `json:"-"`        // of ToMake without UnderWay, in micro-dollars at list price
	CostUSD json.Number          `json:"cost_usd"` // the same
	Models  map[string]ModelPlan `json:"models"`   // of the same, by alias
	Ordered int64                `json:"-"`        // of Waiting, in micro-dollars at list price
	Again   int64                `json:"-"`        // of PaidAgain, in micro-dollars at list price
	Back    int64                `json:"-"`        // to have Missing and Gone back, likewise

	WaitingUSD json.Number `json:"waiting_usd"`    // the same
	RemovedUSD json.Number `json:"removed_usd"`    // of Removed
	PaidAgain  int         `json:"paid_again"`     // of ToMake: made before, and the server has the picture no more
	AgainUSD   json.Number `json:"paid_again_usd"` // of PaidAgain
	BackUSD    json.Number `json:"missing_usd"`    // what it costs to have Missing and Gone back
	Earlier    []Earlier   `json:"earlier,omitempty"`

	Seconds int64    `json:"seconds"`                   // until all of ToMake is made, at the present pace and as the daily budget allows
	Bedrock int64    `json:"bedrock_seconds,omitempty"` // the same at the pace of Amazon Bedrock, where the pictures are simulated
	Sample  []string `json:"sample"`                    // the first prompts of what is paid by this run, at most 3

	DailyBudgetUSD *json.Number `json:"daily_budget_usd,omitempty"` // of the server, where it makes Seconds longer than the pace would

	Simulated bool   `json:"simulated"`            // the server's pictures are
	Unsure    bool   `json:"unsure,omitempty"`     // whether they are: the server has made none yet
	FreeBytes uint64 `json:"free_bytes,omitempty"` // of the folder's disk; 0: not known

	File    *prompt.Taken    `json:"file,omitempty"`    // what the file was taken for
	Columns []prompt.Column  `json:"columns,omitempty"` // what those of a CSV, or members of JSON objects, were taken for
	Read    []prompt.Reading `json:"read,omitempty"`    // values of the file that were taken for others
	Dropped []string         `json:"dropped,omitempty"` // columns for which the metadata have no room in some row
	Hints   []string         `json:"hints,omitempty"`   // what may be a mistake, in sentences

	models                    map[string]int // rows to make, by catalogue ID
	removedCost, replacedCost int64

	budgetPart budgetPart
	looked     int // rows so far that were not left out, which the limit counts
	silent     int // of ToMake: with embed none
	rescued    int // of ToMake: made under other keys
}

// ModelPlan is a model's part of a plan.
type ModelPlan struct {
	Jobs    int         `json:"jobs"`
	CostUSD json.Number `json:"cost_usd"`

	cost int64
}

// New is how many pictures are ordered, and paid, by this run.
func (p Plan) New() int { return p.ToMake - p.UnderWay }

// Pictures is how many pictures lie in the folder.
func (p Plan) Pictures() int { return p.Made + p.Others + p.Unknown }

// Lost reports whether pictures that the manifest does not know may be those to be made: it knows none at all, or some are
// to be made that do not tell their settings.
func (p Plan) Lost() bool { return p.Unknown > 0 && (p.Made+p.Others == 0 || p.silent > 0) }

// PictureBytes is how much a picture takes on disk, as a rule of thumb.
const PictureBytes = 2_000_000

const samples = 3

// Plan reads and checks the file and compares it with the folder and with what the server has of it already. It sends no
// row. It returns a [*FaultsError] for rows that cannot be sent, a [*TooManyError] for too many of them, an
// [*OverMaxError] for more than the bound allows, and what the client and the folder return.
func (r *Run) Plan(ctx context.Context) (Plan, error) {
	var err error
	if r.catalogue, err = readCatalogue(ctx, r.Client); err != nil {
		return Plan{}, err
	}
	if r.Source == nil {
		r.assemble()
		return r.planBatch(ctx)
	}
	if r.spool, err = newSpool(r.Folder.Aside(spoolFile)); err != nil {
		return Plan{}, err
	}
	r.assemble()
	if err := r.open(ctx); err != nil {
		return Plan{}, err
	}
	if err := r.compare(ctx); err != nil {
		return Plan{}, err
	}
	r.estimate()
	r.plan.Earlier = r.opener.earlier()
	r.course.begin(r.plan)
	plan := r.plan
	r.tell(Event{Event: Planned, Plan: &plan})
	return plan, r.affordable()
}

// open reads the file, checks the folder and finds the batch.
func (r *Run) open(ctx context.Context) error {
	if err := r.loader.load(ctx); err != nil {
		return err
	}
	if err := r.Folder.Verify(ctx, r.Verifying); err != nil {
		return err
	}
	r.plan.Hints = append(r.plan.Hints, r.Source.remember(r.Folder)...)
	if err := r.opener.open(ctx); err != nil {
		return err
	}
	r.plan.Simulated, r.plan.Unsure = r.batch.Simulated || r.Simulated, r.opener.unsure
	return nil
}

// compare plans what becomes of each row, by what the folder and the server have of it.
func (r *Run) compare(ctx context.Context) error {
	if err := r.planner.compare(); err != nil {
		return err
	}
	if err := r.survey.look(ctx, r.planner.matches); err != nil {
		return err
	}
	if err := r.planner.weigh(ctx); err != nil {
		return err
	}
	r.cancellations.replaced, r.cancellations.removed = r.survey.replaced, r.survey.removed
	r.cancellations.count(&r.plan)
	return nil
}

// planBatch looks at a batch whose pictures are to be fetched. What of it lies in the folder is found on the way.
func (r *Run) planBatch(ctx context.Context) (Plan, error) {
	if err := r.Folder.Verify(ctx, r.Verifying); err != nil {
		return Plan{}, err
	}
	if err := r.batch.load(ctx, r.Batch); err != nil {
		return Plan{}, err
	}
	r.plan.Rows = int(r.batch.Counts.Total)
	r.plan.UnderWay, r.plan.ToMake, r.plan.Simulated = r.plan.Rows, r.plan.Rows, r.batch.Simulated
	plan := r.plan
	r.course.begin(plan)
	r.tell(Event{Event: Planned, Plan: &plan})
	return plan, nil
}
