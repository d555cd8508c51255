package api

import (
	"encoding/json"
	"time"
)

// Batch is many jobs that were ordered together, as the API returns it. Pictures are in its jobs: page through them
// with the client's List or at URLs.Jobs.
type Batch struct {
	ID     string `json:"id"`
	Object string `json:"object"` // always batch
	Status string `json:"status"` // running, completed, canceling, canceled or deleting
	Name   string `json:"name,omitempty"`

	Counts Counts                `json:"counts"`
	Cost   BatchCost             `json:"cost"`
	Models map[string]BatchModel `json:"models"` // the counts of each, by alias, or ID where there is none

	ImagesPerMinute *float64   `json:"images_per_minute"` // since it was made; null while not known
	EndsAt          *time.Time `json:"ends_at"`           // estimate of the end of its last job; null: ended, or not known

	Simulated bool              `json:"simulated"`
	Metadata  map[string]string `json:"metadata,omitempty"`

	CreatedAt   time.Time  `json:"created_at"`
	AppendedAt  time.Time  `json:"appended_at"`  // when jobs were added or begun again last
	SealedAt    *time.Time `json:"sealed_at"`    // null: it is open
	CanceledAt  *time.Time `json:"canceled_at"`  // what waited then is canceled; what was added later is not
	CompletedAt *time.Time `json:"completed_at"` // when it was noticed that it is sealed and every job has ended, well or not
	ExpiresAt   *time.Time `json:"expires_at"`   // when record and pictures are removed; null: not known, or never

	URLs BatchURLs `json:"urls"`

	Order   *Plan `json:"order,omitempty"`    // what the request did that this is the answer to
	Retried int   `json:"retried,omitempty"`  // jobs that begin again, in answer to a retry
	HasMore bool  `json:"has_more,omitempty"` // then: whether there are more of them, for another call
}

// Counts are the jobs of a batch by where they stand, exact at the moment of the answer. Jobs that were deleted or have
// expired stay counted.
type Counts struct {
	Total     int64 `json:"total"`
	Queued    int64 `json:"queued"`
	Running   int64 `json:"running"`
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
	Canceled  int64 `json:"canceled"`
}

// BatchCost is in US dollars, exact to the millionth. It is made of list prices and is no bill.
type BatchCost struct {
	EstimatedUSD json.Number  `json:"estimated_usd"` // of one call for every job that was ever added
	ListUSD      json.Number  `json:"list_usd"`      // of all calls begun and perhaps executed; never more than MaxUSD
	WaitingUSD   json.Number  `json:"waiting_usd"`   // of one call for every queued job
	RunningUSD   json.Number  `json:"running_usd"`   // of ListUSD, what comes back if the calls that run turn out not to have been executed
	MaxUSD       *json.Number `json:"max_usd"`       // bound of ListUSD; null: none
}

// BatchModel counts a model's jobs of a batch by where they stand.
type BatchModel struct {
	Jobs      int64 `json:"jobs"` // all of them
	Queued    int64 `json:"queued"`
	Running   int64 `json:"running"`
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
	Canceled  int64 `json:"canceled"`
}

// PlanModel is a model's part of a plan.
type PlanModel struct {
	Jobs    int64       `json:"jobs"`
	CostUSD json.Number `json:"cost_usd"` // at list price, of one call for each
}

// BatchURLs are the addresses of a batch and of what can be done with it.
type BatchURLs struct {
	Self   string `json:"self"`
	Jobs   string `json:"jobs"` // the jobs with their pictures, in file order
	Append string `json:"append"`
	Seal   string `json:"seal"`
	Cancel string `json:"cancel"`
	Retry  string `json:"retry"`
}

// Plan is what an order of many jobs did, or with a dry run would do.
type Plan struct {
	Object  string `json:"object"`             // always plan
	BatchID string `json:"batch_id,omitempty"` // in answer to a dry run: the batch, if there is one already

	Lines      int `json:"lines"`      // jobs that the request holds, expanded
	Added      int `json:"added"`      // new jobs
	Restarted  int `json:"restarted"`  // jobs that begin again
	Existing   int `json:"existing"`   // their job is there already and is left alone
	Changed    int `json:"changed"`    // they differ from the job that is there under their custom_id
	Failed     int `json:"failed"`     // of Existing: the job failed or was canceled
	Deleted    int `json:"deleted"`    // of Existing: the job was deleted, and is not made anew
	Duplicates int `json:"duplicates"` // they repeat an earlier one of the request

	CostUSD json.Number          `json:"cost_usd"` // of what is added and restarted, at list price, of one call for each
	Seconds int64                `json:"seconds"`  // until the last of these is made, at the present pace and as the daily budget allows
	Models  map[string]PlanModel `json:"models"`   // of these
	Sample  []string             `json:"sample"`   // the first prompts of these as the model gets them, at most five

	DailyBudgetUSD *json.Number `json:"daily_budget_usd"` // the budget of a day where it makes Seconds longer than the pace would; null: it does not
}
