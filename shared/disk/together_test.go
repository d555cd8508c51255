package disk

import (
	"errors"
	"testing"
	"testing/synctest"

	"easel/shared/job"
)

// TestAFlushCountsForThoseAloneWhoWroteBefore lets some come while a flush runs: they share the next one.
func TestAFlushCountsForThoseAloneWhoWroteBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const late = 10
		begun, end := make(chan int), make(chan error)
		flushes := 0
		all := newTogether(func() error {
			flushes++
			begun <- flushes
			return <-end
		})
		first, others := make(chan error, 1), make(chan error, late)
		go func() { first <- all.wait() }()
		<-begun
		for range late {
			go func() { others <- all.wait() }()
		}
		synctest.Wait()
		end <- nil
		if err := <-first; err != nil {
			t.Error(err)
		}
		<-begun
		synctest.Wait()
		if len(others) > 0 {
			t.Errorf("%d of those who came late did not wait for a flush that began after them", len(others))
		}
		broken := errors.New("broken")
		end <- broken
		for range late {
			if err := <-others; !errors.Is(err, broken) {
				t.Errorf("got %v, want the error of the flush", err)
			}
		}
		if flushes != 2 {
			t.Errorf("%d flushes, want 2", flushes)
		}
	})
}

// TestAPictureIsFreeAgainThatMayNotBeDurable lets the flush fail that is to make the names durable.
func TestAPictureIsFreeAgainThatMayNotBeDurable(t *testing.T) {
	s := newStore(t, t.TempDir())
	broken, n := errors.New("broken"), 0
	s.tree.all = newTogether(func() error {
		if n++; n == 2 {
			return broken
		}
		return nil
	})
	if err := s.Put(t.Context(), sample, []byte("picture"), job.ImageInfo{}); !errors.Is(err, broken) {
		t.Errorf("Put: %v, want the error of the flush", err)
	}
	if _, err := s.Stat(t.Context(), sample); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat: %v, want ErrNotFound", err)
	}
	put(t, s, sample, "picture", job.ImageInfo{})
}
