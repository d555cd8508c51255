package job

import (
	"encoding/json"
	"time"

	"easel/shared/request"
)

// RecordVersion is the version that records and messages carry. Readers accept it and the one before.
const RecordVersion = 1

// Job is the record of one picture ordered: the only thing that is true about it. Field names of the
// JSON form are the names of stored attributes; they are kept for good. A writer leaves those alone that it does not
// know. What is zero takes no room in a document: most of a job's is, and the rest decides how many go on a page.
type Job struct {
	V       int    `json:"v"`
	ID      string `json:"id"`
	Owner   string `json:"owner"`
	Version int64  `json:"version"`  // of the record: grows by one with every write; begins with the time, so that no two lives of an ID share one
	WriteID string `json:"write_id"` // random mark of the last write, by which a writer knows its own

	Status Status `json:"status"`
	Model  string `json:"model"` // catalogue ID
	Input  Input  `json:"input"` // as the client gave it
	Sent   Sent   `json:"sent"`  // as the model gets it
	Embed  string `json:"embed"` // all or none: whether settings are written into the picture

	Images  []Image  `json:"images,omitzero"`
	Failure *Failure `json:"error,omitzero"`
	Waiting *Waiting `json:"waiting,omitzero"`

	Generation   int   `json:"generation,omitzero"`     // 1, and one more with every retry
	Attempts     int   `json:"attempts,omitzero"`       // claims in this round
	Calls        int   `json:"calls,omitzero"`          // model calls begun in this round and perhaps executed
	MaxCalls     int   `json:"max_calls,omitzero"`      // 1..5: how many calls a round may begin
	Delays       int   `json:"delays,omitzero"`         // refusals in a row, for the backoff
	CostMicroUSD int64 `json:"cost_micro_usd,omitzero"` // list price of all calls of all rounds

	Price        int64  `json:"price_micro_usd,omitzero"` // list price of one call when the job was taken
	PriceAsOf    string `json:"price_as_of,omitzero"`
	Simulated    bool   `json:"simulated,omitzero"`     // made by the simulator: worth nothing, cost nothing
	OtherMembers string `json:"other_members,omitzero"` // hash of what the request held beside the picture; see otherMembers

	BatchID  string            `json:"batch_id,omitzero"`
	CancelNo int64             `json:"cancel_no,omitzero"` // of the batch when this generation began; a smaller one than the batch's means canceled
	CustomID string            `json:"custom_id,omitzero"`
	Position int64             `json:"position,omitzero"`
	User     string            `json:"user,omitzero"`
	Metadata map[string]string `json:"metadata,omitzero"`
	Starred  bool              `json:"starred,omitzero"` // its owner wants to keep it: it does not expire

	CreatedAt       time.Time  `json:"created_at"`
	QueuedAt        time.Time  `json:"queued_at"` // start of this round
	StartedAt       *time.Time `json:"started_at,omitzero"`
	CompletedAt     *time.Time `json:"completed_at,omitzero"`
	Deadline        *time.Time `json:"deadline,omitzero"`
	DeadlineSeconds int        `json:"deadline_seconds,omitzero"` // 0: none
	ExpiresAt       *time.Time `json:"expires_at,omitzero"`

	Deleting       bool       `json:"deleting,omitzero"`   // its images are being removed, then the record
	DeletedAt      *time.Time `json:"deleted_at,omitzero"` // set in what is remembered of a deleted job, which holds nothing else but ID, version and ExpiresAt
	Lease          *Lease     `json:"lease,omitzero"`
	Due            *time.Time `json:"due,omitzero"`             // timer: when the sweep looks at the job, whatever else happens; nil: never
	Enqueued       bool       `json:"enqueued,omitzero"`        // a message for it is in the queue or with a worker
	MessageNo      int        `json:"message_no,omitzero"`      // number of the message that counts
	Reach          int        `json:"reach,omitzero"`           // by how many spans more than others it looks ahead for a slot; grows with each put back
	StoreErrors    int        `json:"store_errors,omitzero"`    // waits in a row for a store of our own
	LostMessages   int        `json:"lost_messages,omitzero"`   // messages that never came back
	Visible        time.Time  `json:"visible,omitzero"`         // when the message that is out can be received
	RefusedSince   *time.Time `json:"refused_since,omitzero"`   // since when the account has been refused, for the grace period
	AmbiguousCalls int        `json:"ambiguous_calls,omitzero"` // calls of this generation that may or may not have run

	Throttles int `json:"throttles,omitzero"` // calls of this round that were refused as too many

	InLine bool `json:"in_line,omitzero"` // it waits in its flow for its turn; see [Job.Flow]

	// Damaged says that a store could read only some members of the record. No call is made for it.
	Damaged bool `json:"-"`
}

