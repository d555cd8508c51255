package pace

import "time"

// Outcome is what one call of a model taught.
type Outcome struct {
	Began, Ended time.Time
	Result       Result
	Refusal      Refusal // for Refused
}

// Result says what an outcome means for the rate and for the breaker.
type Result int

// The results of a call. Each but Refused closes the breaker, since the model answered.
const (
	Passed    Result = iota // the quota counted the call
	Throttled               // the call was over the quota
	Refused                 // the model, or the account, takes no calls
	Answered                // the model turned the request down before the quota counted it
)

// learn applies outcomes in the order in which they came.
func (p State) learn(s Limits, outcomes ...Outcome) State {
	for _, o := range outcomes {
		switch o.Result {
		case Refused:
			p.Breaker = p.Breaker.trip(o.Ended, o.Refusal.Kind, o.Refusal.Code)
			continue
		case Passed:
			p = p.passed(s, o.Began)
		case Throttled:
			p = p.throttled(s, o.Ended)
		}
		p.Breaker = Breaker{}
	}
	return p
}
