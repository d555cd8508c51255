package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func message(id string, sends int, delay time.Duration) job.Outgoing {
	return job.Outgoing{Message: job.Message{V: job.RecordVersion, ID: id, MessageNo: sends}, Delay: delay}
}

func send(t *testing.T, q *Queue, out ...job.Outgoing) {
	t.Helper()
	if unsent, err := q.Send(t.Context(), out); err != nil || len(unsent) > 0 {
		t.Fatalf("send: %d unsent: %v", len(unsent), err)
	}
}

func receive(t *testing.T, q *Queue, want string) Delivery {
	t.Helper()
	d, err := q.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := job.ParseMessage(d.Body); err != nil || m.ID != want {
		t.Errorf("received %s, want job %s: %v", d.Body, want, err)
	}
	return d
}

func stats(t *testing.T, q *Queue, want Stats) {
	t.Helper()
	got, err := q.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// bubble runs a test in which time passes when all goroutines wait.
func bubble(t *testing.T, opts QueueOptions, test func(t *testing.T, q *Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, reopen(t, filepath.Join(t.TempDir(), "easel.db"), Options{Unsafe: true}).Queue(opts))
	})
}

func TestASentMessageWakesAReceiver(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		begin := time.Now()
		got := make(chan Delivery)
		go func() { got <- receive(t, q, "a") }()
		synctest.Wait()
		send(t, q, message("a", 1, 0))
		<-got
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("the receiver slept for %v with a message before it", waited)
		}
	})
}

func TestASentBatchWakesEveryReceiver(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		const receivers = 10
		begin := time.Now()
		got := make(chan error)
		for range receivers {
			go func() {
				_, err := q.Receive(t.Context())
				got <- err
			}()
		}
		synctest.Wait()
		var out []job.Outgoing
		for n := range receivers {
			out = append(out, message(fmt.Sprint("job", n), 1, 0))
		}
		send(t, q, out...)
		for range receivers {
			if err := <-got; err != nil {
				t.Error(err)
			}
		}
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("a receiver slept for %v with a message before it", waited)
		}
	})
}

func TestAReceiverWakesWhenItIsTime(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		begin := time.Now()
		send(t, q, message("later", 1, 10*time.Minute+7*time.Millisecond), message("soon", 1, 1500*time.Millisecond))
		receive(t, q, "soon")
		if waited := time.Since(begin); waited != 1500*time.Millisecond {
			t.Errorf("the first message came after %v", waited)
		}
		receive(t, q, "later")
		if waited := time.Since(begin); waited != 10*time.Minute+7*time.Millisecond {
			t.Errorf("the second message came after %v", waited)
		}
	})
}

func TestAMessageComesBackAfterTheDefaultVisibility(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		send(t, q, message("a", 1, 0))
		begin := time.Now()
		receive(t, q, "a")
		if d := receive(t, q, "a"); d.Receives != 2 || time.Since(begin) != DefaultVisibility {
			t.Errorf("receive %d after %v, want 2 after %v", d.Receives, time.Since(begin), DefaultVisibility)
		}
	})
}

func TestHidingForNoTimeWakesAReceiver(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		send(t, q, message("a", 1, 0))
		d, begin := receive(t, q, "a"), time.Now()
		got := make(chan Delivery)
		go func() { got <- receive(t, q, "a") }()
		synctest.Wait()
		if err := q.Hide(t.Context(), d.Receipt, 0); err != nil {
			t.Fatal(err)
		}
		<-got
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("the receiver slept for %v with a message before it", waited)
		}
	})
}

func TestAReceiverThatLeavesTakesNoMessage(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := q.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("receive: %v, want context.DeadlineExceeded", err)
		}
		send(t, q, message("a", 1, 0))
		if _, err := q.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("receive after the end: %v, want context.DeadlineExceeded", err)
		}
		stats(t, q, Stats{Visible: 1})
	})
}

// TestAClaimIsHeardToTheEnd ends the context when the message has been claimed and the claim is not yet committed.
func TestAClaimIsHeardToTheEnd(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		send(t, q, message("a", 1, 0))
		ctx, cancel := context.WithCancel(t.Context())
		release := held(t, q.db)
		got := make(chan error, 1)
		go func() {
			_, err := q.Receive(ctx)
			got <- err
		}()
		synctest.Wait()
		commit := make(chan struct{})
		pile(q.db, t.Context(), func(*tx) error { <-commit; return nil })
		release()
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(commit)
		if err := <-got; err != nil {
			t.Errorf("receive: %v, and the message is hidden for %v", err, DefaultVisibility)
		}
	})
}

