package api_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/sqlite"
)

// One order over a real connection, in real time: what the tests in virtual time leave out is the network.
func TestOrderOverARealConnection(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := build(t, db, filepath.Join(dir, "images"))
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.handler.ServeHTTP(w, r) }))
	defer served.Close()
	h.store.SetBase(served.URL)
	c, err := client.New(served.URL, annKey)
	if err != nil {
		t.Fatal(err)
	}
	worked := make(chan struct{})
	go func() { defer close(worked); h.work() }()
	j, err := c.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a red fox"}}, "", 20*time.Second)
	if err != nil || j.Status != "succeeded" || j.URLs.Self != served.URL+"/jobs/"+j.ID {
		t.Fatalf("got %+v, %v", j, err)
	}
	<-worked
	var file bytes.Buffer
	if err := c.Download(t.Context(), j, 0, &file); err != nil || int64(file.Len()) != j.Images[0].SizeBytes {
		t.Errorf("got %d bytes, %v", file.Len(), err)
	}
	_, err = c.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox", Model: "sd35"}, Image: make([]byte, 4<<20)}, "", 0)
	var p *api.Problem
	if !errors.As(err, &p) || p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the limit: got %v", err)
	}
	served.Close()
	if _, err := c.Retry(t.Context(), j.ID); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("a server that is gone: got %v", err)
	}
}
