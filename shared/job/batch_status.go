package job

// BatchStatus is where a batch stands, told from its counters.
type BatchStatus string

// The states of a batch.
const (
	BatchRunning   BatchStatus = "running"   // some jobs have not ended, or more may come
	BatchCompleted BatchStatus = "completed" // sealed, and every job has ended, well or not
	BatchCanceling BatchStatus = "canceling" // canceled, and calls that were under way go on
	BatchCanceled  BatchStatus = "canceled"
	BatchDeleting  BatchStatus = "deleting"
)

// Ended reports whether a batch in this state waits for nothing.
func (s BatchStatus) Ended() bool { return s == BatchCompleted || s == BatchCanceled }
