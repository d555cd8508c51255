// Package request says what a client may ask for and finds everything that is wrong with a request, before anything is
// stored: limits, choices, sides and kinds of input images, and what the chosen model can honour. A fault points at a member and says
// what was found, what is allowed and what to do. The package knows no jobs: it neither records a request nor completes it.
package request

import "encoding/json"

// Settings say in words and numbers what picture a client wants. An order, the record of a job and both as the API shows
// them have these members in common. Absent members are zero or nil.
type Settings struct {
	Prompt         string   `json:"prompt"`
	Model          string   `json:"model,omitempty"` // ID or alias of the catalogue; empty: the default
	NegativePrompt string   `json:"negative_prompt,omitempty"`
	AspectRatio    string   `json:"aspect_ratio,omitempty"`
	Seed           *int64   `json:"seed,omitempty"` // nil or 0: Easel draws one and records it
	StylePreset    string   `json:"style_preset,omitempty"`
	OutputFormat   string   `json:"output_format,omitempty"`
	Strength       *float64 `json:"strength,omitempty"` // 0 keeps the input image, 1 ignores it
}

// Request is an order for one picture, decoded but not yet checked. Absent members are zero or nil.
type Request struct {
	Settings

	Image           []byte            `json:"-"`                          // decoded bytes of the input image
	Metadata        map[string]string `json:"metadata,omitempty"`         // 16 pairs, 4,096 bytes together
	CustomID        string            `json:"custom_id,omitempty"`        // 1..128 characters
	User            string            `json:"user,omitempty"`             // 1..128 characters, opaque
	DeadlineSeconds *int              `json:"deadline_seconds,omitempty"` // 1..604,800
	MaxModelCalls   *int              `json:"max_model_calls,omitempty"`  // 1..5; nil: 2
	Embed           string            `json:"embed,omitempty"`            // all or none; empty: all
	Parameters      json.RawMessage   `json:"parameters,omitempty"`       // an object, for models that have settings of their own
	Mask            []byte            `json:"-"`                          // decoded bytes of parameters.mask_image, which Parameters leave out
}

// Limits of a [Request] that hold for every model.
const (
	MaxImageBytes     = 3_000_000 // decoded size of an input image
	MaxMetadataPairs  = 16
	MaxMetadataBytes  = 4096
	MaxName           = 128     // characters of custom_id and user
	MaxDeadline       = 604_800 // seconds: a week
	MaxCalls          = 5
	DefaultMaxCalls   = 2
	MaxIdempotencyKey = 255 // printable ASCII characters
)

// The values of embed.
const (
	EmbedAll  = "all"
	EmbedNone = "none"
)
