// Package model is the catalogue: which image models Amazon Bedrock offers or has offered, what each
// accepts, costs and allows per minute, and how a request and a reply look on the wire.
//
// It is data and two pure functions per family. It calls nothing, knows no job and keeps no state;
// whether a request is acceptable for a job is the core's decision, taken from the limits below.
// A model is one file that registers itself; the files of testdata show its request and its reply.
package model

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Model is one entry of the catalogue. Facts about limits come from the parameter pages of the
// Bedrock user guide, prices from the AWS price list for us-west-2.
type Model struct {
	ID     string // what InvokeModel is called with
	Alias  string // the short name people type; empty for retired versions that never needed one
	Name   string // as its maker spells it
	Region string // the only region that serves it

	PriceMicroUSD int64  // list price of one call, in millionths of a US dollar
	PriceAsOf     string // the day the price was read, YYYY-MM-DD
	RPM           int    // calls a minute a usual account is granted: a starting figure, not the truth

	EndOfLife string // the day calls began to fail, YYYY-MM-DD; empty while the model is alive
	Successor string // alias of the model to use instead, for a retired one

	MaxPrompt    int      // characters, for the prompt and for the negative prompt
	MaxSeed      int64    // largest seed; the smallest is 0, which asks for a random one
	AspectRatios []string // accepted ratios; the first is the model's own default
	Formats      []string // accepted output formats; the first is what Easel asks for
	Image        *ImageInput
	Mask         *MaskInput
	Parameters   []Parameter // settings of this model alone; nil for a model without any
	Styled       bool        // whether a style preset is a parameter of its own and not words in the prompt

	sides    map[string][2]int // by ratio, where they are not the usual ones
	price    func(json.RawMessage) int64
	strength func(json.RawMessage) bool
	agree    func(json.RawMessage, Beside) []Fault
	encode   func(Request) ([]byte, error)
	decode   func([]byte) (Result, error)
}

// ImageInput says what a model accepts as the image to start from.
type ImageInput struct {
	Types           []string // formats by the names of [Sniff]
	MinSide         int      // pixels
	MaxPixels       int      // width × height, a bound of our own where AWS states none
	DefaultStrength float64  // 0 keeps the image, 1 ignores it
	Sides           [][2]int // the only widths and heights taken; nil for any within the bounds above
}

// MaskInput says what a model accepts as the mask beside the image to start from. It has the sides of
// that image.
type MaskInput struct {
	Types    []string // formats by the names of [Sniff]
	MaxBytes int      // of the file, a bound of our own
}

// Request is one call in the catalogue's words: what is sent, with every default filled in.
type Request struct {
	Prompt         string
	NegativePrompt string
	AspectRatio    string
	OutputFormat   string
	Seed           int64
	Image          []byte  // nil for text-to-image
	Strength       float64 // read only with an Image

	StylePreset string          // only for a model that is Styled
	Parameters  json.RawMessage // an object that [Model.CheckParameters] accepts; nil for none
	Mask        []byte          // nil for none
}

// Result is what a model answered: one picture and the seed that made it.
type Result struct {
	Image []byte
	Seed  int64
}

// Retired reports whether calls to the model fail because its life has ended.
func (m Model) Retired() bool { return m.EndOfLife != "" }

// Callable reports whether Easel can speak to the model at all.
func (m Model) Callable() bool { return m.Spoken() && !m.Retired() }

// Spoken reports whether Easel has a codec for the model. A model that ended may have one, for jobs that
// were taken before and for accounts that AWS lets go on.
func (m Model) Spoken() bool { return m.encode != nil }

// TakesStrength reports whether a strength says how far to go from an image, with these parameters: some
// of them take its place.
func (m Model) TakesStrength(parameters json.RawMessage) bool {
	return m.Image != nil && (m.strength == nil || m.strength(parameters))
}

// Price is the list price of one call with these parameters, in millionths of a US dollar.
func (m Model) Price(parameters json.RawMessage) int64 {
	if m.price == nil {
		return m.PriceMicroUSD
	}
	return m.price(parameters)
}

// ErrNoImage is the answer of [Model.Encode] where a request has an image and the model takes none.
var ErrNoImage = errors.New("the model takes no image to start from")

// Encode writes the body of InvokeModel. It never leaves an image out: the picture would not be the one
// that was asked for, and it would be paid for.
func (m Model) Encode(r Request) ([]byte, error) {
	switch {
	case m.encode == nil:
		return nil, fmt.Errorf("model %s has no codec: it ended on %s", m.ID, m.EndOfLife)
	case r.Image != nil && m.Image == nil:
		return nil, ErrNoImage
	}
	return m.encode(r)
}

// Decode reads the body of a reply with status 200. It returns a [*Filtered] where moderation kept
// the picture back, [ErrInference] where the model says that it failed, and another error where
// the body is not what the model's documentation promises.
func (m Model) Decode(body []byte) (Result, error) {
	if m.decode == nil {
		return Result{}, fmt.Errorf("model %s has no codec: it ended on %s", m.ID, m.EndOfLife)
	}
	return m.decode(body)
}

// Nearest returns the accepted aspect ratio that comes closest to width:height.
func (m Model) Nearest(width, height int) string {
	return slices.MinFunc(m.AspectRatios, func(a, b string) int {
		return cmp.Compare(distance(a, width, height), distance(b, width, height))
	})
}

var catalogue []Model

// register adds an entry. Two entries of one name are a mistake in this package, found at start.
func register(m Model) {
	for _, name := range []string{m.ID, m.Alias} {
		if _, taken := Find(name); taken && name != "" {
			panic("model: " + name + " registered twice")
		}
	}
	catalogue = append(catalogue, m)
	slices.SortFunc(catalogue, compareEntries) // once for all who ask
}

// Find returns the entry with this ID or alias, without regard to case.
func Find(name string) (Model, bool) {
	for _, m := range catalogue {
		if strings.EqualFold(m.ID, name) || (m.Alias != "" && strings.EqualFold(m.Alias, name)) {
			return m, true
		}
	}
	return Model{}, false
}

// All returns every entry, the living first, each group by price and then by ID.
func All() []Model {
	return slices.Clone(catalogue)
}

// Current returns the entries that can be called today, cheapest first.
func Current() []Model {
	return slices.DeleteFunc(All(), func(m Model) bool { return !m.Callable() })
}

// Aliases returns the short names of the current models.
func Aliases() (names []string) {
	for _, m := range Current() {
		names = append(names, m.Alias)
	}
	return names
}

// FromImage names the current models that start from an image, for a sentence.
func FromImage() string {
	var names []string
	for _, m := range Current() {
		if m.Image != nil {
			names = append(names, m.Alias)
		}
	}
	return strings.Join(names, " or ")
}

func compareEntries(a, b Model) int {
	return cmp.Or(
		cmp.Compare(len(a.EndOfLife), len(b.EndOfLife)), // a day, or none
		cmp.Compare(a.PriceMicroUSD, b.PriceMicroUSD), cmp.Compare(a.ID, b.ID),
	)
}
