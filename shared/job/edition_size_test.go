package job

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"easel/shared/request"
)

// A transaction that is too large would be refused for good.
func TestARecordIsNoLargerThanWhatIsCountedForIt(t *testing.T) {
	for n := range 3000 {
		const worst = "\x01" // of a byte JSON makes no more
		now, name := time.Now(), strings.Repeat("\U0001F98A", request.MaxName)
		text := func(part int) string { return strings.Repeat(worst, n/part) }
		j := Job{
			ID: name, Owner: name, CustomID: name, User: name, Model: name, Status: Succeeded,
			Input:    Input{Settings: request.Settings{Prompt: text(4), NegativePrompt: text(8)}, Image: &InputImage{Key: name, SHA256: name}, Mask: &InputImage{Key: name, SHA256: name}},
			Sent:     Sent{Prompt: text(4), NegativePrompt: text(8), Parameters: json.RawMessage(`"` + strings.Repeat("x", n/8) + `"`)},
			Metadata: map[string]string{name: text(8)},
			Images:   []Image{{Key: name, ImageInfo: ImageInfo{SHA256: name, Model: name}}},
			Failure:  &Failure{Code: name, Message: name + name}, Waiting: &Waiting{Code: name, Message: name + name},
			StartedAt: &now, CompletedAt: &now, Deadline: &now, ExpiresAt: &now, Due: &now, RefusedSince: &now, Lease: &Lease{Token: name},
		}
		doc, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		if len(doc) > recordSize(j) {
			t.Fatalf("with texts of %d bytes the record has %d and %d are counted", n, len(doc), recordSize(j))
		}
		if MaxTogether*recordSize(Job{Input: j.Input}) > maxBytes && n < 2000 {
			t.Fatalf("%d jobs with short texts do not fit", MaxTogether)
		}
	}
}
