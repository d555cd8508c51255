package api

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"easel/shared/request"
)

// idempotencyKey returns the key of a request and leaves its alphabet to the core. An empty key is a
// mistake of the client's, and taking it for none would make two jobs of one.
func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return "", nil
	}
	key, ok := bare(keys[0])
	said := ""
	switch {
	case len(keys) > 1 || ok && key == "":
		said = fmt.Sprintf("is empty or given more than once. Send it once, with 1 to %d printable ASCII characters, or leave it out.", request.MaxIdempotencyKey)
	case !ok:
		said = `begins with a quote and is no string of a structured header: end it with a quote, and put a backslash before each quote and backslash within, such as "6f1c2a4e". Or send it without quotes.`
	default:
		return key, nil
	}
	return "", NewProblem(http.StatusUnprocessableEntity, "invalid_idempotency_key", "Idempotency-Key "+said)
}

// quotedString is a string of a structured header, and unescape takes the backslashes out of one.
var (
	quotedString = regexp.MustCompile(`^"((?:[^"\\]|\\["\\])*)"$`)
	unescape     = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
)

// bare takes the quotes off a key. Its draft standard makes it a string of a structured header (RFC 9651), which is
// quoted and has backslashes before quotes and backslashes; most clients send it without. Both are the same key.
func bare(value string) (key string, ok bool) {
	if !strings.HasPrefix(value, `"`) {
		return value, true
	}
	m := quotedString.FindStringSubmatch(value)
	if m == nil {
		return "", false
	}
	return unescape.Replace(m[1]), true
}

// checkCoding refuses a body in an encoding such as gzip, which would be read as it is. The header tells which are taken, as
// RFC 9110 asks for.
func checkCoding(w http.ResponseWriter, r *http.Request) error {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Content-Encoding"), ","), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			w.Header().Set("Accept-Encoding", "identity")
			return NewProblem(http.StatusUnsupportedMediaType, "unsupported_content_encoding",
				"Content-Encoding "+quote(coding)+" is not accepted: send the body as it is, without the header.")
		}
	}
	return nil
}

// seconds rounds up, so that half a second does not mean at once.
func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

const maxWait = 25 * time.Second // below the 30 s after which gateways give up

// wanted is how long the answer about a job or a batch is held back: the parameter wait, or else the preference.
func (s *Server) wanted(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	d, given, err := asked(r).seconds("wait")
	if err == nil && !given {
		d = s.preferred(w, r)
	}
	return min(d, s.MaxWait), err
}

// preferences are parted by commas outside of quotes.
var preferences = regexp.MustCompile(`(?:[^,"]|"(?:[^"\\]|\\.)*"?)+`)

// preferred reads the header Prefer: wait=N and says in the answer that it is followed. A preference that
// makes no sense is ignored, and so are those that follow the first of a name, as RFC 7240 has it.
func (s *Server) preferred(w http.ResponseWriter, r *http.Request) time.Duration {
	for _, preference := range preferences.FindAllString(strings.Join(r.Header.Values("Prefer"), ","), -1) {
		name, value, _ := strings.Cut(preference, "=")
		value, _, _ = strings.Cut(value, ";") // what follows are parameters, and wait has none
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		value, _ = bare(strings.TrimSpace(value))
		d, ok := deltaSeconds(value)
		if !ok {
			return 0
		}
		d = min(d, s.MaxWait)
		w.Header().Set("Preference-Applied", "wait="+seconds(d))
		return d
	}
	return 0
}