// Input is what the client asked for, before any default.
type Input struct {
	request.Settings

	Image      *InputImage     `json:"image,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"` // without the mask
	Mask       *InputImage     `json:"mask,omitempty"`
}

// images are the stored files that belong to the input.
func (in Input) images() (all []InputImage) {
	for _, one := range []*InputImage{in.Image, in.Mask} {
		if one != nil {
			all = append(all, *one)
		}
	}
	return all
}

// InputImage names a stored input image or its mask. The record never holds its bytes.
type InputImage struct {
	Key         string `json:"key"`
	ContentType string `json:"content_type"`
	SizeBytes   int64  `json:"size_bytes"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	SHA256      string `json:"sha256"`
}

// Sent is the request as the model gets it: styled prompt, drawn seed, defaults filled in.
type Sent struct {
	Prompt         string  `json:"prompt"`
	NegativePrompt string  `json:"negative_prompt,omitempty"`
	AspectRatio    string  `json:"aspect_ratio,omitempty"`
	Seed           int64   `json:"seed"`
	OutputFormat   string  `json:"output_format"`
	Strength       float64 `json:"strength,omitempty"`

	StylePreset string          `json:"style_preset,omitempty"` // where it is no words in the prompt
	Parameters  json.RawMessage `json:"parameters,omitempty"`   // with the model's defaults
}

// Image is one stored picture.
type Image struct {
	Key string `json:"key"`
	ImageInfo
}

// ImageInfo is what the store of images knows about an object beside its bytes. It never holds the
// prompt.
type ImageInfo struct {
	ContentType string `json:"content_type"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	SizeBytes   int64  `json:"size_bytes"`
	SHA256      string `json:"sha256"` // lower-case hexadecimal, of the stored bytes
	Seed        int64  `json:"seed"`
	Model       string `json:"model"`
}

// Failure says why a job failed, in words for the person who ordered it.
type Failure struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"` // whether the same input may fare better another time
}

// The codes of a [Failure].
const (
	CodeFiltered    = "content_filtered"
	CodeInvalid     = "invalid_request"
	CodeUnavailable = "model_unavailable"
	CodeExhausted   = "attempts_exhausted"
	CodeExpired     = "expired"
	CodeModel       = "model_error"
	CodeInternal    = "internal"
	CodeOverMaxCost = "over_max_cost"
)

// Waiting says why a queued job waits.
type Waiting struct {
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Until   time.Time `json:"until"` // when it is looked at next; an estimate
}

// The codes of a [Waiting].
const (
	WaitPace        = "pace"
	WaitAccess      = "access"
	WaitCredentials = "credentials"
	WaitThrottled   = "throttled"
	WaitOutage      = "outage"
	WaitBudget      = "budget"
)

// Lease is a worker's right to finish a running job. The token is random, so that a worker whose reply
// was lost recognises its own claim and a late one finds that it has lost the job. The lease also holds what its claim
// charged, so that a call that was not executed is given back to where it was charged, on whatever day that is known.
type Lease struct {
	Token  string    `json:"token"`
	Until  time.Time `json:"until"`
	Amount int64     `json:"amount_micro_usd"` // charged by the claim
	Day    string    `json:"day"`              // that was charged, as DayOf has it; empty: no budget was set
}

// Closed reports whether a job has ended and no call for it is under way or unsettled.
func Closed(j Job) bool { return j.Status.Ended() && j.Lease == nil }

// Past reports whether the job's deadline has passed.
func (j Job) Past(now time.Time) bool { return j.Deadline != nil && !now.Before(*j.Deadline) }

// Expired reports whether the job is kept no longer. It may be there for a while yet, since stores remove what has expired
// when they have time.
func (j Job) Expired(now time.Time) bool { return j.ExpiresAt != nil && !now.Before(*j.ExpiresAt) }
