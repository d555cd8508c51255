package disk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"easel/shared/job"
)

// sameFor is how long an address stays the same, so that a page that asks again and again loads a picture once.
const sameFor = 5 * time.Minute

// prefix is where [Store.Handler] expects to be mounted.
const prefix = "/files/"

// The parameters of an address. Every address has each of them once, and no other.
const (
	paramExpires   = "expires"
	paramSignature = "signature"
	paramType      = "type"
)

// links signs and reads addresses.
type links struct {
	Now func() time.Time // the clock that addresses go by

	key  []byte
	base atomic.Value // string
}

// SetBase sets what addresses begin with, such as http://127.0.0.1:8080. Nothing makes paths of them, for a server that
// completes them with the name by which it was called.
func (l *links) SetBase(base string) { l.base.Store(strings.TrimSuffix(base, "/")) }

// URL signs an address that [Store.Handler] serves until it expires: for d or, where that is 0, for 15 minutes, rounded up
// to the next five minutes, or to the next third of a shorter time. The file need not be there. It returns
// [job.ErrInvalid] for a key that cannot be a file name, and an error before [Store.SetBase] was called.
func (l *links) URL(ctx context.Context, key, contentType string, d time.Duration) (string, time.Time, error) {
	if err := ready(ctx, key); err != nil {
		return "", time.Time{}, err
	}
	return l.address(key, contentType, d)
}

// address signs the address of a file.
func (l *links) address(key, contentType string, d time.Duration) (string, time.Time, error) {
	base, ok := l.base.Load().(string)
	if !ok {
		return "", time.Time{}, errors.New("no address can be made before it is known what addresses begin with")
	}
	expires := l.end(d)
	stamp := strconv.FormatInt(expires.Unix(), 10)
	query := url.Values{
		paramExpires:   {stamp},
		paramType:      {contentType},
		paramSignature: {l.sign(key, stamp, contentType)},
	}
	return base + prefix + key + "?" + query.Encode(), expires.UTC(), nil
}

// end is when an address that is signed now expires.
func (l *links) end(d time.Duration) time.Time {
	if d <= 0 {
		d = job.UsualLink
	}
	step := max(min(sameFor, d/3).Truncate(time.Second), time.Second)
	return l.Now().Add(d + step - 1).Truncate(step)
}

// sign puts each part's length before it, so that no two lists of parts read the same.
func (l *links) sign(parts ...string) string {
	mac := hmac.New(sha256.New, l.key)
	for _, part := range parts {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// link is what a genuine address says.
type link struct {
	key         string
	contentType string
	left        time.Duration // until it expires; not positive once it has
}

// verify reads an address and reports whether this store signed it. The signature is compared as text: several
// texts decode to the same bytes, and only one was given out.
func (l *links) verify(u *url.URL) (link, bool) {
	key, ok := strings.CutPrefix(u.Path, prefix)
	query, err := url.ParseQuery(u.RawQuery)
	if !ok || err != nil || len(query) != 3 {
		return link{}, false
	}
	for _, values := range query {
		if len(values) != 1 {
			return link{}, false
		}
	}
	stamp, contentType := query.Get(paramExpires), query.Get(paramType)
	want := l.sign(key, stamp, contentType)
	if !hmac.Equal([]byte(want), []byte(query.Get(paramSignature))) {
		return link{}, false
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	return link{key, contentType, time.Unix(unix, 0).Sub(l.Now())}, err == nil
}
