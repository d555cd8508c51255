package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/backoff"
	"easel/shared/bulk"
	"easel/shared/job"
)

// ended is a job that ended without a picture to show for it.
type ended struct {
	job api.Job
	way way
}

// Error gives the reason and the command that helps.
func (e *ended) Error() string {
	j := e.job
	switch {
	case j.Error == nil:
		return fmt.Sprintf("job %s is %s. Start it again with: %s", j.ID, j.Status, e.way.to("retry", j.ID))
	case j.Error.Retryable:
		return fmt.Sprintf("job %s failed (%s): %s\nTry it again with: %s", j.ID, j.Error.Code, clip(j.Error.Message, 500), e.way.to("retry", j.ID))
	}
	return fmt.Sprintf("job %s failed (%s): %s\nOrder something else with: %s --prompt \"…\"", j.ID, j.Error.Code, clip(j.Error.Message, 500), e.way.to("again", j.ID))
}

func (e *ended) outcome() (code int, kind string) {
	if e.job.Error != nil {
		return codeFailed, e.job.Error.Code
	}
	return codeFailed, e.job.Status
}

const (
	patience = 10              // failures in a row that a wait outlives, while a server starts anew
	breath   = 2 * time.Second // between two of them, and between two answers that came too early
)

// follow waits until a job has ended. A server that is gone for a while does not end the waiting.
func (a orderCommands) follow(ctx context.Context, c *client.Client, j api.Job, m *meter) (api.Job, error) {
	heard, began := job.WaitPace, time.Now()
	for failures := 0; !j.Ended(); {
		m.show(j.Status, phase(j), j.ID)
		heard = a.note(j, m, heard)
		asked := time.Now()
		left := a.patience - asked.Sub(began)
		if a.patience > 0 && left <= 0 {
			return j, &interrupted{way: a.way, ids: []string{j.ID}, gave: &gaveUp{a.patience, phase(j)}}
		}
		now, err := c.Get(ctx, j.ID, a.within(m.hold(), left))
		switch {
		case ctx.Err() != nil:
			return j, &interrupted{way: a.way, ids: []string{j.ID}}
		case err == nil:
			j, failures = now, 0
		case bulk.Passing(err) && failures < patience:
			failures++
			m.show(j.Status, "no answer from the server; trying again", j.ID)
		default:
			return j, err
		}
		if !j.Ended() && time.Since(asked) < breath/2 {
			_ = backoff.Sleep(ctx, a.within(breath, left))
		}
	}
	m.clear()
	return j, nil
}

// within is as much of a time as patience has left.
func (a orderCommands) within(d, left time.Duration) time.Duration {
	if a.patience == 0 {
		return d
	}
	return min(d, left)
}

// note tells once, where the output is no terminal, that a job waits for more than its turn. It returns what was told last.
func (a orderCommands) note(j api.Job, m *meter, heard string) string {
	if j.Waiting == nil || j.Waiting.Code == job.WaitPace || j.Waiting.Code == heard {
		return heard
	}
	if m == nil {
		a.say("job %s waits (%s): %s", j.ID, j.Waiting.Code, clip(j.Waiting.Message, 500))
	}
	return j.Waiting.Code
}

// verdict is nil for a job that made its picture.
func (a orderCommands) verdict(j api.Job) error {
	if j.Status == "succeeded" {
		return nil
	}
	return &ended{job: j, way: a.way}
}

// gravest first: what stands in the way of everything, then mistakes, then refusals, then failed jobs.
var gravest = []int{codeUnreachable, codeUsage, codeRefused, codeFailed}

// each does the same with several jobs. What goes wrong with one is told at once and the next has its
// turn, unless the server is gone or the user is. The gravest exit code remains.
func (a orderCommands) each(ctx context.Context, ids []string, do func(id string) error) error {
	var codes []int
	for n, id := range ids {
		err := do(id)
		if err == nil {
			continue
		}
		if i, waited := errors.AsType[*interrupted](err); waited {
			i.ids = ids[n:]
			return i
		}
		if ctx.Err() != nil || errors.Is(err, client.ErrUnreachable) {
			return err
		}
		a.complain(err)
		codes = append(codes, codeOf(err))
	}
	if n := slices.IndexFunc(gravest, func(code int) bool { return slices.Contains(codes, code) }); n >= 0 {
		return told(gravest[n])
	}
	return nil
}
