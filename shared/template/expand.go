package template

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"

	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// The values of [Expand.Mode].
const (
	ModeAll    = "all"
	ModeRandom = "random"
)

// Expand says how a request whose prompts are templates becomes many. The zero value makes all of its texts, once.
type Expand struct {
	Mode   string `json:"mode,omitempty"`      // all or random; empty: all
	Picks  int    `json:"count,omitempty"`     // random: how many of each row; 0: one
	Seed   int64  `json:"seed,omitempty"`      // random: the same seed picks the same for the same row; 0 is a seed like others
	Runs   int    `json:"runs,omitempty"`      // pictures of each result; 0: one. A seed s of the request becomes s, s+1, ...
	Lists  Lists  `json:"wildcards,omitempty"` // at most 10,000 entries each
	Matrix Matrix `json:"matrix,omitzero"`

	Plain bool   `json:"-"` // prompts are no templates: a brace stays a brace
	Model string `json:"-"` // of requests that name none; the custom_ids of what becomes of a row depend on it
}

// maxTimes bounds the numbers of an Expand, so that a slip is found where it was made.
const maxTimes = 1_000_000

// Check holds the settings against each other. Its error is a [*job.Error] of kind ErrInvalid with a field for each
// mistake, whose pointers begin below the object, such as /count. The entries of the lists are read when they are used.
func (e Expand) Check() error {
	var fields []request.FieldError
	add := func(wrong bool, pointer, format string, args ...any) {
		if wrong {
			fields = append(fields, request.FieldError{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
		}
	}
	random := e.Mode == ModeRandom
	add(!random && e.Mode != "" && e.Mode != ModeAll, "/mode", "mode %q does not exist; use all or random.", request.Clip(e.Mode))
	add(e.Picks < 0 || e.Picks > maxTimes, "/count", "count %d is out of range; use 1 to %d.", e.Picks, maxTimes)
	add(e.Runs < 0 || e.Runs > maxTimes, "/runs", "runs %d is out of range; use 1 to %d.", e.Runs, maxTimes)
	add(!random && e.Picks > 0, "/count", "count belongs to mode random; mode all makes every text. Set mode to random, or leave count out.")
	add(!random && e.Seed != 0, "/seed", "seed belongs to mode random, where it decides what is picked. Seeds of pictures stand in the matrix or in the request.")
	for _, name := range slices.Sorted(maps.Keys(e.Lists)) {
		add(len(e.Lists[name]) > MaxEntries, "/wildcards", "%s", tooMany(name, len(e.Lists[name])))
	}
	fields = append(fields, e.Matrix.check()...)
	if len(fields) == 0 {
		return nil
	}
	return &job.Error{Kind: job.ErrInvalid, Code: job.CodeInvalid, Message: "The request cannot be expanded: " + fields[0].Detail, Fields: fields}
}

// Open returns an expander for row after row.
func (e Expand) Open() *Expander { return &Expander{set: e, lists: &library{lists: e.Lists}} }

// An Expander expands rows and reads each list once for all of them. Neither may several goroutines use it nor may its
// lists change.
type Expander struct {
	set   Expand
	lists *library
}

// Count returns how many rows Rows yields for this one, by arithmetic: the texts of the prompt by those of the negative
// prompt, or the count of mode random; by the matrix; by runs. Its error is a [*LineError] whose fields point to /prompt
// or /negative_prompt.
func (x *Expander) Count(row prompt.Row) (*big.Int, error) {
	f, err := x.read(row)
	if err != nil {
		return nil, err
	}
	return x.count(f), nil
}

// Rows yields what the row becomes: prompt by prompt, for each the negative prompts, for each the matrix, for each the
// runs. If there is more than one, a custom_id "x" gets a part of its own for each (see jobNames) and the row's ID is "x";
// everything else is the row's. An error, which is that of Count, comes first and alone. [Fit] bounds their number.
func (x *Expander) Rows(row prompt.Row) iter.Seq2[prompt.Row, error] {
	return func(yield func(prompt.Row, error) bool) {
		f, err := x.read(row)
		if err != nil {
			yield(prompt.Row{}, err)
			return
		}
		several := row.Request.CustomID != "" && x.count(f).Cmp(single) > 0
		names := jobNames{row: job.InputOf(row.Request), model: x.set.Model, equal: map[string]int{}}
		x.requests(row.Request, f, func(r request.Request) bool {
			made := row
			if several {
				made.ID = r.CustomID
				r.CustomID, made.Print = names.next(r)
			}
			made.Request = r
			return yield(made, nil)
		})
	}
}

// jobNames gives custom_ids to what becomes of one row.
type jobNames struct {
	row   job.Input // with the images, which are hashed once
	model string    // of requests that name none
	equal map[string]int
}

// printDigits is how much of a fingerprint goes into a custom_id: two of 100,000 members of a row have one beginning with
// a probability of 2 in 100,000, and then they are told apart by their numbers.
const printDigits = 12

// next is a custom_id with the fingerprint of the request: the row's, a dash and the beginning of the fingerprint; the second of
// equal requests adds "-2" and so on. It names what is asked for: a value that is put between two others, or an axis that is added, leaves the
// custom_ids of what was there as they were. A number among the members would give them to other requests.
func (m *jobNames) next(r request.Request) (id, print string) {
	in := m.row
	in.Prompt, in.NegativePrompt, in.Model = r.Prompt, r.NegativePrompt, r.Model
	in.StylePreset, in.AspectRatio, in.Seed = r.StylePreset, r.AspectRatio, r.Seed
	print = job.Fingerprint(in, m.model)
	id = r.CustomID + "-" + print[:printDigits]
	if m.equal[id]++; m.equal[id] > 1 {
		id += "-" + strconv.Itoa(m.equal[id])
	}
	return id, print
}

// forms are the templates of a row.
type forms struct {
	prompt, negative *bound
	own              string // what the row's random choice depends on beside the seed
}

func (x *Expander) read(row prompt.Row) (*forms, error) {
	f, fault := &forms{}, &prompt.LineError{Line: row.Line}
	for _, one := range []struct {
		pointer, text string
		into          **bound
	}{{"/prompt", row.Request.Prompt, &f.prompt}, {"/negative_prompt", row.Request.NegativePrompt, &f.negative}} {
		b, err := x.bind(one.text, row.Columns)
		if err != nil {
			fault.Detail = "The template cannot be expanded: " + err.Error()
			fault.Fields = append(fault.Fields, request.FieldError{Pointer: one.pointer, Line: row.Line, Detail: fault.Detail, Found: whereIn(err)})
		}
		*one.into = b
	}
	if len(fault.Fields) > 0 {
		fault.Detail = fault.Fields[0].Detail
		return nil, fault
	}
	f.own = origin(row, f)
	return f, nil
}

func (x *Expander) bind(text string, columns map[string]string) (*bound, error) {
	if x.set.Plain {
		return &bound{root: newLiteral(text)}, nil
	}
	t, err := parse(text)
	if err != nil {
		return nil, err
	}
	return t.bind(x.lists, columns)
}

func (x *Expander) count(f *forms) *big.Int {
	n := big.NewInt(int64(max(1, x.set.Picks)))
	if x.set.Mode != ModeRandom {
		n = new(big.Int).Mul(f.prompt.root.about().count, f.negative.root.about().count)
	}
	n.Mul(n, x.set.Matrix.count())
	return n.Mul(n, big.NewInt(int64(max(1, x.set.Runs))))
}

// requests makes what the row's becomes until yield has enough.
func (x *Expander) requests(r request.Request, f *forms, yield func(request.Request) bool) {
	x.texts(f, func(text, negative string) bool {
		r := r
		r.Prompt, r.NegativePrompt = text, negative
		return x.set.Matrix.each(r, func(r request.Request) bool { return x.runs(r, yield) })
	})
}

func (x *Expander) runs(r request.Request, yield func(request.Request) bool) bool {
	first := r.Seed
	for n := range int64(max(1, x.set.Runs)) {
		if first != nil && *first != 0 {
			r.Seed = new(*first + n)
		}
		if !yield(r) {
			return false
		}
	}
	return true
}

// texts yields the pairs of prompt and negative prompt.
func (x *Expander) texts(f *forms, yield func(text, negative string) bool) {
	if x.set.Mode != ModeRandom {
		f.prompt.all(func(text string) bool {
			return f.negative.all(func(negative string) bool { return yield(text, negative) })
		})
		return
	}
	r := x.set.chance(f.own)
	for range max(1, x.set.Picks) {
		if !yield(f.prompt.pick(r), f.negative.pick(r)) {
			return
		}
	}
}

// chance makes the random choices of one row. They depend on the row and not on its place: a row that is put in above it
// must not change what it becomes, or everything below would be made and paid for anew.
func (e Expand) chance(own string) *rand.Rand {
	sum := sha256.Sum256([]byte(own))
	return rand.New(rand.NewPCG(uint64(e.Seed), binary.LittleEndian.Uint64(sum[:])))
}

// origin is what tells a row from others: its custom_id, or without one what its prompts are made of.
func origin(row prompt.Row, f *forms) string {
	if row.Request.CustomID != "" {
		return fmt.Sprintf("custom_id %q", row.Request.CustomID)
	}
	own := []string{row.Request.Prompt, row.Request.NegativePrompt}
	for _, b := range []*bound{f.prompt, f.negative} {
		for _, name := range b.root.about().needs {
			own = append(own, name, row.Columns[name])
		}
	}
	return fmt.Sprintf("prompts %q", own)
}

// CodeTooMany is the code of the error of [Fit].
const CodeTooMany = "too_many_jobs"

// Fit refuses a number of prompts beyond the most, before anything is expanded. Its error is a [*job.Error] of kind
// ErrInvalid that reads "The template makes 1,000,000,000,000 prompts; at most 2,500 fit into one request." with advice;
// where names what they have to fit into, such as "one request".
func Fit(n *big.Int, most int64, where string) error {
	if n.Cmp(big.NewInt(most)) <= 0 {
		return nil
	}
	return &job.Error{Kind: job.ErrInvalid, Code: CodeTooMany, Message: fmt.Sprintf(
		"The template makes %s prompts; at most %s fit into %s. Use mode random with a count, or fewer alternatives.",
		grouped(n), grouped(big.NewInt(most)), where)}
}

// grouped writes a number with commas, or from 10^30 on its size, since a person cannot read so many digits.
func grouped(n *big.Int) string {
	digits := n.String()
	if len(digits) > 30 {
		return fmt.Sprintf("at least 10^%d", len(digits)-1)
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
