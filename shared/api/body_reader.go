package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// media holds the content type against what can be read.
func (s *Server) media(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	kind, params, _ := mime.ParseMediaType(given)
	charset := params["charset"]
	switch {
	case kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8")):
		return nil
	case (given == "" || kind == "application/x-www-form-urlencoded") && s.forgives(r):
		return nil
	}
	said := "Content-Type " + quote(given) + " is not accepted."
	if given == "" {
		said = "The header Content-Type is missing."
	}
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type",
		said+" Send JSON in UTF-8 as application/json; with curl: -H 'Content-Type: application/json'.")
}

// forgives reports whether a request was typed by a person at this machine.
func (s *Server) forgives(r *http.Request) bool {
	return s.Lenient && r.Header.Get("Origin") == "" && loopback(r.Host)
}

// readBody waits for room for a body and reads it. The function that it returns gives the room back. The hint tells a client
// what to do about a body that is too large.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, hint string) (data []byte, leave func(), err error) {
	if leave, err = s.limits.enter(r.Context()); err != nil {
		return nil, nil, err
	}
	if data, err = wholeBody(w, r, hint); err != nil {
		leave()
		return nil, nil, err
	}
	return data, leave, nil
}

func wholeBody(w http.ResponseWriter, r *http.Request, hint string) ([]byte, error) {
	tooLarge := NewProblem(http.StatusRequestEntityTooLarge, CodeTooLarge,
		fmt.Sprintf("The body has more than %d bytes (4 MiB), the most that is read. %s", MaxBody, hint))
	if r.ContentLength > MaxBody && r.Header.Get("Expect") != "" { // to read would ask for it with 100; other clients send it already
		return nil, tooLarge
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case err != nil:
		return nil, NewProblem(http.StatusBadRequest, "incomplete_body", "The body broke off before its end. Send the request again.")
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}
