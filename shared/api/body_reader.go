package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// media holds the content type against JSON, which is all that most routes take.
func (s *Server) media(r *http.Request) error {
	if k, err := s.kind(r); err == nil && (k.json || k.guess) {
		return nil
	}
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type",
		given(r)+" Send JSON in UTF-8 as application/json; with curl: -H 'Content-Type: application/json'.")
}

// given says what is wrong with the content type of a request.
func given(r *http.Request) string {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		return "Content-Type " + quote(kind) + " is not accepted."
	}
	return "The header Content-Type is missing."
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
