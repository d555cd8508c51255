package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"easel/shared/awstest"
	"easel/shared/local"
)

const region = "us-west-2"

// An identity is somebody whom the front knows.
type identity struct{ key, secret, token string }

var identities = map[string]identity{
	"user": {"AKIAEXAMPLE", "wJalr/XUtn+FEMI=", ""},
	"role": {"ASIAEXAMPLE", "rXUtn/FEMIwJal+=", "IQoJb3JpZ2luX2VjE+/=="},
}

// front does as the gateway and the bucket of an Easel on AWS do: it lets signed calls through, and to pictures only
// those that bring no credential. The first part of a path is the stage, one for each caller. The answer to the first
// order on each stage gets lost behind a gateway's words.
type front struct {
	*httptest.Server
	back string // address of the embedded server

	mu     sync.Mutex
	stages map[string]*seen
}

// seen is what came on one stage.
type seen struct {
	orders, pictures int
	keys, jobs       map[string]bool
	refused          []string
}

// open starts an embedded server with tiny simulated pictures, and the front before it.
func open(ctx context.Context, folder string) (f *front, stopped <-chan error) {
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- local.Run(ctx, local.Options{
			Addr: "127.0.0.1:0", Data: folder, Log: slog.New(slog.DiscardHandler), Ready: func(url string) { ready <- url },
			Sim: local.SimOptions{Tiny: true, Latency: -1},
		})
	}()
	select {
	case url := <-ready:
		f = &front{back: url, stages: map[string]*seen{}}
		f.Server = httptest.NewServer(f)
	case err := <-ended:
		ended <- err
	}
	return f, ended
}

// at is what was seen on a stage so far; f.mu is held.
func (f *front) at(stage string) *seen {
	if f.stages[stage] == nil {
		f.stages[stage] = &seen{keys: map[string]bool{}, jobs: map[string]bool{}}
	}
	return f.stages[stage]
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	stage, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	isPicture := strings.HasPrefix(path, "files/")
	if why := refuse(r, body, isPicture); why != "" {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.at(stage).refused = append(f.at(stage).refused, r.Method+" "+r.URL.Path+": "+why)
		say(w, http.StatusForbidden, "Forbidden")
		return
	}
	status, header, answer, err := f.forward(r, "/"+path, stage, body)
	if err != nil {
		say(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	if isOrder := r.Method == http.MethodPost && path == "jobs"; f.note(stage, r, isOrder, isPicture, answer) {
		say(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(answer) // a client that has gone fails by itself
}

// refuse says why a request may not pass.
func refuse(r *http.Request, body []byte, isPicture bool) string {
	if isPicture {
		for name := range r.Header {
			if name == "Authorization" || strings.HasPrefix(name, "X-Amz-") {
				return name + " beside the address's own signature"
			}
		}
		return ""
	}
	var who identity
	secret := func(key string) string {
		for _, i := range identities {
			if i.key == key {
				who = i
			}
		}
		return who.secret
	}
	if err := awstest.Verify(r, body, "execute-api", region, secret, time.Now()); err != nil {
		return err.Error()
	}
	if r.Header.Get("X-Amz-Security-Token") != who.token {
		return "another session token than that of " + who.key
	}
	return ""
}

// note keeps what came, and reports whether its answer is to get lost.
func (f *front) note(stage string, r *http.Request, isOrder, isPicture bool, answer []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.at(stage)
	if isPicture {
		s.pictures++
	}
	if !isOrder {
		return false
	}
	var j struct{ ID string }
	_ = json.Unmarshal(answer, &j) // without an ID the test counts another job
	s.orders++
	s.keys[r.Header.Get("Idempotency-Key")] = true
	s.jobs[j.ID] = true
	return s.orders == 1
}

// forward asks the embedded server, whose pictures are then fetched through the front too.
func (f *front) forward(r *http.Request, path, stage string, body []byte) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, f.back+path+"?"+r.URL.RawQuery, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	for _, name := range []string{"Content-Type", "Idempotency-Key", "Prefer"} {
		if value := r.Header.Get(name); value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	response.Header.Del("Content-Length")
	return response.StatusCode, response.Header, bytes.ReplaceAll(answer, []byte(f.back+"/files/"), []byte(f.URL+"/"+stage+"/files/")), err
}

// say answers as a gateway does, which speaks no problem+json.
func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // a client that has gone fails by itself
}
