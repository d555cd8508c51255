package bulk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"easel/shared/job"
)

// The lengths in hexadecimal digits of a fingerprint, and of the part of it that a key holds.
const (
	printDigits = 32
	keyDigits   = 16
)

// derived is the form of a key that was made for a row without a custom_id.
var derived = regexp.MustCompile(`^h-([0-9a-f]{16})-([1-9][0-9]{0,8})$`)

// digest stands for a string in memory, whatever the string's length.
type digest [16]byte

func digestOf(s string) digest {
	sum := sha256.Sum256([]byte(s))
	return digest(sum[:16])
}

// Namer gives every row of a file the key by which it is known from run to run. It remembers some 40 bytes for each. The
// zero value is ready; it is not for several goroutines.
type Namer struct {
	ids   map[digest]struct{} // custom_ids
	equal map[digest]uint32   // how many rows without one there were, by what all their keys begin with
}

// Key is the custom_id; without one "h-", 16 digits of the row's fingerprint and its number among equal rows. A row
// whose custom_id was there before is a duplicate.
func (n *Namer) Key(r job.Request) (key string, duplicate bool) {
	if n.ids == nil {
		n.ids, n.equal = map[digest]struct{}{}, map[digest]uint32{}
	}
	if r.CustomID != "" {
		return r.CustomID, n.repeated(r.CustomID)
	}
	stem := "h-" + Fingerprint(r)[:keyDigits]
	id := digestOf(stem)
	for {
		n.equal[id]++
		key = fmt.Sprintf("%s-%d", stem, n.equal[id])
		if _, taken := n.ids[digestOf(key)]; !taken {
			return key, false
		}
	}
}

// repeated remembers a custom_id. One that looks like a key made here may be just that, taken from a manifest.
func (n *Namer) repeated(customID string) bool {
	if part := derived.FindStringSubmatch(customID); part != nil {
		number, _ := strconv.ParseUint(part[2], 10, 32)
		if uint64(n.equal[digestOf("h-"+part[1])]) >= number {
			return true
		}
	}
	id := digestOf(customID)
	_, there := n.ids[id]
	n.ids[id] = struct{}{}
	return there
}

// Fingerprint tells pictures apart by what the model would get, in 32 hexadecimal digits. It leaves out what makes no
// other picture: custom_id, metadata and user, deadline and number of calls, and whether settings are embedded. A run
// that differs in these alone must not pay again. Its values are kept for good: they are in the manifests of all folders.
func Fingerprint(r job.Request) string {
	if r.Seed != nil && *r.Seed == 0 {
		r.Seed = nil // both mean that a seed is drawn
	}
	b, _ := json.Marshal(struct { // strings, numbers and maps cannot fail
		Prompt         string          `json:"prompt"`
		Model          string          `json:"model,omitempty"`
		NegativePrompt string          `json:"negative_prompt,omitempty"`
		AspectRatio    string          `json:"aspect_ratio,omitempty"`
		Seed           *int64          `json:"seed,omitempty"`
		StylePreset    string          `json:"style_preset,omitempty"`
		OutputFormat   string          `json:"output_format,omitempty"`
		Strength       *float64        `json:"strength,omitempty"`
		Parameters     json.RawMessage `json:"parameters,omitempty"`
		Image          string          `json:"image,omitempty"`
		Mask           string          `json:"mask,omitempty"`
	}{
		r.Prompt, r.Model, r.NegativePrompt, r.AspectRatio, r.Seed, r.StylePreset, r.OutputFormat, r.Strength,
		job.Ordered(r.Parameters), hashOf(r.Image), hashOf(r.Mask),
	})
	return hashOf(b)[:printDigits]
}

// hashOf is the SHA-256 in hexadecimal, and empty for nothing.
func hashOf(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
