package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"easel/shared/api"
	"easel/shared/backoff"
	"easel/shared/job"
)

const (
	attempts    = 4                      // of one call, at most
	firstPause  = 200 * time.Millisecond // before the second attempt, doubled each time
	patience    = 30 * time.Second       // the longest Retry-After that a call waits out by itself
	answerTime  = time.Minute            // of one attempt, beside the time that it asked the server to wait
	answerBytes = 16 << 20               // of an answer: a full page is 2 MB of prompts
)

// call is one request and where its answer goes.
type call struct {
	method, path string
	query        url.Values
	header       http.Header
	body         any    // to be written as JSON
	data         []byte // or the body as it is
	kind         string // of data
	out          any
	repeat       bool // whether it may be sent again although the first attempt may have worked
	wait         time.Duration
}

// ask makes a call and returns what its answer holds.
func ask[T any](ctx context.Context, c *Client, k call) (answer T, err error) {
	k.out = &answer
	err = c.do(ctx, k)
	return answer, err
}

// do makes a call, again where that is safe and may help.
func (c *Client) do(ctx context.Context, k call) error {
	body := k.data
	if k.body != nil {
		var err error
		if body, err = json.Marshal(k.body); err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
	}
	return persist(ctx, k.repeat, func(n int) error {
		err := c.attempt(ctx, k, body)
		if n > 1 && k.method == http.MethodDelete && errors.Is(err, job.ErrNotFound) && !gatewaySays(err) {
			return nil // an earlier attempt did it, and its answer was lost
		}
		return err
	})
}

// persist makes attempts, counted from 1, until one succeeds or another would be unsafe or in vain.
func persist(ctx context.Context, repeat bool, attempt func(n int) error) error {
	for n := 1; ; n++ {
		err := attempt(n)
		d, retry := again(err, repeat, n)
		if !retry {
			return err
		}
		if over := backoff.Sleep(ctx, d); over != nil {
			return errors.Join(over, err)
		}
	}
}

// again says whether another attempt may help, and after how long. A server that answers 429 or 503 has
// done nothing, and neither has a gateway that answers 429. A broken connection, or a 5xx of a gateway,
// leaves it open whether the server has acted.
func again(err error, repeat bool, n int) (time.Duration, bool) {
	if err == nil || n >= attempts {
		return 0, false
	}
	d := firstPause << (n - 1)
	d += rand.N(d)
	var p *api.Problem
	if !errors.As(err, &p) {
		return d, repeat && errors.Is(err, ErrUnreachable) && !Unsent(err)
	}
	switch unsure := gatewaySays(p); p.Status {
	case http.StatusTooManyRequests:
		return max(d, p.RetryAfter), p.RetryAfter <= patience
	case http.StatusServiceUnavailable:
		return max(d, p.RetryAfter), p.RetryAfter <= patience && (repeat || !unsure)
	case http.StatusInternalServerError:
		return d, repeat && unsure
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return d, repeat
	}
	return 0, false
}

// Unsent reports whether the connection was never made, so that the server cannot have heard anything. Where no server listens
// that does not change within a second, and a person waits for the answer.
func Unsent(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}

func (c *Client) attempt(ctx context.Context, k call, body []byte) error {
	limited, cancel := context.WithTimeout(ctx, answerTime+k.wait)
	defer cancel()
	request, err := c.request(limited, k, body)
	if err != nil {
		return err
	}
	response, err := unredirected(c.HTTP).Do(request)
	if err != nil {
		return unreachable(ctx, c.base.Host, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerBytes+1))
	switch {
	case err != nil:
		return unreachable(ctx, c.base.Host, err)
	case len(answer) > answerBytes:
		return fmt.Errorf("the answer to %s %s has more than %d bytes: ask for less at a time", k.method, k.path, answerBytes)
	case response.StatusCode >= http.StatusMultipleChoices:
		return readProblem(response, answer)
	case k.out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, k.out); err != nil {
		return fmt.Errorf("the answer to %s %s is not what Easel sends; is %s an Easel server? %w", k.method, k.path, c.base.Host, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, k call, body []byte) (*http.Request, error) {
	address := c.base.String() + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, k.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	maps.Copy(request.Header, k.header)
	if k.body != nil {
		request.Header.Set("Content-Type", "application/json")
	} else if k.kind != "" {
		request.Header.Set("Content-Type", k.kind)
	}
	request.Header.Set("User-Agent", agent())
	return request, c.Sign(request, body)
}

// Sign gives a request to the server its credential: that of Authorize, or else the key.
func (c *Client) Sign(r *http.Request, body []byte) error {
	if c.Authorize != nil {
		return c.Authorize(r, body)
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	return nil
}

// unredirected returns a client that follows no redirect, whatever the one that was given does: no route of Easel
// that is called here has one, and a credential must not travel on. Go strips a key off a request that goes to
// another host, but not a session token of AWS.
func unredirected(given *http.Client) *http.Client {
	plain := http.Client{}
	if given != nil {
		plain = *given
	}
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &plain
}

// agent names the version of this build.
func agent() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return "easel/" + strings.Trim(info.Main.Version, "()")
	}
	return "easel/unknown"
}

// unreachable words a failure without an answer. The address is not repeated from the cause: that of a
// picture holds a signature.
func unreachable(ctx context.Context, host string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	return fmt.Errorf("%w: no answer from %s (%w)", ErrUnreachable, host, err)
}

// readProblem makes a problem of any answer that is no success, also of those that a proxy wrote.
func readProblem(response *http.Response, body []byte) *api.Problem {
	p := &api.Problem{}
	if err := json.Unmarshal(body, p); err != nil || p.Detail == "" {
		if said := readGateway(response, body, time.Now()); said != nil {
			return said
		}
		p = &api.Problem{Detail: fmt.Sprintf("The server answered %s and gave no reason.", response.Status)}
		if response.StatusCode < http.StatusInternalServerError { // of which an Easel server gives the reason itself
			p.Detail += " Is this the address of an Easel server?"
		}
	}
	if p.Status == 0 {
		p.Status = response.StatusCode
	}
	usual := api.NewProblem(p.Status, "", "")
	if p.Title == "" {
		p.Type, p.Title = usual.Type, usual.Title
	}
	p.Code = cmp.Or(p.Code, usual.Code)
	p.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
	return p
}

// retryAfter reads both forms of the header: seconds and a date.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}
