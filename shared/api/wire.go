package api

import (
	"encoding/json"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// Settings are what an order and a job's input have in common.
type Settings = request.Settings

// JobRequest is the body of POST /jobs. Members that are left out take the defaults that openapi.yaml
// tells; a prompt is all that must be there.
type JobRequest struct {
	Settings

	Image           []byte            `json:"image,omitempty"`      // a PNG, JPEG or WebP to start from
	Parameters      json.RawMessage   `json:"parameters,omitempty"` // an object, for models that have settings of their own
	Metadata        map[string]string `json:"metadata,omitempty"`
	CustomID        string            `json:"custom_id,omitempty"`
	User            string            `json:"user,omitempty"`
	DeadlineSeconds *int              `json:"deadline_seconds,omitempty"`
	MaxModelCalls   *int              `json:"max_model_calls,omitempty"`
	Embed           string            `json:"embed,omitempty"` // all or none
}

// Job is a job as the API returns it. What tells of progress is always there, null until there is
// something to tell; names that the client gave are there only if it gave them.
type Job struct {
	ID     string `json:"id"`
	Object string `json:"object"` // always job
	Status string `json:"status"` // queued, running, succeeded, failed or canceled
	Model  string `json:"model"`  // catalogue ID, with the alias resolved

	Input   Input     `json:"input"`
	Sent    Sent      `json:"sent"`
	Images  []Image   `json:"images"`  // in the order in which they were made; the last is the job's picture
	Error   *JobError `json:"error"`   // why it failed
	Waiting *Waiting  `json:"waiting"` // while it is queued: what for

	Attempts   int     `json:"attempts"`    // by workers, in this round
	ModelCalls int     `json:"model_calls"` // in this round, begun and perhaps executed
	Simulated  bool    `json:"simulated"`   // drawn by the simulator: nothing was paid
	Cost       Cost    `json:"cost"`
	Metrics    Metrics `json:"metrics"`

	BatchID  string            `json:"batch_id,omitempty"`
	CustomID string            `json:"custom_id,omitempty"`
	Position int64             `json:"position"` // within its batch
	User     string            `json:"user,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Starred  bool              `json:"starred"` // it does not expire

	CreatedAt   time.Time  `json:"created_at"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Deadline    *time.Time `json:"deadline"`
	ExpiresAt   *time.Time `json:"expires_at"` // when record and pictures are removed; null: never

	URLs URLs `json:"urls"`
}

// Ended reports whether the job has reached a final state.
func (j Job) Ended() bool { return job.Status(j.Status).Ended() }

// Input is what the client asked for, before any default.
type Input struct {
	Settings

	Image      *InputImage     `json:"image,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"` // without mask_image
	Mask       *InputImage     `json:"mask,omitempty"`       // the mask_image of the parameters
}

// InputImage describes the image that the job starts from.
type InputImage struct {
	ContentType string `json:"content_type"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	SizeBytes   int64  `json:"size_bytes"`
	SHA256      string `json:"sha256"` // lower-case hexadecimal
}

// Sent is the request as the model gets it: the words of the style added, the seed drawn, defaults
// filled in. The simulator makes the same picture of it again; a real model may differ.
type Sent struct {
	Prompt         string   `json:"prompt"`
	NegativePrompt string   `json:"negative_prompt,omitempty"`
	AspectRatio    string   `json:"aspect_ratio,omitempty"`
	Seed           int64    `json:"seed"`
	OutputFormat   string   `json:"output_format"`
	Strength       *float64 `json:"strength,omitempty"` // only beside an input image

	StylePreset string          `json:"style_preset,omitempty"` // where the model has a parameter for it
	Parameters  json.RawMessage `json:"parameters,omitempty"`   // with the model's defaults
}

// Image is one stored picture. Its address needs no credential and dies at URLExpiresAt or, with its
// signer's credentials, earlier: on a 403 get the job again.
type Image struct {
	URL          string    `json:"url"`
	URLExpiresAt time.Time `json:"url_expires_at"`
	ThumbnailURL *string   `json:"thumbnail_url"` // of a JPEG of at most 512 × 512 pixels, as long as URL; null: there is none
	ContentType  string    `json:"content_type"`
	Width        int       `json:"width"`
	Height       int       `json:"height"`
	SizeBytes    int64     `json:"size_bytes"`
	SHA256       string    `json:"sha256"` // lower-case hexadecimal, of the stored bytes
	Seed         int64     `json:"seed"`
}

// JobError says why a job failed.
type JobError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"` // whether the same input may fare better another time
}

// Waiting says why a queued job waits, and when it is looked at next.
type Waiting struct {
	Code    string    `json:"code"` // pace, access, credentials, throttled, outage or budget
	Message string    `json:"message"`
	Until   time.Time `json:"until"` // an estimate
}

// Cost is in US dollars, exact to the millionth. It is made of list prices and is no bill.
type Cost struct {
	EstimatedUSD json.Number `json:"estimated_usd"` // of one call, told before it is made
	ListUSD      json.Number `json:"list_usd"`      // of all calls of all rounds
	PriceAsOf    string      `json:"price_as_of"`   // the day the price was read, YYYY-MM-DD
}

// Metrics are times of the last round in milliseconds, null while they are not known.
type Metrics struct {
	QueueMS *int64 `json:"queue_ms"` // until a worker began
	RunMS   *int64 `json:"run_ms"`   // from then to the end
}

// URLs are the addresses of the job itself and of what can be done with it.
type URLs struct {
	Self   string `json:"self"`
	Image  string `json:"image"` // leads to a fresh address of the picture: the one to store
	Cancel string `json:"cancel"`
	Retry  string `json:"retry"`
}

// List is a page of a list. A page may be short, or even empty, while HasMore is true. The catalogue has one page.
type List[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor"`
	HasMore    bool    `json:"has_more"`
}

type (
	// JobList is a page of jobs, newest first, or in file order within a batch.
	JobList = List[Job]
	// BatchList is a page of batches, newest first.
	BatchList = List[Batch]
	// ModelList is the catalogue.
	ModelList = List[Model]
)

// Model is an entry of the catalogue: what it accepts, costs and allows.
type Model struct {
	ID        string `json:"id"`
	Object    string `json:"object"` // always model
	Alias     string `json:"alias,omitempty"`
	Name      string `json:"name"`
	Status    string `json:"status"` // current or retired
	Default   bool   `json:"default"`
	EndOfLife string `json:"end_of_life,omitempty"` // for a retired one, YYYY-MM-DD
	Successor string `json:"successor,omitempty"`   // alias to use instead of a retired one
	Region    string `json:"region,omitempty"`

	PriceUSD          json.Number `json:"price_usd,omitempty"` // list price of one picture
	PriceAsOf         string      `json:"price_as_of,omitempty"`
	RequestsPerMinute int         `json:"requests_per_minute,omitempty"` // a usual account's quota
	PacePerMinute     float64     `json:"pace_per_minute,omitempty"`     // calls at present, as learnt

	Parameters    []string     `json:"parameters,omitempty"` // the members of a request that it honours
	MaxPrompt     int          `json:"max_prompt,omitempty"` // characters
	MaxSeed       int64        `json:"max_seed,omitempty"`
	AspectRatios  []string     `json:"aspect_ratios,omitempty"`  // the default first
	OutputFormats []string     `json:"output_formats,omitempty"` // the default first
	Image         *ImageLimits `json:"image,omitempty"`          // absent where it starts from text alone

	ParameterLimits []ParameterLimits `json:"parameter_limits,omitempty"` // what parameters may hold
}

// ParameterLimits says what a model takes for one of its own settings.
type ParameterLimits struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"` // number, integer, choice, object, prompts or image
	Minimum  *float64        `json:"minimum,omitempty"`
	Maximum  *float64        `json:"maximum,omitempty"` // of a number, or the length of a list of prompts
	Values   []string        `json:"values,omitempty"`  // of a choice
	MaxText  int             `json:"max_text,omitempty"`
	MaxBytes int             `json:"max_bytes,omitempty"` // of an image, decoded
	Default  json.RawMessage `json:"default,omitempty"`   // absent where the model decides
}

// ImageLimits says which images a model can start from.
type ImageLimits struct {
	Types           []string `json:"types"`
	MaxBytes        int      `json:"max_bytes"` // decoded
	MinSide         int      `json:"min_side"`  // pixels
	MaxPixels       int      `json:"max_pixels"`
	DefaultStrength float64  `json:"default_strength"`
	Sides           [][2]int `json:"sides,omitempty"` // the only widths and heights taken, in pixels
}
