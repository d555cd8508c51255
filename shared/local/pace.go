package local

import (
	"math"

	"easel/shared/model"
	"easel/shared/pace"
)

// unlimited is a setting in calls a minute that no machine reaches.
const unlimited = 1e6

// setting is how fast a model may be called: as the options say, or else at the catalogue's rate, multiplied, and never
// faster; 0 stands for no quota at all.
func (o Options) setting(multiplier float64) func(string) pace.Limits {
	return func(id string) pace.Limits {
		if s, ok := o.Paces[id]; ok {
			return s
		}
		m, _ := model.Find(id) // a record names a model of the catalogue
		rate := float64(max(1, m.RPM)) * multiplier
		if multiplier == 0 {
			rate = unlimited
		}
		return pace.Limits{Start: rate, Max: rate}
	}
}

// Figures of the default number of workers.
const (
	longCall       = 10  // seconds of a model call, up to which the workers suffice
	workersPerCall = 1.6 // some wait for a slot, store an image or ask for a job while others call

	minDefaultWorkers = 8  // several jobs may wait for the slots of a slow model
	maxDefaultWorkers = 64 // 2 GB if all hold the largest image that Bedrock sends, with its copies
)

// neededWorkers is how many workers keep the pace of all models that the server takes, where a call takes 10 s. Each model
// counts with its highest pace: one that the workers cannot keep is never learnt. What the simulator allows beyond the
// catalogue does not count, since it draws no faster when it is called more often.
func (o Options) neededWorkers() int {
	setting, perMinute := o.setting(1), 0.0
	for _, m := range model.All() {
		if m.Callable() || o.Retired && m.Spoken() {
			s := setting(m.ID)
			perMinute += max(s.Start, s.Max)
		}
	}
	return max(minDefaultWorkers, int(math.Ceil(perMinute/60*longCall*workersPerCall)))
}
