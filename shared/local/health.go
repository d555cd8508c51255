package local

import (
	"context"
	"time"

	"easel/shared/job"
)

// Times of the probe behind /healthz.
const (
	probeTime = 2 * time.Second // after which a disk that has not answered counts as broken
	probeAge  = 5 * time.Second // how long the answer of a probe that wrote is good for all who ask
)

// health says whether a job could be recorded and a picture be stored. It looks at the room at every call; what has to be
// written to be known is tried once in a while, since every client may ask.
type health struct {
	room    func() error
	records func(context.Context) error
	images  func(context.Context) error
	age     time.Duration

	turn chan struct{} // held by the one who probes
	at   time.Time
	last error
}

func newHealth(room func() error, records, images func(context.Context) error) *health {
	return &health{room: room, records: records, images: images, age: probeAge, turn: make(chan struct{}, 1)}
}

// check returns an [*job.Error] of kind ErrUnavailable that says what cannot be done, with its cause for the log.
func (h *health) check(ctx context.Context) error {
	if err := h.room(); err != nil {
		return unhealthy("The disk has no room for another picture. Free some space on it.", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTime)
	defer cancel()
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return unhealthy("The disk does not answer.", ctx.Err())
	}
	if time.Since(h.at) >= h.age {
		h.last, h.at = h.probe(ctx), time.Now()
	}
	return h.last
}

func (h *health) probe(ctx context.Context) error {
	if err := h.records(ctx); err != nil {
		return unhealthy("A job could not be recorded.", err)
	}
	if err := h.images(ctx); err != nil {
		return unhealthy("A picture could not be stored.", err)
	}
	return nil
}

func unhealthy(what string, cause error) error {
	return &job.Error{Kind: job.ErrUnavailable, Code: "unhealthy", Message: what + " The server's log says more.", Cause: cause}
}
