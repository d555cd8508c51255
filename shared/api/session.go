package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"easel/shared/job"
)

// Session says whether a server asks for a key, and whether this request came with what it asks for.
type Session struct {
	Required bool `json:"required"`
	SignedIn bool `json:"signed_in"` // also where nothing is required
}

// logins are the routes of sessions.
type logins struct {
	*Server
	sessions *Sessions
}

func (l logins) show(w http.ResponseWriter, r *http.Request, _ job.Caller) error {
	_, err := l.Identify(r)
	return answer(w, http.StatusOK, Session{Required: l.sessions.keys != nil, SignedIn: err == nil})
}

// begin changes a key for a session.
func (l logins) begin(w http.ResponseWriter, r *http.Request, _ job.Caller) error {
	if err := l.check(r); err != nil {
		return err
	}
	data, leave, err := l.readBody(w, r, "A login holds a key.")
	if err != nil {
		return err
	}
	defer leave()
	text, err := readKey(data)
	if err != nil {
		return err
	}
	key, err := l.sessions.keys().find(text)
	if err != nil {
		return err
	}
	requestInfoOf(r).owner = key.owner
	http.SetCookie(w, l.cookie(r, l.sessions.begin(key, time.Now())))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// check refuses a login before its key is read. Attempts are bounded for all callers together: who stands behind one is not
// known.
func (l logins) check(r *http.Request) error {
	if err := l.media(r); err != nil {
		return err
	}
	if l.sessions.keys == nil {
		return NewProblem(http.StatusUnprocessableEntity, job.CodeInvalid, "This server asks for no key. Leave the login out.")
	}
	if !ownPage(r) {
		return notOwnPage()
	}
	if !l.sessions.logins.Allow() {
		return refuseFor(loginEvery, http.StatusTooManyRequests, "rate_limited", "Logins come faster than this server takes them. Wait for Retry-After, then try again.")
	}
	return nil
}

const loginExample = `{"key": "KEY"}`

// readKey reads the body of a login. What it refuses it does not repeat.
func readKey(data []byte) (key string, err error) {
	if err := syntax(data, loginExample, ""); err != nil {
		return "", err
	}
	var in struct {
		Key *string `json:"key"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if d.Decode(&in) != nil || in.Key == nil {
		const detail = "key must be there as a string, and nothing beside it: send " + loginExample + "."
		return "", refuse([]ProblemField{{Pointer: "/key", Detail: detail}})
	}
	return *in.Key, nil
}

// end ends a session. It succeeds also where there is none.
func (l logins) end(w http.ResponseWriter, r *http.Request, _ job.Caller) error {
	if cookie, err := r.Cookie(cookieName(r)); err == nil && ownPage(r) {
		l.sessions.end(cookie.Value)
	}
	http.SetCookie(w, l.cookie(r, ""))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// cookie is the cookie of a session. An empty token takes it away.
func (l logins) cookie(r *http.Request, token string) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName(r), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(l.base(r), "https://"),
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
