package bedrocksim

import (
	"slices"
	"sync"
	"time"

	"easel/shared/model"
)

// window is the stretch of time in which the service counts calls.
const window = time.Minute

// quota counts the calls of each model in the last minute.
type quota struct {
	mu    sync.Mutex
	times float64
	calls map[string][]time.Time // oldest first
}

// take counts a call, or refuses it where it would be one too many within a minute.
func (q *quota) take(id string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls[id] = slices.DeleteFunc(q.calls[id], func(t time.Time) bool { return now.Sub(t) >= window })
	m, _ := model.Find(id)
	if q.times > 0 && len(q.calls[id]) >= max(1, int(float64(m.RPM)*q.times)) {
		return false
	}
	q.calls[id] = append(q.calls[id], now)
	return true
}
