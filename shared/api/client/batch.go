package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"easel/shared/api"
	"easel/shared/job"
)

// BatchSettings are what is told of a batch when it is made.
type BatchSettings struct {
	Name       string            `json:"name,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	MaxCostUSD json.Number       `json:"max_cost_usd,omitempty"` // an exact decimal such as 12.50; empty: no bound
	Open       bool              `json:"open,omitempty"`         // jobs are appended later: without any it must be true
}

// CreateBatch makes an empty batch. The same settings under one key make one batch; an empty key means a fresh one, so
// that even a repeated attempt of this call makes one. Keys of batches that were deleted are those of [Client.Submit].
func (c *Client) CreateBatch(ctx context.Context, s BatchSettings, key string) (api.Batch, error) {
	header := http.Header{"Idempotency-Key": {cmp.Or(key, uuid.NewString())}}
	return ask[api.Batch](ctx, c, call{method: http.MethodPost, path: "/batches", header: header, body: s, repeat: true})
}

// Append is what is added to a batch.
type Append struct {
	Rows    []api.JobRequest  // 1..2,500, and at most [api.MaxBody] in JSON
	Lines   []json.RawMessage // rows that are JSON already, behind the others
	Changed string            // of a row whose custom_id stands for another request: refuse, keep or add; empty: refuse
	Retry   []string          // jobs that are there in one of these states begin again: failed, canceled
	DryRun  bool              // record nothing: the answer has an ID, if the batch is there, and Order
}

// AppendJobs adds jobs to a batch, all of them or none; the answer's Order tells what has become of them. It leaves the
// batch open. Rows that all have a custom_id may be sent again without adding anything; others need a key. More rows
// than a request may hold are a [*api.Problem] of status 413, unsent.
func (c *Client) AppendJobs(ctx context.Context, id string, a Append, key string) (api.Batch, error) {
	lines, err := ndjson(a)
	if err != nil {
		return api.Batch{}, err
	}
	params := filled(map[string]string{"changed": a.Changed, "retry": strings.Join(a.Retry, ",")})
	header := http.Header{}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	k := call{
		method: http.MethodPost, path: batchPath(id) + "/jobs", query: params, header: header, data: lines, kind: "application/x-ndjson",
		repeat: key != "" || distinct(a) && len(a.Retry) == 0 || a.DryRun, // a retry that is sent twice may pay twice
	}
	if !a.DryRun {
		return ask[api.Batch](ctx, c, k)
	}
	params.Set("dry_run", "true")
	p, err := ask[api.Plan](ctx, c, k)
	return api.Batch{ID: p.BatchID, Order: &p}, err
}

// distinct reports whether every row is known to say by itself which job it is.
func distinct(a Append) bool {
	return len(a.Lines) == 0 && !slices.ContainsFunc(a.Rows, func(r api.JobRequest) bool { return r.CustomID == "" })
}

// ndjson writes a row a line, and stops where the server would.
func ndjson(a Append) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	all := len(a.Rows) + len(a.Lines)
	for n, r := range a.Rows {
		if err := e.Encode(r); err != nil {
			return nil, fmt.Errorf("write row %d: %w", n+1, err)
		}
		if b.Len() > api.MaxBody {
			return nil, tooLarge(n+1, all)
		}
	}
	for n, line := range a.Lines {
		b.Write(line)
		if b.WriteByte('\n'); b.Len() > api.MaxBody {
			return nil, tooLarge(len(a.Rows)+n+1, all)
		}
	}
	return b.Bytes(), nil
}

func tooLarge(row, of int) error {
	return api.NewProblem(http.StatusRequestEntityTooLarge, api.CodeTooLarge,
		fmt.Sprintf("Row %d of %d brings the request over %d bytes (4 MiB), the most that a server reads. Send fewer rows at a time.", row, of, api.MaxBody))
}

// Batch returns a batch with the counts of its jobs; with wait as soon as it has ended or that time is over.
func (c *Client) Batch(ctx context.Context, id string, wait time.Duration) (api.Batch, error) {
	return ask[api.Batch](ctx, c, call{method: http.MethodGet, path: batchPath(id), query: waiting(wait), repeat: true, wait: wait})
}

// BatchListQuery selects batches for [Client.Batches]. The zero value means one's own, twenty at a time.
type BatchListQuery struct {
	Limit  int    // 1..100; 0: the server's default
	Cursor string // NextCursor of the page before
	Owner  string // whose batches, for operators alone; empty: the caller's own
}

// Batches returns a page of batches, newest first.
func (c *Client) Batches(ctx context.Context, q BatchListQuery) (api.BatchList, error) {
	params := pageOf(q.Limit, map[string]string{"owner": q.Owner, "cursor": q.Cursor})
	return ask[api.BatchList](ctx, c, call{method: http.MethodGet, path: "/batches", query: params, repeat: true})
}

// SealBatch says that nothing more is appended, so that the batch can be completed. Sealing it again changes nothing.
func (c *Client) SealBatch(ctx context.Context, id string) (api.Batch, error) {
	return ask[api.Batch](ctx, c, call{method: http.MethodPost, path: batchPath(id) + "/seal", repeat: true})
}

// CancelBatch ends what waits. Calls that run go on, and their pictures are kept.
func (c *Client) CancelBatch(ctx context.Context, id string) (api.Batch, error) {
	return ask[api.Batch](ctx, c, call{method: http.MethodPost, path: batchPath(id) + "/cancel", repeat: true})
}

// RetryBatch begins jobs again that are in one of the states, failed where none is given, and of those that failed
// the ones with one of the codes, if any is given. The answer's Retried tells how many, and HasMore whether another call
// finds more. Where the connection breaks it is not repeated: jobs might have failed again meanwhile, and each round costs.
func (c *Client) RetryBatch(ctx context.Context, id string, states, codes []string) (api.Batch, error) {
	chosen := struct {
		Codes    []string `json:"codes,omitempty"`
		Statuses []string `json:"statuses,omitempty"`
	}{codes, states}
	return ask[api.Batch](ctx, c, call{method: http.MethodPost, path: batchPath(id) + "/retry", body: chosen})
}

// DeleteBatch has a batch that has ended removed with all its jobs and pictures, which takes a while. Its key stays
// used for 90 days.
func (c *Client) DeleteBatch(ctx context.Context, id string) (api.Batch, error) {
	b := api.Batch{ID: id, Object: "batch", Status: string(job.BatchDeleting)} // if it is gone by the second attempt
	err := c.do(ctx, call{method: http.MethodDelete, path: batchPath(id), out: &b, repeat: true})
	return b, err
}

func batchPath(id string) string { return "/batches/" + url.PathEscape(id) }
