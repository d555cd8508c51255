package read

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"easel/shared/job"
)

// cursorSum is the length of a cursor's signature in bytes: enough, since a cursor opens nothing that
// its owner may not see.
const cursorSum = 16

// cursor is the place behind which the next page begins, signed together with the filter: with another
// filter the place would mean nothing.
func (r *Reader) cursor(f Filter, more job.Mark) string {
	b, _ := json.Marshal(more)
	return base64.RawURLEncoding.EncodeToString(append(r.sum(f, b), b...))
}

func (r *Reader) parse(f Filter) (job.Mark, error) {
	var mark job.Mark
	b, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err != nil || len(b) < cursorSum || !hmac.Equal(b[:cursorSum], r.sum(f, b[cursorSum:])) {
		return mark, errCursor
	}
	return mark, json.Unmarshal(b[cursorSum:], &mark)
}

func (r *Reader) sum(f Filter, mark []byte) []byte {
	h := hmac.New(sha256.New, r.Secret)
	fmt.Fprintf(h, "%q %q %q ", f.Statuses, f.BatchID, f.Model)
	if f.Owner != "" { // a mark begins with a brace, so this runs into none
		fmt.Fprintf(h, "%q ", f.Owner)
	}
	if f.Starred || f.Words != "" {
		fmt.Fprintf(h, "%v %q ", f.Starred, f.Words)
	}
	h.Write(mark)
	return h.Sum(nil)[:cursorSum]
}
