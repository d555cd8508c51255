package job

import (
	"encoding/json"
	"fmt"
	"time"
)

// Message is what travels through the queue: a hint to look at a job, with no data of its own.
type Message struct {
	V         int    `json:"v"`
	ID        string `json:"id"`
	MessageNo int    `json:"message"` // stale unless it is the record's
}

// Encode writes the message's body.
func (m Message) Encode() string {
	b, _ := json.Marshal(m) // two numbers and a string cannot fail
	return string(b)
}

// ParseMessage reads a body. It returns ErrInvalid for anything that is no message of a version this
// program understands: poison, to be left to the dead-letter queue.
func ParseMessage(body string) (Message, error) {
	var m Message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return Message{}, fmt.Errorf("message is not JSON: %w", ErrInvalid)
	}
	if m.V < RecordVersion-1 || m.V > RecordVersion || m.ID == "" {
		return Message{}, fmt.Errorf("message version %d, job %q: %w", m.V, m.ID, ErrInvalid)
	}
	return m, nil
}

// Outcome is what to do with a message that was worked on: remove it from the queue, or leave it
// there, invisible for a while.
type Outcome struct {
	Retry bool
	After time.Duration // with Hide: how long the message stays invisible
}
