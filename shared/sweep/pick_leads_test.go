package sweep

// leads follows, for each who waits, how far every other is ahead of it. A lead is the most turns that another had more
// than the one who waits, over all spans that end now and begin with a turn of the one who waits or when it came.
type leads[K comparable] struct {
	debts map[K]int // turns that each may have had in advance when it comes
	waits map[K]*lead[K]
}

// lead is what one who waits sees.
type lead[K comparable] struct {
	of     map[K]int
	others int // of those that had no turn since it came
}

func newLeads[K comparable]() *leads[K] {
	return &leads[K]{debts: map[K]int{}, waits: map[K]*lead[K]{}}
}

func (l *lead[K]) add(k K, n int) {
	if _, known := l.of[k]; !known {
		l.of[k] = l.others
	}
	l.of[k] += n
}

// reduce takes n off the lead of all others, but leaves least.
func (l *lead[K]) reduce(n, least int) {
	l.others = max(l.others-n, least)
	for k := range l.of {
		l.of[k] = max(l.of[k]-n, least)
	}
}

const unbounded = -1 << 30

// watch notes whether jobs of k wait.
func (l *leads[K]) watch(k K, waits bool) {
	switch was := l.waits[k] != nil; {
	case waits && !was:
		l.waits[k] = &lead[K]{of: map[K]int{}, others: -l.debts[k]}
	case !waits:
		delete(l.waits, k)
	}
}

// own counts a turn for the one who took or lost it: a span begins with it.
func (l *leads[K]) own(k K) {
	l.debts[k] = 1
	if w := l.waits[k]; w != nil {
		w.reduce(1, -1)
	}
}

// rival counts a turn of k for all others who wait, and returns those of whom k is now ahead by more than one turn.
func (l *leads[K]) rival(k K) (behind []K) {
	for other, w := range l.waits {
		if other == k {
			continue
		}
		if w.add(k, 1); w.of[k] > 1 {
			behind = append(behind, other)
		}
	}
	return behind
}

// direct counts turns that k took out of order. The others see them once, when they are stored; k has them at once.
func (l *leads[K]) direct(k K, n int, stored bool) {
	l.owe(k, n)
	for other, w := range l.waits {
		if other != k && stored {
			w.add(k, n)
		}
	}
}

// owe allows that the others have n turns more than k.
func (l *leads[K]) owe(k K, n int) {
	l.debts[k] += n
	if w := l.waits[k]; w != nil {
		w.reduce(n, unbounded)
	}
}

// forgive forgets who had turns in advance.
func (l *leads[K]) forgive() { clear(l.debts) }
