package dynamostore

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// lag has indexes lag behind, which the emulator's do not: of two equal queries the second gets, in half of the cases and
// by chance, what the first has got, whatever was written since.
type lag struct {
	front *front
	known map[string]reply // by table and query
}

// late puts a lag into a front.
func late(f *front) *lag {
	l := &lag{f, map[string]reply{}}
	f.rule = l.rule
	return l
}

func (l *lag) rule(r *operation) reply {
	if r.op != "Query" || !bytes.Contains(r.body, []byte("IndexName")) {
		return r.pass(r.body)
	}
	if before, ok := l.known[string(r.body)]; ok && rand.N(2) == 0 {
		return before
	}
	now := r.pass(r.body)
	l.known[string(r.body)] = now
	return now
}

// settle ends the lag of what has been written up to now.
func (l *lag) settle(*testing.T) {
	l.front.mu.Lock()
	defer l.front.mu.Unlock()
	clear(l.known)
}
