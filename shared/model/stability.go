package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrInference is the answer "Inference error" under status 200: the model ran and failed, so the
// call may have been paid for.
var ErrInference = errors.New("the model reported an inference error")

// Filtered is the answer of a model whose moderation kept the picture back. It is final: sending
// the same input again mostly gives the same answer, and costs a call.
type Filtered struct {
	Reason string // the model's own words, such as "Filter reason: prompt"
}

// Error says which side of the call was filtered.
func (f *Filtered) Error() string { return "filtered by the model: " + f.Reason }

// stabilityBody is the request of Core, Ultra and SD3.5. Keys that a model does not list are refused
// with status 400, so what is not set must not appear.
type stabilityBody struct {
	Prompt         string   `json:"prompt"`
	NegativePrompt string   `json:"negative_prompt,omitempty"`
	Mode           string   `json:"mode,omitempty"`
	AspectRatio    string   `json:"aspect_ratio,omitempty"`
	Image          []byte   `json:"image,omitempty"`
	Strength       *float64 `json:"strength,omitempty"`
	Seed           int64    `json:"seed"`
	OutputFormat   string   `json:"output_format"`
}

func stabilityRequest(r Request) stabilityBody {
	return stabilityBody{
		Prompt: r.Prompt, NegativePrompt: r.NegativePrompt, AspectRatio: r.AspectRatio,
		Seed: r.Seed, OutputFormat: r.OutputFormat,
	}
}

func encodeStability(r Request) ([]byte, error) { return json.Marshal(stabilityRequest(r)) }

// stabilityReply is shared by every current Stability model. Seeds are documented as strings and
// sent as numbers, so both are read.
type stabilityReply struct {
	Seeds         []json.RawMessage `json:"seeds"`
	FinishReasons []*string         `json:"finish_reasons"`
	Images        [][]byte          `json:"images"`
}

func decodeStability(body []byte) (Result, error) {
	var reply stabilityReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return Result{}, fmt.Errorf("read the model's reply: %w", err)
	}
	if err := finish(reply.FinishReasons); err != nil {
		return Result{}, err
	}
	if len(reply.Images) == 0 || len(reply.Images[0]) == 0 {
		return Result{}, errors.New("the model's reply holds neither an image nor a reason")
	}
	return Result{Image: reply.Images[0], Seed: firstSeed(reply.Seeds)}, nil
}

func finish(reasons []*string) error {
	if len(reasons) == 0 || reasons[0] == nil {
		return nil
	}
	if strings.EqualFold(*reasons[0], "Inference error") {
		return ErrInference
	}
	return &Filtered{Reason: *reasons[0]}
}

// firstSeed returns 0 where the reply names no readable seed; the seed that was sent stands then.
func firstSeed(seeds []json.RawMessage) int64 {
	if len(seeds) == 0 {
		return 0
	}
	var n json.Number
	if err := json.Unmarshal(seeds[0], &n); err != nil {
		return 0
	}
	seed, _ := n.Int64()
	return seed
}
