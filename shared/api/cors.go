package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// What a page of another origin may send and read, as on AWS, where the gateway and the bucket say so.
const (
	corsMethods = "GET, POST, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, Prefer"
	corsExposed = "Location, Preference-Applied, Retry-After"
	corsMaxAge  = "3600"
)

// CheckOrigin refuses what is not the origin of web pages as a browser sends it, such as https://app.example.com. Nothing
// stands for several, or for pages that have none.
func CheckOrigin(given string) error {
	if given == "*" || given == "null" {
		return fmt.Errorf("%q would let in every page; name each origin, such as https://app.example.com", given)
	}
	odd := func(r rune) bool { return r > '~' || strings.ContainsRune("*, ", r) }
	u, err := ParseURL(given)
	if err != nil || strings.ContainsFunc(given, odd) {
		return fmt.Errorf("%q is no origin; give one such as https://app.example.com or http://localhost:3000, and letters of other alphabets in their xn-- form", given)
	}
	if origin := webOrigin(u); origin != given {
		return fmt.Errorf("%q is never what a browser sends; give %s", given, origin)
	}
	return nil
}

// cors lets pages of the origins that the operator named read an answer, and reports whether it has answered: a preflight,
// which has no credential and asks what the page may send. Cookies are never let through, for there are none: a page sends
// a key that it was given. What is stored on the way is kept apart by origin.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) (answered bool) {
	if len(s.Pages) == 0 {
		return false
	}
	w.Header().Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(s.Pages, origin) {
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		w.Header().Set("Access-Control-Expose-Headers", corsExposed)
		return false
	}
	w.Header().Set("Access-Control-Allow-Methods", corsMethods)
	w.Header().Set("Access-Control-Allow-Headers", corsHeaders)
	w.Header().Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
	return true
}
