package disk

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Holder is a process that has a data folder to itself.
type Holder struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Address string    `json:"address"` // where it listens; empty until it does
}

// HeldError says that another process has the data folder.
type HeldError struct {
	Path   string
	Holder Holder // zero if it has not written down who it is
}

// Error names the process and says what to do.
func (e *HeldError) Error() string {
	return fmt.Sprintf("data folder %s is in use by %s. Stop it, or choose another folder with --data.", e.Path, e.Holder)
}

// String describes the process in the words of a message.
func (h Holder) String() string {
	started := h.Started.Local().Format("2006-01-02 15:04")
	switch {
	case h.PID == 0:
		return "another easel process"
	case h.Address == "":
		return fmt.Sprintf("easel, process %d (started %s)", h.PID, started)
	}
	return fmt.Sprintf("easel serve, process %d at %s (started %s)", h.PID, h.Address, started)
}

// readHolder returns the zero Holder if nothing can be learnt: the other process may be just starting.
func readHolder(name string) (h Holder) {
	data, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(data, &h) != nil {
		return Holder{}
	}
	return h
}
