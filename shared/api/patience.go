package api

import (
	"net/http"
	"strings"
	"time"
)

const maxWait = 25 * time.Second // below the 30 s after which gateways give up

// wanted is how long the answer about a job or a batch is held back: the parameter wait, or else the preference.
func (s *Server) wanted(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	d, given, err := asked(r).seconds("wait")
	if err == nil && !given {
		d = s.preferred(w, r)
	}
	return min(d, s.MaxWait), err
}

// preferred reads the header Prefer: wait=N and says in the answer that it is followed. A preference that
// makes no sense is ignored, and so are those that follow the first of a name, as RFC 7240 has it.
func (s *Server) preferred(w http.ResponseWriter, r *http.Request) time.Duration {
	for _, preference := range split(strings.Join(r.Header.Values("Prefer"), ","), ',') {
		preference = split(preference, ';')[0] // what follows are parameters, and wait has none
		name, value, _ := strings.Cut(preference, "=")
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
