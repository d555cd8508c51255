package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/api"
	"easel/shared/bulk"
)

const broke = `{"id":"a","status":"queued","waiting":{"code":"credentials","message":"There are no AWS credentials that work."}}`

func TestWaitGivesUpOnAJobThatGetsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire(slicesOf(broke, 1000))
		began := time.Now()
		_, err := (&app{patience: time.Minute, json: true}).forOrders().follow(t.Context(), answering(t, &w), api.Job{ID: "a", Status: "queued"}, nil)
		if d := time.Since(began); d < time.Minute || d > time.Minute+breath {
			t.Errorf("it gave up after %s", d)
		}
		if codeOf(err) != codeUnreachable || word(err) != "gave_up" || errors.Is(err, context.Canceled) {
			t.Errorf("exit code %d, %s: %v", codeOf(err), word(err), err)
		}
		for _, says := range []string{"no picture came for 1m0s", "There are no AWS credentials that work.", "the job goes on", "easel wait a"} {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v lacks %q", err, says)
			}
		}
	})
}

func TestRunEndsWhenNoRowHasEndedForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, heard := &bulk.Run{}, 0
		run.Report = func(bulk.Event) { heard++ }
		ctx, stop := (&app{patience: time.Minute}).forOrders().limit(t.Context(), run)
		defer stop()
		for _, kind := range []string{bulk.Sent, bulk.Saved, bulk.Failed} {
			time.Sleep(59 * time.Second)
			run.Report(bulk.Event{Event: kind})
		}
		run.Report(bulk.Event{Event: bulk.Waiting, Code: "access", Message: "No access."})
		time.Sleep(59 * time.Second)
		run.Report(bulk.Event{Event: bulk.Waiting, Code: "outage", Message: "No capacity."})
		synctest.Wait()
		if ctx.Err() != nil || heard != 5 {
			t.Fatalf("it ended early with %v, after %d events", context.Cause(ctx), heard)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		cause := context.Cause(ctx)
		if codeOf(cause) != codeUnreachable || !strings.Contains(cause.Error(), "No capacity.") {
			t.Errorf("ended with %v", cause)
		}
	})
}

func TestWithoutPatienceARunIsNotBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := (&app{}).forOrders().limit(t.Context(), &bulk.Run{})
		defer stop()
		time.Sleep(1000 * time.Hour)
		if ctx.Err() != nil {
			t.Error(context.Cause(ctx))
		}
	})
}
