package job

import "time"

// Batch is what a client said of many jobs that belong together. It never changes; what does, counts and money and
// instants, stands in its [Counters]. Field names of the JSON form are the names of stored attributes.
type Batch struct {
	V       int    `json:"v"`
	ID      string `json:"id"`
	Owner   string `json:"owner"`
	WriteID string `json:"write_id"` // random mark, by which a writer whose reply was lost knows its own write

	Name        string            `json:"name"`
	Metadata    map[string]string `json:"metadata"`
	Fingerprint string            `json:"fingerprint"` // of the request that made it
	Simulated   bool              `json:"simulated"`
	MaxCost     int64             `json:"max_cost_micro_usd"` // bound of what its calls cost; 0: none

	CreatedAt time.Time  `json:"created_at"`
	DeletedAt *time.Time `json:"deleted_at"` // set in what is remembered of a deleted batch, which holds nothing else but its ID and ExpiresAt
	ExpiresAt *time.Time `json:"expires_at"` // until when that is remembered; nil: the batch is there
}

// Mark returns the batch's place in a list.
func (b Batch) Mark() Mark { return Mark{Created: b.CreatedAt.UnixMicro(), ID: b.ID} }

// gone reports whether what is remembered of a deleted batch may be forgotten.
func (b Batch) gone(now time.Time) bool {
	return b.DeletedAt != nil && (b.ExpiresAt == nil || !now.Before(*b.ExpiresAt))
}
