package api

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"easel/shared/job"
)

// Bounds of sessions.
const (
	sessionIdle = 12 * time.Hour  // after which one that is not used ends
	maxSessions = 1000            // of which the one that was not used for longest makes room
	loginEvery  = 3 * time.Second // between logins, of all callers together
	loginBurst  = 10              // that may come at once
)

// Sessions changes the keys of people with browsers for random tokens, so that no key lies in a browser: a cookie goes to
// every server of a host, whatever its port. It keeps hashes of the tokens alone, in memory, so that a restart ends all
// sessions. A session also ends when its key does.
type Sessions struct {
	keys func() *Keys // that hold at present; nil: the server asks for no key

	mu     sync.Mutex
	open   map[[sha256.Size]byte]*session // by the hash of the token
	logins *rate.Limiter
}

type session struct {
	key  ownedKey
	used time.Time
}

// NewSessions returns sessions for the keys that hold whenever keys is called; nil is for a server that asks for none.
func NewSessions(keys func() *Keys) *Sessions {
	return &Sessions{keys: keys, open: map[[sha256.Size]byte]*session{}, logins: rate.NewLimiter(rate.Every(loginEvery), loginBurst)}
}

// Identify is who a request belongs to: by its key or, where it has none, by the cookie of a session. Errors are those of
// [Keys.Identify]; one of status 403 refuses a cookie that a browser does not send by itself for a page of this server.
func (s *Sessions) Identify(r *http.Request) (job.Caller, error) {
	if s.keys == nil {
		return Local(r)
	}
	cookie, err := r.Cookie(cookieName(r))
	if err != nil || r.Header.Get("Authorization") != "" {
		return s.keys().Identify(r)
	}
	if !ownPage(r) {
		return job.Caller{}, notOwnPage()
	}
	owner, ok := s.find(cookie.Value, time.Now(), r.URL.Path != "/events")
	if !ok {
		return job.Caller{}, NewProblem(http.StatusUnauthorized, "session_ended", "This session has ended: it was not used for 12 hours, somebody logged out, its key holds no more, or the server was restarted. Log in again.")
	}
	return job.Caller{Owner: owner}, nil
}

// find looks for the session of a token. A look counts as use unless a stream makes it, since a stream may run without a viewer.
func (s *Sessions) find(token string, now time.Time, use bool) (owner string, ok bool) {
	sum := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.open[sum]
	switch {
	case found == nil:
		return "", false
	case now.Sub(found.used) >= sessionIdle, !s.keys().holds(found.key):
		delete(s.open, sum)
		return "", false
	case use:
		found.used = now
	}
	return found.key.owner, true
}

// begin opens a session and returns its token.
func (s *Sessions) begin(key ownedKey, now time.Time) string {
	token := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxSessions {
		delete(s.open, slices.MinFunc(slices.Collect(maps.Keys(s.open)), func(a, b [sha256.Size]byte) int { return s.open[a].used.Compare(s.open[b].used) }))
	}
	s.open[sha256.Sum256([]byte(token))] = &session{key, now}
	return token
}

func (s *Sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(token)))
}

// cookieName holds the port, since servers on other ports of a host share its cookies.
func cookieName(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		return "easel_session_" + port
	}
	return "easel_session"
}

// ownPage reports whether a browser says that a page of this server, or a person by an address, has sent the request.
func ownPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "none"
}

func notOwnPage() *Problem {
	return NewProblem(http.StatusForbidden, "foreign_origin",
		"A session is for the pages of this server alone, and this request does not say that it comes from one (Sec-Fetch-Site). Browsers say so over HTTPS, and to localhost; programs send a key as the header Authorization: Bearer KEY.")
}
