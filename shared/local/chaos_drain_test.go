package local

import (
	"context"
	"time"

	"easel/shared/api"
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
		rest(ctx, 100*time.Millisecond)
	}
}

// salvage gives the pictures of canceled calls whose server was killed the time to be found.
func (s *siege) salvage(ctx context.Context) {
	for end := time.Now().Add(time.Minute); s.hidden(ctx) > 0 && time.Now().Before(end); {
		rest(ctx, 50*time.Millisecond)
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
	page, err := s.client.Load().List(ctx, api.ListQuery{Status: []string{"failed"}, Limit: 100})
	if err != nil {
		s.t.Error(err)
	}
	for _, j := range page.Data {
		s.insist(ctx, func(c *api.Client) (api.Job, error) { return c.Retry(ctx, j.ID) })
	}
}
