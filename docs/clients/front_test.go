package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"easel/shared/awstest"
	"easel/shared/local"
)

const region = "us-west-2"

// An identity is a caller that the front knows: by a signature, by a bearer key, or by neither.
type identity struct{ key, secret, token, bearer string }

var identities = map[string]identity{
	"user":      {key: "AKIAEXAMPLE", secret: "wJalr/XUtn+FEMI="},
	"role":      {key: "ASIAEXAMPLE", secret: "rXUtn/FEMIwJal+=", token: "IQoJb3JpZ2luX2VjE+/=="},
	"bearer":    {bearer: `a-"key"\of-ann-for-tests`},
	"anonymous": {},
}

// front does as the gateway and the bucket of an Easel on AWS do: it lets through calls with the caller's credential and
// no other, and to pictures only those that bring none. The first part of a path is the stage, one for each caller, and
// ends in the caller's name. The answer to the first order on each stage gets lost behind a gateway's words.
type front struct {
	*httptest.Server
	open, keyed string // addresses of the embedded servers, without keys and with

	mu     sync.Mutex
	stages map[string]*seen
}

// seen is what came on one stage.
type seen struct {
	orders, pictures int
	keys, jobs       map[string]bool
	refused          []string
}

// listen starts two embedded servers with tiny simulated pictures, and the front before them.
func listen(ctx context.Context, folder string) (f *front, stopped func() error, err error) {
	f = &front{stages: map[string]*seen{}}
	keys := filepath.Join(folder, "keys")
	if err = os.WriteFile(keys, []byte("ann "+identities["bearer"].bearer+"\n"), 0o600); err != nil {
		return nil, nil, err
	}
	open, ended, err := embed(ctx, filepath.Join(folder, "open"), "")
	if err != nil {
		return nil, nil, err
	}
	keyed, over, err := embed(ctx, filepath.Join(folder, "keyed"), keys)
	f.open, f.keyed = open, keyed
	f.Server = httptest.NewServer(f)
	return f, func() error { return errors.Join(<-ended, <-over) }, err
}

// embed starts an embedded server and returns its address.
func embed(ctx context.Context, data, keys string) (url string, ended <-chan error, err error) {
	ready, over := make(chan string, 1), make(chan error, 1)
	go func() {
		over <- local.Run(ctx, local.Options{
			Addr: "127.0.0.1:0", Data: data, KeysFile: keys, Log: slog.New(slog.DiscardHandler),
			Ready: func(url string) { ready <- url }, Sim: local.SimOptions{Tiny: true, Latency: -1},
		})
	}()
	select {
	case url = <-ready:
		return url, over, nil
	case err = <-over:
		return "", nil, err
	}
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
	if why := refuse(r, body, caller(stage), isPicture); why != "" {
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

// caller is the identity whose stage it is.
func caller(stage string) identity {
	return identities[stage[strings.LastIndex(stage, "-")+1:]]
}

// refuse says why a request may not pass.
func refuse(r *http.Request, body []byte, who identity, isPicture bool) string {
	if who.secret != "" && !isPicture {
		return unsigned(r, body, who)
	}
	want := ""
	if who.bearer != "" && !isPicture {
		want = "Bearer " + who.bearer
	}
	if got := r.Header.Get("Authorization"); got != want {
		return fmt.Sprintf("Authorization is %q, want %q", got, want)
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") {
			return name + " where no signature is wanted"
		}
	}
	return ""
}

// unsigned says why a request is not signed by its caller.
func unsigned(r *http.Request, body []byte, who identity) string {
	secret := func(key string) string {
		if key == who.key {
			return who.secret
		}
		return ""
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

// forward asks the embedded server that the caller may use, whose pictures are then fetched through the front too.
func (f *front) forward(r *http.Request, path, stage string, body []byte) (int, http.Header, []byte, error) {
	back, names := f.open, []string{"Content-Type", "Idempotency-Key", "Prefer"}
	if caller(stage).bearer != "" {
		back, names = f.keyed, append(names, "Authorization")
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, back+path+"?"+r.URL.RawQuery, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	for _, name := range names {
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
	return response.StatusCode, response.Header, bytes.ReplaceAll(answer, []byte(back+"/files/"), []byte(f.URL+"/"+stage+"/files/")), err
}

// say answers as a gateway does, which speaks no problem+json.
func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // a client that has gone fails by itself
}
