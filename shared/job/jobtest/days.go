package jobtest

import (
	"fmt"
	"testing"

	"easel/shared/job"
)

// Days is the contract of job.Days with what [job.Records.Update] charges.
var Days = Suite[Harness]{
	"a day holds its limit":            dayStories,
	"owners and days do not mix":       daysApart,
	"an unknown day is empty":          dayUnknown,
	"a race does not exceed the limit": dayRaceLimit,
	"a race loses no amount":           dayRaceSum,
}

// charge is an amount against the day of the samples.
func charge(owner string, micro, limit int64) *job.Charge {
	return &job.Charge{Owner: owner, Day: today, Amount: micro, Limit: limit, At: sampleTime}
}

// pay writes a job of its own with a charge.
func pay(t *testing.T, s Harness, c *job.Charge) error {
	t.Helper()
	j := createOne(t, s, plainJob(fresh("job")))
	tr := transaction(j)
	tr.Day = c
	if _, err := s.Update(t.Context(), tr); err != nil {
		seesJobs(t, s, j)
		return err
	}
	seesJobs(t, s, raised(tr.Jobs)...)
	return nil
}

// pays writes a charge that must be taken.
func pays(t *testing.T, s Harness, c *job.Charge) {
	t.Helper()
	succeeds(t, fmt.Sprintf("charge of %d", c.Amount), pay(t, s, c))
}

// payments are amounts and limits of an owner's day, one after the other.
var payments = map[string][][2]int64{
	"amounts add up":                      {{40_000, 0}, {1, 0}, {-30_001, 0}, {0, 0}, {-20_000, 0}, {7, 0}},
	"the limit is exact":                  {{1001, 1000}, {400, 1000}, {601, 1000}, {600, 1000}, {1, 1000}, {1, 1001}},
	"a whole limit can be taken at once":  {{1000, 1000}},
	"what is given back is never refused": {{900, 0}, {-100, 10}, {0, 10}, {1, 10}, {-795, 10}, {5, 10}, {1, 10}},
	"what is given back makes a day":      {{-50, 10}, {60, 10}, {1, 10}},
	"a day may hold more than 32 bits":    {{1<<52 + 1, 1<<52 + 1}, {1, 1<<52 + 1}},
}

func dayStories(t *testing.T, s Harness) {
	for name, steps := range payments {
		t.Run(name, func(t *testing.T) {
			owner, sum := fresh("owner"), int64(0)
			for _, p := range steps {
				micro, limit := p[0], p[1]
				if micro > 0 && limit > 0 && sum+micro > limit {
					refused(t, fmt.Sprintf("charge of %d with a limit of %d", micro, limit), pay(t, s, charge(owner, micro, limit)), job.ErrBudget)
				} else {
					pays(t, s, charge(owner, micro, limit))
					sum += micro
				}
				spends(t, s, owner, today, sum)
			}
		})
	}
}

func daysApart(t *testing.T, s Harness) {
	days := []string{today, "2041-05-07", today + " simulated"}
	owners := hard()
	for n, owner := range owners {
		for d, date := range days {
			c := charge(owner, int64(10*n+d+1), int64(10*n+d+1))
			c.Day = date
			pays(t, s, c)
		}
	}
	for n, owner := range owners {
		for d, date := range days {
			spends(t, s, owner, date, int64(10*n+d+1))
		}
	}
	spends(t, s, owners[0][:len(owners[0])-1], today, 0)
}

func dayUnknown(t *testing.T, s Harness) {
	owner := fresh("owner")
	spends(t, s, owner, today, 0)
	pays(t, s, charge(owner, 5, 0))
	spends(t, s, owner, "2041-05-05", 0)
	spends(t, s, fresh("owner"), today, 0)
}

// dayRaceLimit has 64 claims at once and room for 25.
func dayRaceLimit(t *testing.T, s Harness) {
	const claims, price, limit = 64, 40_000, 1_039_999
	owner := fresh("owner")
	jobs := create(t, s, plainJobs(claims)...)
	taken := winners(t, claims, job.ErrBudget, func(n int) error {
		tr := transaction(jobs[n])
		tr.Day = charge(owner, price, limit)
		return last(insistUpdate(t, s, tr))
	})
	if len(taken) != limit/price {
		t.Errorf("%d claims were taken, want %d", len(taken), limit/price)
	}
	spends(t, s, owner, today, int64(len(taken))*price)
}

func dayRaceSum(t *testing.T, s Harness) {
	const writers = 16
	owner := fresh("owner")
	jobs := create(t, s, plainJobs(writers)...)
	raceOf(t, writers, func(n int) error {
		tr := transaction(jobs[n])
		tr.Day = charge(owner, int64(n-8), 0)
		_, err := insistUpdate(t, s, tr)
		return err
	})
	spends(t, s, owner, today, -8)
}
