package local

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/config"
	"easel/shared/gate"
	"easel/shared/model"
	"easel/shared/pace"
)

// desk is where calls of the service arrive. What stands behind it changes, and it notes how each call went.
type desk struct {
	mu      sync.Mutex
	service http.Handler
	calls   []noted
}

type noted struct {
	at     time.Time
	status int
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	service, at := d.service, time.Now()
	d.mu.Unlock()
	s := &status{w, http.StatusOK}
	service.ServeHTTP(s, r)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, noted{at, s.code})
}

func (d *desk) turn(service http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.service = service
}

// count is how many calls came between two instants, and how many of them were taken.
func (d *desk) count(from, to time.Time) (came, taken int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.calls {
		if c.at.Before(from) || !c.at.Before(to) {
			continue
		}
		came++
		if c.status == http.StatusOK {
			taken++
		}
	}
	return came, taken
}

// throttled is the share of calls since an instant that were refused.
func (d *desk) throttled(from time.Time) float64 {
	came, taken := d.count(from, time.Now())
	return float64(came-taken) / float64(came)
}

// used is the share of a quota that was used since an instant.
func (d *desk) used(from time.Time, quota float64) float64 {
	_, taken := d.count(from, time.Now())
	return float64(taken) / (quota * time.Since(from).Minutes())
}

// back is how long after an instant the first minute began in which nine tenths of a quota were used.
func (d *desk) back(from time.Time, quota float64) time.Duration {
	for at := from; at.Before(time.Now()); at = at.Add(time.Second) {
		if _, taken := d.count(at, at.Add(time.Minute)); float64(taken) >= 0.9*quota {
			return at.Sub(from)
		}
	}
	return time.Hour
}

// inLesson lets the whole pipeline work on jobs of one model in virtual time, for as long as the lesson takes. The
// quota is a multiple of the real one.
func inLesson(t *testing.T, alias string, quota float64, setting pace.Limits, jobs int, lesson func(t *testing.T, l *load, d *desk)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{service: newSim(t, quota)}
		l := newLoad(t, dir, d, func(string) pace.Limits { return setting })
		l.order(t, slices.Repeat([]string{alias}, jobs))
		stop := l.begin(t)
		lesson(t, l, d)
		stop()
	})
}

// tooLong skips what takes an hour of calls where loads are divided: the rules have quicker tests in shared/job, and the
// paths are taken by the others here.
func tooLong(t *testing.T) {
	t.Helper()
	gate.Only(t, "an hour of calls")
	if scale > 1 {
		t.Skip("too many calls for the race detector")
	}
}

// The quota is half of the setting, and grows to the whole of it.
func TestAQuotaBelowTheSettingIsFound(t *testing.T) {
	tooLong(t)
	const quota = 15
	inLesson(t, "sd35", 1, pace.Limits{Start: 2 * quota, Max: 2 * quota}, 1700, func(t *testing.T, _ *load, d *desk) {
		start := time.Now()
		<-time.After(time.Hour)
		throttled, used := d.throttled(start), d.used(start, quota)
		t.Logf("half of the setting: %.1f %% throttled, %.1f %% of the quota used, nine tenths of it after %v", 100*throttled, 100*used, d.back(start, quota))
		if throttled > 0.05 || used < 0.85 {
			t.Errorf("%.1f %% throttled and %.1f %% used, want at most 5 and at least 85", 100*throttled, 100*used)
		}
		d.turn(newSim(t, 2))
		start = time.Now()
		<-time.After(33 * time.Minute)
		took, throttled := d.back(start, 2*quota), d.throttled(start)
		t.Logf("restored: nine tenths of it after %v, %.1f %% throttled", took, 100*throttled)
		if took > 31*time.Minute || throttled > 0.05 {
			t.Errorf("it took %v to use nine tenths of what was restored, with %.1f %% throttled", took, 100*throttled)
		}
	})
}

func TestAQuotaAboveTheStartIsFound(t *testing.T) {
	tooLong(t)
	const quota = 40
	inLesson(t, "ultra", quota/10, pace.Limits{Start: 10, Max: 60}, 1500, func(t *testing.T, _ *load, d *desk) {
		start := time.Now()
		<-time.After(time.Hour)
		last, throttled := d.used(time.Now().Add(-10*time.Minute), quota), d.throttled(start)
		t.Logf("from 10 to %d within %v, %.1f %% used in the last ten minutes of an hour, %.1f %% throttled", quota, d.back(start, quota), 100*last, 100*throttled)
		if last < 0.9 || throttled > 0.05 {
			t.Errorf("after an hour %.1f %% of the quota is used, with %.1f %% throttled; want 90, and at most 5", 100*last, 100*throttled)
		}
	})
}

func TestAnOutageTeachesNothing(t *testing.T) {
	const quota = 15
	inLesson(t, "sd35", 1, pace.Limits{Start: quota, Max: quota}, 350, func(t *testing.T, l *load, d *desk) {
		l.worker.Probe = 0 // as with the real service
		sim := d.service
		<-time.After(5 * time.Minute)
		began := time.Now()
		d.turn(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			refuse(http.StatusServiceUnavailable, "ServiceUnavailableException", "Bedrock is unable to process your request.")(w)
		}))
		<-time.After(5 * time.Minute)
		over := time.Now()
		d.turn(sim)
		<-time.After(10 * time.Minute)
		came, _ := d.count(began, over)
		took := d.back(over, quota)
		m, _ := model.Find("sd35")
		rate := l.worker.Limiter.Rate(t.Context(), m.ID)
		t.Logf("%d calls in five minutes of an outage, nine tenths of the quota after %v, then %.2f calls a minute", came, took, rate)
		if came > 5+5+3 || took > 2*time.Minute || rate < 0.98*quota {
			t.Errorf("%d calls in the outage, want five and one a minute; back after %v, want two minutes; %.2f calls a minute of %d", came, took, rate, quota)
		}
	})
}

// What --pace gives as the most is reached where the model allows more than the start, and not passed where it allows more
// than that.
func TestThePaceThatIsSetLearnsUpToItsMost(t *testing.T) {
	gate.Only(t, "forty minutes of calls")
	const start, most = 2, 4
	o := Options{Paces: parsed(t, fmt.Sprintf("ultra=%d/%d", start, most))}
	m, _ := model.Find("ultra")
	inLesson(t, "ultra", 1, o.setting(1)(m.ID), 150, func(t *testing.T, l *load, d *desk) {
		<-time.After(4 * time.Minute)
		began := d.used(time.Now().Add(-3*time.Minute), start)
		<-time.After(36 * time.Minute)
		now := d.used(time.Now().Add(-10*time.Minute), most)
		rate := l.worker.Limiter.Rate(t.Context(), m.ID)
		t.Logf("%.0f %% of the start after four minutes, %.0f %% of the most after forty, now %.2f calls a minute", 100*began, 100*now, rate)
		if began > 1.2 || now < 0.95 || now > 1 || rate > most {
			t.Errorf("%.0f %% of the start, then %.0f %% of the most, now %.2f calls a minute; want 100, 95 to 100, and %d at most", 100*began, 100*now, rate, most)
		}
	})
}

// parsed is what --pace makes of a list.
func parsed(t *testing.T, list string) map[string]pace.Limits {
	t.Helper()
	all, err := config.ParsePaces("--pace", list)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
