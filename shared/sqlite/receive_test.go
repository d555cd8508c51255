package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
)

// TestNextAcknowledgesAndReceives acknowledges the last message too, although it finds no other.
func TestNextAcknowledgesAndReceives(t *testing.T) {
	bubble(t, QueueOptions{}, func(t *testing.T, q *Queue) {
		send(t, q, message("a", 1, 0), message("b", 1, 0))
		first := receive(t, q, "a")
		second, err := q.Next(t.Context(), first.Receipt)
		if err != nil || !strings.Contains(second.Body, `"b"`) {
			t.Fatalf("got %+v, %v; want b", second, err)
		}
		if s, err := q.Stats(t.Context()); err != nil || s != (Stats{InFlight: 1}) {
			t.Errorf("after the first: %+v, %v", s, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := q.Next(ctx, second.Receipt); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
		if s, err := q.Stats(t.Context()); err != nil || s != (Stats{}) {
			t.Errorf("after the last: %+v, %v", s, err)
		}
		if _, err := q.Next(t.Context(), "no receipt"); !errors.Is(err, job.ErrInvalid) {
			t.Errorf("got %v, want ErrInvalid", err)
		}
	})
}

// TestReceiversThatWaitForTheWriterShareALook keeps the writer busy until all of them have come.
func TestReceiversThatWaitForTheWriterShareALook(t *testing.T) {
	bubble(t, QueueOptions{MaxReceives: 1}, func(t *testing.T, q *Queue) {
		const receivers = 5
		send(t, q, message("worn", 1, 0))
		worn := receive(t, q, "worn")
		if err := q.Hide(t.Context(), worn.Receipt, 0); err != nil { // it is received too often
			t.Fatal(err)
		}
		for n := range receivers {
			send(t, q, message(fmt.Sprint("job", n), 1, 0))
		}
		free := make(chan struct{})
		go func() {
			_, _ = write(t.Context(), q.db.writer, func(*tx) (int, error) { <-free; return 0, nil })
		}()
		synctest.Wait()
		got := make(chan Delivery, receivers)
		for range receivers {
			go func() {
				d, err := q.Receive(t.Context())
				if err != nil {
					t.Error(err)
				}
				got <- d
			}()
		}
		synctest.Wait()
		if q.next == nil || len(q.next.done) != receivers {
			t.Errorf("the next look is %+v, want %d receivers", q.next, receivers)
		}
		close(free)
		bodies := map[string]bool{}
		for range receivers {
			bodies[(<-got).Body] = true
		}
		if s, err := q.Stats(t.Context()); len(bodies) != receivers || err != nil || s != (Stats{InFlight: receivers, Dead: 1}) {
			t.Errorf("%d different messages, %+v, %v; want %d and a dead letter", len(bodies), s, err, receivers)
		}
	})
}
