package bulk

import (
	"encoding/json"
	"math"
	"sync"
	"time"

	"easel/shared/api"
	"easel/shared/usd"
)

// The kinds of an [Event].
const (
	Planned = "planned" // before anything is sent
	Sent    = "sent"    // the server has taken an append
	Saved   = "saved"   // a picture lies in the folder
	Failed  = "failed"  // a row ended without a picture, or its picture could not be fetched
	Waiting = "waiting" // nothing goes on, and why; without a code it goes on again
	Done    = "done"    // all has ended
)

// The codes of a [Waiting] event that are not a job's own.
const (
	WaitServer = "no_answer" // of the server or the store of pictures
	WaitBatch  = "new_batch" // the server knew nothing of the batch, so there is another
)

// Event is one thing that happened in a run. Members that its kind has no use for are left out.
type Event struct {
	Event   string    `json:"event"`
	Time    time.Time `json:"time"`
	BatchID string    `json:"batch_id,omitempty"`

	Row      *Row      `json:"row,omitempty"` // of saved and failed
	Code     string    `json:"code,omitempty"`
	Message  string    `json:"message,omitempty"`
	Plan     *Plan     `json:"plan,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Summary  *Summary  `json:"summary,omitempty"`
}

// Row is what an event tells of a row.
type Row struct {
	Line     int         `json:"line,omitempty"`
	Key      string      `json:"key"`
	JobID    string      `json:"job_id"`
	Model    string      `json:"model"`
	Seed     int64       `json:"seed,omitempty"`
	File     string      `json:"file,omitempty"` // within the folder
	CostUSD  json.Number `json:"cost_usd,omitempty"`
	Canceled bool        `json:"canceled,omitempty"`
}

// Progress is how a run stands.
type Progress struct {
	Total     int         `json:"total"`  // rows that are made or asked for
	Sent      int         `json:"sent"`   // of these, taken by the server in this run
	Made      int         `json:"made"`   // in the folder, also from earlier runs
	Failed    int         `json:"failed"` // in this run, without a picture
	PerMinute float64     `json:"per_minute"`
	CostUSD   json.Number `json:"cost_usd"`          // of what this run has ordered, at list price
	EndsAt    *time.Time  `json:"ends_at"`           // estimate; null: nothing is left to do, or nothing goes on
	Waiting   string      `json:"waiting,omitempty"` // the code of what keeps everything from going on
}

// recent is over how many ends the speed is told.
const recent = 120

// minSpan is the time that fewer ends must cover before they tell a speed.
const minSpan = 5 * time.Second

// course counts what a run has done.
type course struct {
	mu        sync.Mutex
	total     int
	before    int // made in earlier runs
	sent      int
	saved     int
	failed    int       // and canceled, and given up
	ceased    int       // of failed: canceled
	lost      int       // of failed: no job, or no picture that could be fetched
	unsent    int       // refused by the server
	withdrawn int       // canceled since the file has their rows no more
	replaced  int       // canceled since their rows have changed
	within    int       // of saved: beyond the limit, but made before
	waiting   string    // code of what keeps everything from going on
	ordered   int       // pictures that the server had not been asked for before
	cost      int64     // of these, in micro-dollars at list price
	paid      time.Time // when the daily budget lets the last of them be made; zero: it does not hold them up
	ends      []time.Time
}

func (c *course) begin(p Plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total, c.before = p.Made+p.ToMake, p.Made
}

func (c *course) count(change func(*course)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// order notes what the server says of an append: what of it is new.
func (c *course) order(said *api.Plan, now time.Time) {
	if said == nil {
		return
	}
	c.ordered += said.Added + said.Restarted
	c.cost += amount(said.CostUSD)
	if said.DailyBudgetUSD != nil {
		c.paid = now.Add(time.Duration(said.Seconds) * time.Second)
	}
}

// end notes the time at which a row ended.
func (c *course) end(now time.Time) {
	if len(c.ends) == recent {
		c.ends = append(c.ends[:0], c.ends[1:]...)
	}
	c.ends = append(c.ends, now)
}

// progress is how it stands now, with so many rows left of each model.
func (c *course) progress(now time.Time, left map[string]int, k *catalogue) Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := Progress{
		Total: c.total, Sent: c.sent, Made: c.before + c.saved, Failed: c.failed, PerMinute: c.rate(now),
		CostUSD: usd.Number(c.cost), Waiting: c.waiting,
	}
	var d time.Duration
	for id, n := range left {
		if n > 0 {
			d = max(d, duration(n, k.find(id).pace), time.Second)
		}
	}
	if d > 0 && c.waiting == "" {
		ends := now.Add(d)
		if c.paid.After(ends) {
			ends = c.paid
		}
		ends = ends.Truncate(time.Second)
		p.EndsAt = &ends
	}
	return p
}

// rate is how many rows ended a minute, of late; 0 while nothing can be said yet.
func (c *course) rate(now time.Time) float64 {
	if len(c.ends) < 2 {
		return 0
	}
	over := now.Sub(c.ends[0])
	if over < minSpan && len(c.ends) < recent {
		return 0
	}
	return math.Round(10*float64(len(c.ends)-1)/max(over, time.Millisecond).Minutes()) / 10
}
