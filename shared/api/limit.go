package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of what a flood of requests can take up.
const (
	maxOwners  = 10_000           // owners whose rate is remembered
	maxBodies  = 64               // bodies in memory at a time: 256 MiB at the most
	bodyWait   = 10 * time.Second // how long a request waits for room for its body
	burstTimes = 2                // seconds' worth of requests that may come at once
)

// limits keep one owner's loop, or many large bodies at once, from taking the server away from the rest.
type limits struct {
	perSecond rate.Limit
	bodies    chan struct{}
	zips      chan struct{}

	mu     sync.Mutex
	owners map[string]*rate.Limiter
}

func newLimits(perSecond float64) *limits {
	return &limits{perSecond: rate.Limit(perSecond), bodies: make(chan struct{}, maxBodies), zips: make(chan struct{}, maxZips), owners: map[string]*rate.Limiter{}}
}

// admit returns the problem of an owner whose requests come too fast. A rate of 0 admits everything.
func (l *limits) admit(owner string) error {
	if l.perSecond == 0 {
		return nil
	}
	r := l.owner(owner).Reserve()
	wait := r.Delay()
	if wait == 0 {
		return nil
	}
	r.Cancel()
	p := problem(http.StatusTooManyRequests, "rate_limited",
		"Requests come faster than this server takes them from one owner. Wait for Retry-After, then send the request again; with its Idempotency-Key if it orders something.")
	p.RetryAfter = max(time.Second, wait)
	return p
}

// owner returns the owner's limiter. When there are too many all are forgotten: that lets somebody send
// a burst again, and bounds the memory.
func (l *limits) owner(name string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.owners) >= maxOwners {
		clear(l.owners)
	}
	if l.owners[name] == nil {
		l.owners[name] = rate.NewLimiter(l.perSecond, max(1, int(burstTimes*l.perSecond)))
	}
	return l.owners[name]
}

// enter waits for room for a body. The function that it returns gives the room back.
func (l *limits) enter(ctx context.Context) (leave func(), err error) {
	t := time.NewTimer(bodyWait)
	defer t.Stop()
	select {
	case l.bodies <- struct{}{}:
		return func() { <-l.bodies }, nil
	case <-t.C:
	case <-ctx.Done():
	}
	p := problem(http.StatusServiceUnavailable, "busy", "The server has as many orders in hand as it can. Send the request again in a few seconds.")
	p.RetryAfter = retrySoon
	return nil, p
}
