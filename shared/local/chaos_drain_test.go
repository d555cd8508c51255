package local

import (
	"context"
	"errors"
	"net/http"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/backoff"
)

// drain waits until every job has ended, as long as some do.
func (s *siege) drain(ctx context.Context) {
	left, last := -1, time.Now()
	for ctx.Err() == nil {
		open, err := s.open(ctx)
		switch {
		case err != nil:
			s.t.Logf("while the rest ends: %v", err)
		case len(open) == 0:
			return
		case len(open) != left:
			left, last = len(open), time.Now()
		case time.Since(last) > *chaosPatience:
			s.stuck(open)
			return
		}
		_ = backoff.Sleep(ctx, 100*time.Millisecond)
	}
}

// salvage gives the pictures of canceled calls whose server was killed the time to be found.
func (s *siege) salvage(ctx context.Context) {
	for end := time.Now().Add(time.Minute); s.hidden(ctx) > 0 && time.Now().Before(end); {
		_ = backoff.Sleep(ctx, 50*time.Millisecond)
	}
}

// hidden counts the canceled jobs that have pictures and show none.
func (s *siege) hidden(ctx context.Context) (n int) {
	jobs, err := s.list(ctx, "canceled")
	if err != nil {
		s.t.Error(err)
	}
	for _, f := range s.pictures() {
		if j, ok := jobs[f.job]; ok && len(j.Images) == 0 {
			n++
		}
	}
	return n
}

// again retries some of the jobs that failed.
func (s *siege) again(ctx context.Context) {
	page, err := s.client.Load().List(ctx, client.ListQuery{Status: []string{"failed"}, Limit: 100})
	if err != nil {
		s.t.Error(err)
	}
	for _, j := range page.Data {
		if j.BatchID != "" { // a bound may not pay for it
			continue
		}
		s.insist(ctx, func(c *client.Client) (api.Job, error) { return c.Retry(ctx, j.ID) })
	}
}

// erase deletes a job that has ended, if it lets itself be deleted.
func (s *siege) erase(ctx context.Context, id string) {
	s.mu.Lock()
	s.erased[id] = true
	s.mu.Unlock()
	_, done := s.insist(ctx, func(c *client.Client) (api.Job, error) {
		err := c.Delete(ctx, id)
		if p := (*api.Problem)(nil); errors.As(err, &p) && p.Status == http.StatusNotFound { // a kill came between, and the sweep after it
			err = nil
		}
		return api.Job{}, err
	})
	if !done {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.erased, id) // its last call may still run
	}
}

// settle gives the sweep the time for the deletions that kills have left.
func (s *siege) settle(ctx context.Context) {
	s.erasing.Wait()
	if s.clock == "" {
		return
	}
	s.jump(leap)
	_ = backoff.Sleep(ctx, 3*time.Second)
}
