package local

import (
	"context"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/backoff"
	"easel/shared/job"
	"easel/shared/model"
)

// stalls is the environment variable that names the step at which a server's workers stand still for ever.
const stalls = "EASEL_TEST_STALL"

// The steps: the model has the call and does not answer, or the picture is stored and no record names it.
const (
	inCall  = "in call"
	unknown = "stored and not recorded"
)

func stall(step string) func(*engine) {
	return func(e *engine) {
		switch step {
		case inCall:
			e.worker.Generator = silent{}
		case unknown:
			e.worker.Images = forgetful{e.worker.Images}
		}
	}
}

type silent struct{}

func (silent) Generate(context.Context, model.Model, model.Request) (model.Result, error) { select {} }

type forgetful struct{ job.Images }

func (f forgetful) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	if err := f.Images.Put(ctx, key, data, info); err != nil {
		return err
	}
	select {}
}

// A call that was under way dies with its server. The next server takes over the picture that it left, or calls again,
// and waits for neither until the end of the lease, ten minutes later.
func TestNobodyWaitsForACallThatDiedWithItsServer(t *testing.T) {
	for name, c := range map[string]struct {
		step  string
		retry bool
		want  job.Status
		calls int // of the last round
	}{
		"canceled, its picture is on the disk": {unknown, false, job.Canceled, 1},
		"retried, its picture is on the disk":  {unknown, true, job.Succeeded, 0},
		"retried, it left nothing":             {inCall, true, job.Succeeded, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			id := die(t, data, c.step, c.retry)
			v := start(t, data)
			defer v.kill(t)
			var j api.Job
			for end := time.Now().Add(30 * time.Second); len(j.Images) == 0 && time.Now().Before(end); {
				j = v.poll(t, id)
			}
			if j.Status != string(c.want) || len(j.Images) != 1 || j.ModelCalls != c.calls {
				t.Errorf("got %s with %d pictures after %d calls, waiting %+v", j.Status, len(j.Images), j.ModelCalls, j.Waiting)
			}
		})
	}
}

// die orders a picture, cancels the job at a step of its call, retries it where wanted, and kills the server.
func die(t *testing.T, data, step string, retry bool) (id string) {
	t.Helper()
	v := start(t, data, stalls+"="+step)
	defer v.kill(t)
	j, err := v.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 0)
	for err == nil && (j.Status != string(job.Running) || (step == unknown && len(stored(t, data)) == 0)) {
		j = v.poll(t, j.ID)
	}
	if err == nil {
		_, err = v.client.Cancel(t.Context(), j.ID)
	}
	if err == nil && retry {
		_, err = v.client.Retry(t.Context(), j.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

// poll looks at a job, now and then.
func (v *victim) poll(t *testing.T, id string) api.Job {
	t.Helper()
	_ = backoff.Sleep(t.Context(), 20*time.Millisecond)
	j, err := v.client.Get(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return j
}
