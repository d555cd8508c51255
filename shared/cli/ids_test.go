package cli

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/local"
)

func TestABeginningStandsForAnID(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, over := make(chan string, 1), make(chan error, 1)
	o := local.Options{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Sim: local.SimOptions{Latency: -1, Tiny: true}, Log: slog.New(slog.DiscardHandler),
		Ready: func(url string) { ready <- url },
	}
	go func() { over <- local.Run(ctx, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	url := <-ready
	c, err := client.New(url, "")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, prompt := range []string{"a fox", "a hare", "an owl"} {
		ids = append(ids, orderWithoutKey(t, url, prompt))
	}
	b, err := c.CreateBatch(t.Context(), client.BatchSettings{Name: "n", Open: true}, "k")
	if err != nil {
		t.Fatal(err)
	}
	find := func(typed string) string {
		id, err := whole(t.Context(), c, typed)
		if err != nil {
			return err.Error()
		}
		return id
	}
	ids = append(ids, b.ID)
	for _, id := range ids {
		begins := id[:30]
		if got := find(strings.ToUpper(begins)); got != id {
			t.Errorf("%s stands for %s, want %s", begins, got, id)
		}
	}
	if got := find(ids[0][:4]); !strings.Contains(got, "begins 3 IDs") { // they begin with the time
		t.Errorf("of several %s was taken", got)
	}
	for _, typed := range []string{ids[0], "ffff", "abc", "not-an-id", ""} {
		if got := find(typed); got != typed {
			t.Errorf("%q stands for %s", typed, got)
		}
	}
}

// orderWithoutKey sends a prompt without an Idempotency-Key, so that the ID begins with the time.
func orderWithoutKey(t *testing.T, url, prompt string) string {
	t.Helper()
	answer, err := http.Post(url+"/jobs", "application/json", strings.NewReader(`{"prompt":"`+prompt+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var j api.Job
	if err := json.NewDecoder(answer.Body).Decode(&j); err != nil {
		t.Fatal(err)
	}
	return j.ID
}
