package job

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/request"
)

// A transaction that is too large would be refused for good.
func TestARecordIsNoLargerThanWhatIsCountedForIt(t *testing.T) {
	const worst = "\x01" // of a byte JSON makes no more
	now, name := time.Now(), strings.Repeat("<", request.MaxName)
	image := Image{Key: strings.Repeat("k", 128), ImageInfo: ImageInfo{SHA256: strings.Repeat("0", 64), Model: strings.Repeat("m", 64)}}
	file := &InputImage{Key: image.Key, SHA256: image.SHA256}
	for n := range 3000 {
		text := func(part int) string { return strings.Repeat(worst, n/part) }
		j := Job{
			ID: image.SHA256, Owner: text(4), CustomID: name, User: name, Model: image.Model, Status: Succeeded,
			Input:    Input{Settings: request.Settings{Prompt: text(8), NegativePrompt: text(8)}, Image: file, Mask: file},
			Sent:     Sent{Prompt: text(8), NegativePrompt: text(8), Parameters: json.RawMessage(`"` + strings.Repeat("x", n/8) + `"`)},
			Metadata: map[string]string{"a": text(8)},
			Images:   slices.Repeat([]Image{image}, 8),
			Failure:  &Failure{Code: name, Message: name + name}, Waiting: &Waiting{Code: name, Message: name + name},
			StartedAt: &now, CompletedAt: &now, Deadline: &now, ExpiresAt: &now, Due: &now, RefusedSince: &now, Lease: &Lease{Token: image.SHA256},
		}
		doc, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		if len(doc) > recordSize(j) {
			t.Fatalf("with texts of %d bytes the record has %d and %d are counted", n, len(doc), recordSize(j))
		}
	}
	short := recordSize(Job{Input: Input{Settings: request.Settings{Prompt: strings.Repeat("x", 1999)}}})
	if MaxTogether*short > maxBytes {
		t.Errorf("%d jobs with short texts do not fit: %d bytes each", MaxTogether, short)
	}
}
