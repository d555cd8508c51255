package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/backoff"
	"easel/shared/job"
)

// errand is an order and what its client does with it afterwards. It follows from the seed and its
// number alone.
type errand struct {
	n       int
	request api.JobRequest
	key     string

	filtered, twice, cancel, amid, retry bool // amid: once its call is under way
	alone, erase                         bool // in a batch of its own; deleted once it has ended
	bounded                              bool // in a batch that cannot pay for all
}

// seed of the orders, apart from that of the plan.
func draw(seed uint64, n int) errand {
	chance := rand.New(rand.NewPCG(seed, uint64(n)<<1|1<<63))
	e := errand{n: n, key: fmt.Sprintf("key %d", n)}
	things := []string{"a fox", "a lighthouse", "girls before a mountain", "two boats on a river", "an old house in autumn"}
	prompt := fmt.Sprintf("%s, number %d", things[chance.IntN(len(things))], n)
	e.request = api.JobRequest{Settings: api.Settings{Model: "core", OutputFormat: []string{"png", "jpeg"}[chance.IntN(2)]}}
	switch p := chance.IntN(100); {
	case p < 8:
		e.request.Model = "ultra"
	case p < 20:
		e.request.Model = "sd35"
	}
	switch p := chance.IntN(100); {
	case p < 2:
		e.filtered, prompt = true, prompt+" [sim:filtered]"
	case p < 4:
		e.filtered, prompt = true, prompt+" [sim:output]"
	}
	if chance.IntN(2) == 0 {
		n := 1 + chance.IntN(3)
		e.request.MaxModelCalls = &n
	}
	if chance.IntN(20) == 0 {
		n := 1 + chance.IntN(60)
		e.request.DeadlineSeconds = &n
	}
	e.request.Prompt = prompt
	e.twice, e.cancel = chance.IntN(20) == 0, chance.IntN(12) == 0
	e.amid, e.retry = chance.IntN(3) == 0, chance.IntN(2) == 0
	e.alone, e.erase = chance.IntN(5) == 0, chance.IntN(12) == 0 && !e.cancel
	return e
}

// run sees an errand through: the order is sent again until it is answered, so that what the client
// holds for accepted is exact.
func (s *siege) run(ctx context.Context, e errand) {
	j, ok := s.give(ctx, e)
	if !ok {
		return
	}
	s.accept(j.ID, e)
	if e.twice && !e.alone {
		again, ok := s.insist(ctx, func(c *client.Client) (api.Job, error) { return c.Submit(ctx, e.request, e.key, 0) })
		if ok && again.ID != j.ID {
			s.t.Errorf("one key, two jobs: %s and %s", j.ID, again.ID)
		}
	}
	if !e.cancel {
		return
	}
	for end := time.Now().Add(3 * time.Second); e.amid && time.Now().Before(end); _ = backoff.Sleep(ctx, time.Millisecond) {
		if now, err := s.client.Load().Get(ctx, j.ID, 0); err == nil && now.Status != string(job.Queued) {
			break
		}
	}
	_, canceled := s.insist(ctx, func(c *client.Client) (api.Job, error) { return c.Cancel(ctx, j.ID) })
	if canceled && e.retry {
		s.insist(ctx, func(c *client.Client) (api.Job, error) { return c.Retry(ctx, j.ID) })
	}
}

// give orders a single job, or a batch of one.
func (s *siege) give(ctx context.Context, e errand) (j api.Job, ok bool) {
	if !e.alone {
		return s.insist(ctx, func(c *client.Client) (api.Job, error) { return c.Submit(ctx, e.request, e.key, 0) })
	}
	ids := s.gather(ctx, alone(e))
	if len(ids) != 1 {
		return j, false
	}
	return api.Job{ID: ids[0]}, true
}

func (s *siege) insist(ctx context.Context, call func(*client.Client) (api.Job, error)) (api.Job, bool) {
	return insist(ctx, s, call)
}

// insist repeats a call until the server answers it. It reports false for an answer that is no, which only
// a job's state can give, and at the end of the context.
func insist[T any](ctx context.Context, s *siege, call func(*client.Client) (T, error)) (answer T, ok bool) {
	for ctx.Err() == nil {
		j, err := call(s.client.Load())
		var p *api.Problem
		switch {
		case err == nil:
			return j, true
		case errors.Is(err, client.ErrUnreachable) || strings.Contains(err.Error(), "not what Easel sends"):
		case !errors.As(err, &p):
			if ctx.Err() == nil {
				s.t.Errorf("a call ended without an answer: %v", err)
			}
			return j, false
		case p.Code == "wrong_state":
			return j, false
		case p.Status < 500:
			s.t.Errorf("the server answered %v", err)
			return j, false
		default:
			s.unable.Add(1)
		}
		_ = backoff.Sleep(ctx, 20*time.Millisecond)
	}
	return answer, false
}

// open lists the jobs that have not ended.
func (s *siege) open(ctx context.Context) (map[string]api.Job, error) {
	return s.list(ctx, "queued", "running")
}

func (s *siege) list(ctx context.Context, status ...string) (map[string]api.Job, error) {
	open := map[string]api.Job{}
	q := client.ListQuery{Status: status, Limit: 100}
	for {
		page, err := s.client.Load().List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, j := range page.Data {
			open[j.ID] = j
		}
		if !page.HasMore {
			return open, nil
		}
		q.Cursor = *page.NextCursor
	}
}

// watch makes room for orders as jobs end, and gives up where none does.
func (s *siege) watch(ctx context.Context) {
	last := time.Now()
	for ctx.Err() == nil {
		before := s.expected()
		open, err := s.open(ctx)
		switch {
		case err != nil: // the server is down
		case s.release(before, open) > 0:
			last = time.Now()
		case len(before) > 0 && time.Since(last) > *chaosPatience:
			s.stuck(open)
			s.stop()
		}
		_ = backoff.Sleep(ctx, 50*time.Millisecond)
	}
}

// expected lists the jobs that have not ended as far as is known.
func (s *siege) expected() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.waiting))
}

// release makes room for each job that has ended and returns how many have.
func (s *siege) release(before []string, open map[string]api.Job) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range before {
		if _, waits := open[id]; !waits {
			n++
			delete(s.waiting, id)
			if s.orders[id].erase {
				s.erasing.Go(func() { s.erase(s.t.Context(), id) })
			}
			<-s.room
		}
	}
	return n
}

// stuck reports jobs of which none ends any more, and what they wait for.
func (s *siege) stuck(open map[string]api.Job) {
	reasons := map[string]int{}
	for _, j := range open {
		reason := j.Status
		if j.Waiting != nil {
			reason += fmt.Sprintf(", %s for about %v", j.Waiting.Code, time.Until(j.Waiting.Until).Round(10*time.Second))
		}
		reasons[reason]++
	}
	s.t.Errorf("%d jobs have not ended, and for %v none has: %v", len(open), *chaosPatience, reasons)
}
