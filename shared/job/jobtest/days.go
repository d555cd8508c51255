package jobtest

import (
	"fmt"
	"testing"

	"easel/shared/job"
)

// Days runs the contract of job.Days with what [job.Records.Update] charges.
var Days = Suite[Harness]{
	"amounts add up":                      daySums,
	"the limit is exact":                  dayLimit,
	"what is given back is never refused": dayGivenBack,
	"what is given back makes a day":      dayMade,
	"owners and days do not mix":          daysApart,
	"an unknown day is empty":             dayUnknown,
	"a day may hold more than 32 bits":    dayLarge,
	"a race does not exceed the limit":    dayRaceLimit,
	"a race loses no amount":              dayRaceSum,
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

// cannotPay writes a charge that must be refused.
func cannotPay(t *testing.T, s Harness, c *job.Charge) {
	t.Helper()
	refused(t, fmt.Sprintf("charge of %d with a limit of %d", c.Amount, c.Limit), pay(t, s, c), job.ErrBudget)
}

func daySums(t *testing.T, s Harness) {
	owner, sum := fresh("owner"), int64(0)
	for _, micro := range []int64{40_000, 1, -30_001, 0, -20_000, 7} {
		pays(t, s, charge(owner, micro, 0))
		sum += micro
		spends(t, s, owner, today, sum)
	}
}

func dayLimit(t *testing.T, s Harness) {
	owner := fresh("owner")
	cannotPay(t, s, charge(owner, 1001, 1000))
	spends(t, s, owner, today, 0)
	pays(t, s, charge(owner, 400, 1000))
	cannotPay(t, s, charge(owner, 601, 1000))
	pays(t, s, charge(owner, 600, 1000))
	cannotPay(t, s, charge(owner, 1, 1000))
	pays(t, s, charge(owner, 1, 1001))
	spends(t, s, owner, today, 1001)
	whole := fresh("owner")
	pays(t, s, charge(whole, 1000, 1000))
	spends(t, s, whole, today, 1000)
}

func dayGivenBack(t *testing.T, s Harness) {
	owner := fresh("owner")
	pays(t, s, charge(owner, 900, 0))
	pays(t, s, charge(owner, -100, 10))
	pays(t, s, charge(owner, 0, 10))
	cannotPay(t, s, charge(owner, 1, 10))
	pays(t, s, charge(owner, -795, 10))
	pays(t, s, charge(owner, 5, 10))
	cannotPay(t, s, charge(owner, 1, 10))
	spends(t, s, owner, today, 10)
}

func dayMade(t *testing.T, s Harness) {
	owner := fresh("owner")
	pays(t, s, charge(owner, -50, 10))
	spends(t, s, owner, today, -50)
	pays(t, s, charge(owner, 60, 10))
	cannotPay(t, s, charge(owner, 1, 10))
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

func dayLarge(t *testing.T, s Harness) {
	const all = 1<<52 + 1
	owner := fresh("owner")
	pays(t, s, charge(owner, all, all))
	cannotPay(t, s, charge(owner, 1, all))
	spends(t, s, owner, today, all)
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
