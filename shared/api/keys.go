package api

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"easel/shared/job"
)

// minKey is the length in characters below which a key could be guessed.
const minKey = 16

// Keys knows the owners of bearer keys. It holds no key, only hashes.
type Keys struct{ list []ownedKey }

type ownedKey struct {
	sum   [sha256.Size]byte
	owner string
}

// LoadKeys reads a file with an owner and a key in each line, and comments after #. One owner may have
// several keys, for the time in which they are changed. An error names the line and never the key.
func LoadKeys(r io.Reader) (*Keys, error) {
	k := &Keys{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return nil, fmt.Errorf("keys, line %d: this is no UTF-8; save the file as plain text in UTF-8", n)
		}
		line, _, _ := strings.Cut(text, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := k.add(words); err != nil {
			return nil, fmt.Errorf("keys, line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if len(k.list) == 0 {
		return nil, errors.New("there is no key; write a line such as: alice KEY, with a key made by: openssl rand -hex 32")
	}
	return k, nil
}

func (k *Keys) add(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("found %d word(s), a line holds two: the owner and the key", len(words))
	}
	owner, key := words[0], words[1]
	if len(key) < minKey {
		return fmt.Errorf("the key of %s has %d characters, at least %d are needed; make one with: openssl rand -hex 32", owner, len(key), minKey)
	}
	sum := sha256.Sum256([]byte(key))
	for _, other := range k.list {
		if other.sum == sum {
			return fmt.Errorf("the key of %s is there already, for %s; every line needs a key of its own", owner, other.owner)
		}
	}
	k.list = append(k.list, ownedKey{sum, owner})
	return nil
}

// Identify is who a request's bearer key belongs to. It returns a [*Problem] of status 401 for a request
// without a key that is known.
func (k *Keys) Identify(r *http.Request) (job.Caller, error) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(key) == "" {
		return job.Caller{}, NewProblem(http.StatusUnauthorized, "missing_key",
			"This server asks for a key. Send it as the header Authorization: Bearer KEY; whoever runs the server gives out keys.")
	}
	found, err := k.find(key)
	return job.Caller{Owner: found.owner}, err
}

// find looks a key up. Every key is compared, each in constant time, so that the time tells nothing.
func (k *Keys) find(key string) (found ownedKey, err error) {
	sum := sha256.Sum256([]byte(strings.TrimSpace(key)))
	for _, known := range k.list {
		if subtle.ConstantTimeCompare(sum[:], known.sum[:]) == 1 {
			found = known
		}
	}
	if found.owner == "" {
		return found, NewProblem(http.StatusUnauthorized, "wrong_key",
			"This server does not know the key that was sent. Check that it was copied whole, or ask whoever runs the server for another.")
	}
	return found, nil
}

// holds reports whether a key that was found before is still its owner's.
func (k *Keys) holds(key ownedKey) bool { return slices.Contains(k.list, key) }

// Local names the caller of every request to a server that listens on loopback alone.
func Local(*http.Request) (job.Caller, error) { return job.Caller{Owner: "local"}, nil }

// Anonymous is the answer to a request without a known caller, for a server that leaves it to a gateway to know its
// callers.
func Anonymous() *Problem {
	return NewProblem(http.StatusUnauthorized, "no_identity",
		"Nobody is known to have sent this request, and every job has an owner. Call the API through a route that has an authoriser: sign the request with SigV4 for execute-api, or send the token that the API's issuer gave you.")
}
