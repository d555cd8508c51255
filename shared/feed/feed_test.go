package feed

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, h *Hub, owner string) *Stream {
	t.Helper()
	s, err := h.Open(owner)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hears holds what a stream tells next, within a quarter of an hour, against what it should.
func hears(t *testing.T, s *Stream, want News) {
	t.Helper()
	got, err := s.Next(t.Context(), 15*time.Minute)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("next (-want +got), %v:\n%s", err, diff)
	}
}

func TestAnOwnerHearsOfTheirOwnChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub
		h.Tell("ann", Job, "before anybody watched")
		ann, other, bob := open(t, &h, "ann"), open(t, &h, "ann"), open(t, &h, "bob")
		h.Tell("ann", Job, "1", "2", "1")
		h.Tell("bob", Job, "3")
		hears(t, ann, News{Jobs: []string{"1", "2"}})
		hears(t, other, News{Jobs: []string{"1", "2"}})
		hears(t, bob, News{Jobs: []string{"3"}})
		go func() {
			<-time.After(time.Minute)
			h.Tell("ann", Job, "1")
		}()
		hears(t, ann, News{Jobs: []string{"1"}})
		if news, err := bob.Next(t.Context(), time.Second); err != nil || len(news.Jobs) > 0 {
			t.Errorf("bob hears %v, %v", news, err)
		}
	})
}

func TestBatchesAreToldOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub
		s := open(t, &h, "ann")
		began := time.Now()
		for n := range 3 {
			for range 10 {
				h.Tell("ann", Batch, "b")
			}
			hears(t, s, News{Batches: []string{"b"}})
			if took := time.Since(began); took != time.Duration(n)*time.Second {
				t.Errorf("number %d came after %v", n, took)
			}
		}
		h.Tell("ann", Batch, "b")
		h.Tell("ann", Job, "1")
		hears(t, s, News{Jobs: []string{"1"}})
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("a job came after %v", took)
		}
	})
}

func TestWhoDoesNotKeepUpIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub
		s := open(t, &h, "ann")
		for n := range maxPending + 1 {
			h.Tell("ann", Job, fmt.Sprint(n))
		}
		hears(t, s, News{Lost: true, Jobs: []string{fmt.Sprint(maxPending)}})
		for n := range maxTaken + 1 {
			h.Tell("ann", Job, fmt.Sprint(n))
		}
		if news, _ := s.Next(t.Context(), time.Second); news.Lost || len(news.Jobs) != maxTaken {
			t.Errorf("%d jobs at a time, lost %v", len(news.Jobs), news.Lost)
		}
		hears(t, s, News{Jobs: []string{fmt.Sprint(maxTaken)}})
	})
}

func TestStreamsAreBounded(t *testing.T) {
	var h Hub
	var all []*Stream
	for range maxPerOwner {
		all = append(all, open(t, &h, "ann"))
	}
	if _, err := h.Open("ann"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one too many of an owner: %v", err)
	}
	all[0].Close()
	all[0].Close()
	all[0] = open(t, &h, "ann")
	for n := h.total; n < maxStreams; n++ {
		all = append(all, open(t, &h, fmt.Sprint("owner ", n)))
	}
	if _, err := h.Open("bob"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one too many in all: %v", err)
	}
	for _, s := range all {
		s.Close()
	}
	if h.Watched() || len(h.streams) > 0 {
		t.Errorf("%d streams are left of %d owners", h.total, len(h.streams))
	}
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub
		s := open(t, &h, "ann")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Next(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