// TestALeavingReceiverPassesTheTokenOn sends while two wait, and lets one of them leave at the same moment.
func TestALeavingReceiverPassesTheTokenOn(t *testing.T) {
	for range 50 {
		bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
			begin := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			left, stayed := make(chan error), make(chan error)
			wait := func(ctx context.Context, end chan error) {
				_, err := q.Receive(ctx)
				end <- err
			}
			go wait(ctx, left)
			go wait(t.Context(), stayed)
			synctest.Wait()
			go cancel()
			send(t, q, message("a", 1, 0), message("b", 1, 0))
			if err := <-left; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("the one that left: %v", err)
			}
			if err := <-stayed; err != nil || time.Since(begin) != 0 {
				t.Errorf("the one that stayed slept for %v with a message before it: %v", time.Since(begin), err)
			}
		})
	}
}

func TestTheOldestVisibleComesFirst(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		send(t, q, message("third", 1, 2*time.Second), message("second", 1, time.Second))
		send(t, q, message("first", 1, 0))
		send(t, q, message("fourth", 1, 2*time.Second))
		time.Sleep(3 * time.Second)
		for _, id := range []string{"first", "second", "third", "fourth"} {
			receive(t, q, id)
		}
	})
}

func TestAStaleReceiptDoesNothing(t *testing.T) {
	bubble(t, QueueOptions{Visibility: time.Minute}, func(t *testing.T, q *Queue) {
		send(t, q, message("a", 1, 0))
		stale := receive(t, q, "a")
		fresh := receive(t, q, "a")
		if err := q.Ack(t.Context(), stale.Receipt); err != nil {
			t.Errorf("ack: %v", err)
		}
		if err := q.Hide(t.Context(), stale.Receipt, 0); err != nil {
			t.Errorf("hide: %v", err)
		}
		stats(t, q, Stats{InFlight: 1})
		if err := q.Ack(t.Context(), fresh.Receipt); err != nil {
			t.Errorf("ack: %v", err)
		}
		stats(t, q, Stats{})
		send(t, q, message("b", 1, 0))
		if next := receive(t, q, "b"); next.Receipt == stale.Receipt {
			t.Error("a receipt was given twice")
		}
	})
}

func TestAReceiptMustBeOne(t *testing.T) {
	q := scratch(t).Queue(QueueOptions{})
	for _, receipt := range []string{"", "abc", "12", "1-"} {
		if err := q.Ack(t.Context(), receipt); !errors.Is(err, job.ErrInvalid) {
			t.Errorf("ack %q: %v, want ErrInvalid", receipt, err)
		}
		if err := q.Hide(t.Context(), receipt, 0); !errors.Is(err, job.ErrInvalid) {
			t.Errorf("hide %q: %v, want ErrInvalid", receipt, err)
		}
	}
}

func TestStatsTellMessagesApart(t *testing.T) {
	bubble(t, QueueOptions{MaxReceives: 1}, func(t *testing.T, q *Queue) {
		send(t, q, message("dead", 1, 0))
		if err := q.Hide(t.Context(), receive(t, q, "dead").Receipt, 0); err != nil {
			t.Fatal(err)
		}
		send(t, q, message("in flight", 1, 0), message("hidden", 1, 0), message("delayed", 1, time.Minute))
		receive(t, q, "in flight")
		if err := q.Hide(t.Context(), receive(t, q, "hidden").Receipt, time.Hour); err != nil {
			t.Fatal(err)
		}
		send(t, q, message("visible", 1, 0), message("visible", 2, 0), message("visible", 3, 0))
		stats(t, q, Stats{Visible: 3, InFlight: 2, Delayed: 1, Dead: 1})
	})
}

// TestAClockThatWasSetIsNoticed moves the wall clock while a receiver sleeps.
func TestAClockThatWasSetIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wall := jobtest.NewClock(instant())
		db := reopen(t, filepath.Join(t.TempDir(), "easel.db"), Options{Now: wall.Now, Unsafe: true})
		q, begin := db.Queue(QueueOptions{}), time.Now()
		send(t, q, message("a", 1, 15*time.Minute))
		got := make(chan Delivery)
		go func() { got <- receive(t, q, "a") }()
		synctest.Wait()
		wall.Advance(time.Hour)
		<-got
		if waited := time.Since(begin); waited > idle {
			t.Errorf("the receiver slept for %v, want %v at most", waited, idle)
		}
	})
}

// TestAMessageWithoutASignalIsNoticed commits a message whose sender has gone.
func TestAMessageWithoutASignalIsNoticed(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		begin, got := time.Now(), make(chan Delivery)
		go func() { got <- receive(t, q, "a") }()
		synctest.Wait()
		_, err := write(t.Context(), q.db.writer, func(x *tx) (int64, error) {
			return x.exec(insertMessage, "a", 1, message("a", 1, 0).Encode(), 0, 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		<-got
		if waited := time.Since(begin); waited > idle {
			t.Errorf("the receiver slept for %v, want %v at most", waited, idle)
		}
	})
}
