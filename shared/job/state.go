package job

import (
	"fmt"
	"slices"
)

// Status is where a job stands.
type Status string

// The five states. The last three are final, but for a retry of a failed or canceled job.
const (
	Queued    Status = "queued"
	Running   Status = "running"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Canceled  Status = "canceled"
)

// Statuses are all states in the order in which a job can meet them.
var Statuses = []Status{Queued, Running, Succeeded, Failed, Canceled}

// transitions lists the legal transitions: the diagram of the package comment.
var transitions = map[Status][]Status{
	Queued:   {Running, Failed, Canceled},
	Running:  {Queued, Succeeded, Failed, Canceled},
	Failed:   {Queued},
	Canceled: {Queued},
}

// Ended reports whether a job in this state is final until a person retries it.
func (s Status) Ended() bool { return s == Succeeded || s == Failed || s == Canceled }

// Can reports whether the state may be followed by to.
func (s Status) Can(to Status) bool { return slices.Contains(transitions[s], to) }

// Enter moves the job to a state. An illegal move is a mistake in this package's logic and comes back
// as an internal error, with the job untouched.
func (j *Job) Enter(to Status) error {
	if !j.Status.Can(to) {
		return fmt.Errorf("job %s cannot go from %s to %s", j.ID, j.Status, to)
	}
	j.Status = to
	return nil
}
