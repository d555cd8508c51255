// Package client speaks to an Easel server over HTTP: it orders pictures, waits for them and fetches them. It says again
// what may be said twice, holds a picture against its hash, and words the answers of gateways and stores like those of a
// server. It keeps nothing and decides nothing: which rows to order, and what an order may cost, is for its caller to say.
// The wire types are those of package api, which the server reads and writes.
package client

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"easel/shared/api"
)

// ErrUnreachable says that no answer came, so the client cannot tell whether the request arrived.
var ErrUnreachable = errors.New("the server cannot be reached")

// Client speaks to one Easel server. It is safe for concurrent use. Its methods return a [*api.Problem] for
// every answer that is none of success, an error that wraps [ErrUnreachable] where no answer came, and
// the context's error where that ended first. Calls that can be repeated without doing anything twice
// are, up to four times in all.
type Client struct {
	// HTTP makes the requests; nil means a client of its own with sensible limits.
	HTTP *http.Client
	// Authorize gives each attempt of a call its credential, in place of the key: a signature over the
	// request and its body, for example (shared/sign). An error of its own ends the call. Pictures are fetched
	// without one: their addresses are signed already.
	Authorize func(r *http.Request, body []byte) error

	base *url.URL
	key  string
}

// New returns a client of the server at base, such as http://127.0.0.1:8080; a path in it comes
// before every route. The key is sent as a bearer token; empty means none.
func New(base, key string) (*Client, error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := api.ParseURL(strings.TrimRight(base, "/"))
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("the key (EASEL_KEY of the command line) cannot be sent: it holds a line end, a control character or a letter beyond ASCII. Copy it again, as one line")
	}
	return &Client{base: u, key: key}, nil
}

// Submit orders a picture. A request that is sent twice under one key makes one job; an empty key means
// a fresh one, so that even a repeated attempt of this call orders one picture. The key of a job that was deleted stays
// used for 90 days: it brings a [*api.Problem] with code deleted, which is a job.ErrState. With wait the answer is held back up to that
// long, whole seconds, until the job has ended.
func (c *Client) Submit(ctx context.Context, r api.JobRequest, idempotencyKey string, wait time.Duration) (api.Job, error) {
	header := http.Header{"Idempotency-Key": {cmp.Or(idempotencyKey, uuid.NewString())}}
	if wait > 0 {
		header.Set("Prefer", "wait="+seconds(wait))
	}
	return ask[api.Job](ctx, c, call{method: http.MethodPost, path: "/jobs", header: header, body: r, repeat: true, wait: wait})
}

// Get returns a job; with wait as soon as it has ended or that time is over.
func (c *Client) Get(ctx context.Context, id string, wait time.Duration) (api.Job, error) {
	return ask[api.Job](ctx, c, call{method: http.MethodGet, path: jobPath(id), query: waiting(wait), repeat: true, wait: wait})
}

// ListQuery selects jobs for [Client.List]. The zero value means all, twenty at a time.
type ListQuery struct {
	Status  []string // any of these; empty: all
	BatchID string
	Model   string // ID or alias
	Starred bool   // those with a star alone
	Words   string // those whose prompt has all of these words; empty: any. Embedded servers alone search
	Owner   string // whose jobs, for operators alone; empty: the caller's own
	Limit   int    // 1..100; 0: the server's default
	Cursor  string // NextCursor of the page before
}

// List returns a page of jobs, newest first; those of a batch in file order.
func (c *Client) List(ctx context.Context, q ListQuery) (api.JobList, error) {
	query := pageOf(q.Limit, map[string]string{
		"batch_id": q.BatchID, "model": q.Model, "q": q.Words, "owner": q.Owner, "cursor": q.Cursor, "status": strings.Join(q.Status, ","),
	})
	if q.Starred {
		query.Set("starred", "true")
	}
	return ask[api.JobList](ctx, c, call{method: http.MethodGet, path: "/jobs", query: query, repeat: true})
}

// pageOf is the query for a page of a list.
func pageOf(limit int, members map[string]string) url.Values {
	query := filled(members)
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	return query
}

// filled is a query of what is not empty.
func filled(members map[string]string) url.Values {
	query := url.Values{}
	for name, value := range members {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// Cancel ends a job that has not ended. Canceling it again changes nothing.
func (c *Client) Cancel(ctx context.Context, id string) (api.Job, error) {
	return ask[api.Job](ctx, c, call{method: http.MethodPost, path: jobPath(id) + "/cancel", repeat: true})
}

// Retry starts a failed or canceled job again. Where the connection breaks it is not repeated: the job
// might have run and failed meanwhile, and each round costs.
func (c *Client) Retry(ctx context.Context, id string) (api.Job, error) {
	return ask[api.Job](ctx, c, call{method: http.MethodPost, path: jobPath(id) + "/retry"})
}

// Star sets or takes off the star of a job. A starred job does not expire. Doing it again changes nothing.
func (c *Client) Star(ctx context.Context, id string, starred bool) (api.Job, error) {
	body := map[string]bool{"starred": starred}
	return ask[api.Job](ctx, c, call{method: http.MethodPatch, path: jobPath(id), body: body, repeat: true})
}

// Delete removes a job with its pictures.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: jobPath(id), repeat: true})
}

// Models returns the catalogue, on request with the models that answer no more.
func (c *Client) Models(ctx context.Context, all bool) (api.ModelList, error) {
	query := url.Values{}
	if all {
		query.Set("all", "1")
	}
	return ask[api.ModelList](ctx, c, call{method: http.MethodGet, path: "/models", query: query, repeat: true})
}

// Health returns nil if the server can do its work.
func (c *Client) Health(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodGet, path: "/healthz"})
}

func jobPath(id string) string { return "/jobs/" + url.PathEscape(id) }

// waiting is the query for an answer that may be held back.
func waiting(d time.Duration) url.Values {
	if d <= 0 {
		return nil
	}
	return url.Values{"wait": {seconds(d)}}
}

// seconds rounds up, so that asking for half a second does not mean not to wait.
func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
