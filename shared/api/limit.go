package api

import (
	"context"
	"net/http"
	"strconv"
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

	mu     sync.Mutex
	owners map[string]*rate.Limiter
	zips   map[string]int // archives that are being written, by owner
	zipped int            // of all owners
}

func newLimits(perSecond float64) *limits {
	return &limits{perSecond: rate.Limit(perSecond), bodies: make(chan struct{}, maxBodies), owners: map[string]*rate.Limiter{}, zips: map[string]int{}}
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
	return refuseFor(max(time.Second, wait), http.StatusTooManyRequests, "rate_limited",
		"Requests come faster than this server takes them from one owner. Wait for Retry-After, then send the request again; with its Idempotency-Key if it orders something.")
}

// owner returns the owner's limiter. When there are too many, all are forgotten: that lets an owner send
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

// enterZip takes room for an archive of an owner, or returns the problem that there is none. The function that it returns
// gives the room back.
func (l *limits) enterZip(owner string) (leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.zips[owner] >= maxZipsOfOwner || l.zipped >= maxZips {
		return nil, refuseFor(zipsBehind, http.StatusTooManyRequests, "too_many_archives", "As many archives are written already as there may be: "+
			strconv.Itoa(maxZipsOfOwner)+" for one owner, "+strconv.Itoa(maxZips)+" in all. Wait for Retry-After, then ask again.")
	}
	l.zips[owner]++
	l.zipped++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.zipped--
		if l.zips[owner]--; l.zips[owner] == 0 {
			delete(l.zips, owner)
		}
	}, nil
}

// enter waits for room for a body. The function that it returns gives the room back.
func (l *limits) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-l.bodies }
	select {
	case l.bodies <- struct{}{}: // mostly there is some, and a timer costs more
		return leave, nil
	default:
	}
	ctx, stop := context.WithTimeout(ctx, bodyWait)
	defer stop()
	select {
	case l.bodies <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
	}
	return nil, refuseFor(retrySoon, http.StatusServiceUnavailable, "busy", "The server has as many orders in hand as it can. Send the request again in a few seconds.")
}
