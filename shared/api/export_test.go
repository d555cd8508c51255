package api

import (
	"net/http"
	"net/http/httptest"

	"easel/shared/job"
)

// Parse is what turns a body into a request, for the fuzzer.
var Parse = parse

// Slug makes a name of words.
var Slug = slug

// Failures are the codes by which failed jobs may be chosen, Orderable the parameters of an order.
var Failures, Orderable = failures, orderable

// Routes lists what the handler answers, as "METHOD /path".
func Routes(s Server) (list []string) {
	for _, r := range s.served() {
		list = append(list, r.method+" "+r.path)
	}
	return list
}

// Takes are the parameters that each route has, and whether it takes a body.
func Takes(s Server) (params map[string][]string, body map[string]bool) {
	params, body = map[string][]string{}, map[string]bool{}
	for _, r := range s.served() {
		params[r.method+" "+r.path], body[r.method+" "+r.path] = r.takes, r.body
	}
	return params, body
}

// ReadOrder is what was understood of an order for many jobs.
type ReadOrder struct {
	Order job.BatchRequest
	Dry   bool
}

// Order is what turns a request into an order of the core, for a new batch or the one of an ID.
func Order(s Server, r *http.Request, id string) (ReadOrder, error) {
	s.complete()
	if err := checkQuery(r, orderable); err != nil {
		return ReadOrder{}, err
	}
	r.SetPathValue("id", id)
	d, err := batchRoutes{&s}.draft(httptest.NewRecorder(), r)
	if err != nil {
		return ReadOrder{}, err
	}
	return ReadOrder{d.batch, d.dry}, nil
}
