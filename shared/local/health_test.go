package local

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
)

func TestHealthIsProbedOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probes, broken, full := 0, error(nil), error(nil)
		fine := func(context.Context) error { return nil }
		h := newHealth(func() error { return full }, fine, func(context.Context) error { probes++; return broken })
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if err := h.check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		broken = errors.New("/secret/path: read-only")
		if err := h.check(t.Context()); err != nil || probes != 1 {
			t.Errorf("got %v after %d probes, want the answer that was found just now", err, probes)
		}
		time.Sleep(probeAge)
		known, ok := errors.AsType[*job.Error](h.check(t.Context()))
		if !ok || !errors.Is(known, job.ErrUnavailable) || strings.Contains(known.Message, "secret") || !errors.Is(known, broken) {
			t.Errorf("got %+v", known)
		}
		broken, full = nil, errors.New("full")
		time.Sleep(probeAge)
		if err := h.check(t.Context()); !errors.Is(err, full) {
			t.Errorf("got %v, want no room at once", err)
		}
		full = nil
		if err := h.check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestADiskThatDoesNotAnswerIsNotHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		fine := func(context.Context) error { return nil }
		h := newHealth(func() error { return nil }, fine, func(context.Context) error { <-hangs; return nil })
		var first sync.WaitGroup
		first.Go(func() { _ = h.check(t.Context()) })
		synctest.Wait()
		if err := h.check(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(hangs)
		first.Wait()
	})
}
