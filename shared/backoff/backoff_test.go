package backoff_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/backoff"
)

var errDown, errTaken = errors.New("down"), errors.New("taken")

func TestRetryEndsWithTheFirstAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		errs  []error
		want  error
		calls int
	}{
		"at once":                 {[]error{nil}, nil, 1},
		"a store comes back":      {[]error{errDown, errDown, nil}, nil, 3},
		"an answer":               {[]error{errDown, errTaken, nil}, errTaken, 2},
		"a store that stays away": {[]error{errDown, errDown, errDown, errDown, errDown, errDown, errDown, errDown, nil}, errDown, backoff.Tries},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := backoff.Retry(t.Context(), func(err error) bool { return errors.Is(err, errTaken) }, func() error {
					calls++
					return c.errs[calls-1]
				})
				if !errors.Is(err, c.want) || calls != c.calls {
					t.Errorf("%d calls and %v, want %d and %v", calls, err, c.calls, c.want)
				}
			})
		})
	}
}

func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		calls := 0
		err := backoff.Retry(ctx, func(error) bool { return false }, func() error {
			calls++
			time.Sleep(time.Millisecond)
			return errDown
		})
		if !errors.Is(err, errDown) || calls != 1 {
			t.Errorf("%d calls and %v, want one and the error of the call", calls, err)
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := backoff.Sleep(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("slept %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := backoff.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("slept to the end: %v", err)
		}
		if err := backoff.Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("slept for nothing: %v", err)
		}
	})
}
